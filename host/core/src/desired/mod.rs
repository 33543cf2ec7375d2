//! Turns rendered objects into the desired set: order, identity, exclusion, owner labels, common metadata.
//!
//! # Guarantees
//! Nothing is dropped silently: where inputs render different objects with one identity, the first is used, and a notice names both
//! inputs, the object and the first path that differs. Only the host writes owner labels.

mod dedup;
mod difference;
mod failed;
mod metadata;
mod normal;
mod scope;

pub use failed::FailedEnvironment;
pub use metadata::CommonMetadata;
pub use scope::{Scope, Scopes, kinds_with_namespace};

use crate::combine::TemplateRuns;
use crate::conditions::{Disposition, Explain, Notice, Reason};
use crate::input::NamespacedName;
use crate::ledger::InputRef;
use crate::object::{Object, ObjectKey, PackedObject};
use crate::{digest, keys};
use dedup::{Candidate, Index, Repeated};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// The most bytes of one object, as JSON.
pub const MAX_OBJECT_BYTES: usize = 512 << 10;

/// The form of a template, which decides the order of its objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// An object of `resources`: all inputs for one template, then the next template.
    Structured,
    /// The text of `resourcesTemplate`: all documents for one input, then the next input.
    Text,
}

/// One template of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateRef {
    /// Its path in the manifest, for example `spec.resources[2]`.
    pub path: String,
    /// How it was written.
    pub form: Form,
}

impl TemplateRef {
    /// Its path below `spec`: the ledger has one for each object.
    fn short(&self) -> Arc<str> {
        Arc::from(self.path.strip_prefix("spec.").unwrap_or(&self.path))
    }
}

/// The objects that one input gave, for all templates of a step.
#[derive(Debug, Clone, PartialEq)]
pub struct Rendering {
    /// The name of the input for messages; empty in sets without inputs.
    pub label: String,
    /// The reference to the input for the ledger; `None` in sets without inputs.
    pub input: Option<InputRef>,
    /// The objects as JSON, each with the index of its template: in the order of the templates, and of the documents
    /// within each.
    pub objects: Vec<(usize, Arc<str>)>,
}

/// One rendered step; a set without `spec.steps` has one without a name.
#[derive(Debug, Clone, PartialEq)]
pub struct RenderedStep {
    /// Name of the step.
    pub name: Option<String>,
    /// Time to wait for readiness after this step; `None` does not wait.
    pub wait: Option<Duration>,
    /// The templates of the step, in order.
    pub templates: Vec<TemplateRef>,
    /// One rendering for each input; exactly one in a set without inputs.
    pub renderings: Vec<Rendering>,
}

/// What to do if different objects have the same identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnDuplicate {
    /// The first one is used, with a notice.
    #[default]
    Warn,
    /// The set cannot be built.
    Error,
}

/// The rules of one set.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules<'a> {
    /// The set that owns the objects.
    pub owner: &'a NamespacedName,
    /// The labels and annotations of `spec.commonMetadata`.
    pub common: &'a CommonMetadata,
    /// What to do if different objects have the same identity.
    pub on_duplicate: OnDuplicate,
    /// Where templates run once, objects of `resources` are neither deduplicated nor excluded, as in Flux Operator.
    pub runs: TemplateRuns,
}

/// One object that the set wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The object to apply, owner labels included.
    pub object: PackedObject,
    /// The template, its manifest and the input that gave the object; for messages.
    pub origin: Arc<str>,
    /// The input that gave it; `None` without inputs, and for an object that all inputs gave, which is shared.
    pub input: Option<Arc<InputRef>>,
    /// Further inputs that gave an equal object.
    pub sharers: Vec<Arc<InputRef>>,
    /// The template in the form of the ledger, for example `resources[2]`.
    pub template: Arc<str>,
}

/// The objects of one step, labelled and in order.
#[derive(Debug, Clone, PartialEq)]
pub struct DesiredStep {
    /// Name of the step.
    pub name: Option<String>,
    /// Time to wait for readiness after this step; `None` does not wait.
    pub wait: Option<Duration>,
    /// The objects, in build order.
    pub objects: Vec<Wanted>,
}

/// Everything a set wants.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DesiredSet {
    /// The steps in order; also those without objects.
    pub steps: Vec<DesiredStep>,
    /// Remarks for status and standard error.
    pub notices: Vec<Notice>,
    /// Environments with an object that breaks a rule. Their objects are in the steps, and are neither applied nor deleted.
    pub failed: Vec<FailedEnvironment>,
}

impl DesiredSet {
    /// All objects, in build order.
    pub fn objects(&self) -> impl Iterator<Item = &Wanted> {
        self.steps.iter().flat_map(|step| &step.objects)
    }

    /// Number of objects.
    #[must_use]
    pub fn len(&self) -> usize {
        self.steps.iter().map(|step| step.objects.len()).sum()
    }

    /// Whether there is no object at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The digest of all objects in build order, with the prefix `sha256:`: `status.lastAppliedRevision`. Equal sets have
    /// equal digests.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut text = String::new();
        for wanted in self.objects() {
            text.push_str(wanted.object.text());
            text.push_str("\n---\n");
        }
        digest::sha256(text.as_bytes())
    }
}

/// Why the rendered objects cannot become the desired set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DesiredError {
    /// Two steps have the same object.
    #[error("duplicate resource {key} in step \"{step}\", already defined in step \"{earlier}\"")]
    AcrossSteps {
        /// The object that two steps have.
        key: Box<ObjectKey>,
        /// The later step.
        step: String,
        /// The earlier step.
        earlier: String,
    },
    /// Different objects have the same identity, which is an error by [`OnDuplicate::Error`].
    #[error("{0}")]
    Duplicate(String),
    /// A renderer answered something that is not an object.
    #[error("{origin} did not render to a JSON object: {cause}")]
    NoObject {
        /// Template and input.
        origin: Arc<str>,
        /// What the reader says.
        cause: String,
    },
    /// An object is too large.
    #[error("{key} from {origin} has {bytes} bytes, more than the maximum of {MAX_OBJECT_BYTES}")]
    TooBig {
        /// The object that is too large.
        key: Box<ObjectKey>,
        /// Template and input.
        origin: Arc<str>,
        /// The size in bytes.
        bytes: usize,
    },
    /// A template wrote what only the host writes.
    #[error("{key} from {origin} sets the {what} {name}, which only the operator sets; remove it from the template")]
    HostOwned {
        /// The object with the label or annotation.
        key: Box<ObjectKey>,
        /// Template and input.
        origin: Arc<str>,
        /// `label` or `annotation`.
        what: &'static str,
        /// The key of the label or annotation.
        name: String,
    },
    /// Common metadata wants to write what only the host writes.
    #[error("spec.commonMetadata.{what}s sets {name}, which only the operator sets; remove it")]
    CommonHostOwned {
        /// `label` or `annotation`.
        what: &'static str,
        /// The key of the label or annotation.
        name: String,
    },
}

impl Explain for DesiredError {
    fn reason(&self) -> Reason {
        match self {
            Self::AcrossSteps { .. } | Self::TooBig { .. } | Self::HostOwned { .. } => Reason::BuildFailed,
            Self::Duplicate(_) => Reason::DuplicateObjects,
            Self::NoObject { .. } => Reason::PluginFaulted,
            Self::CommonHostOwned { .. } => Reason::InvalidSpec,
        }
    }

    fn disposition(&self) -> Disposition {
        match self {
            Self::AcrossSteps { .. }
            | Self::TooBig { .. }
            | Self::HostOwned { .. }
            | Self::Duplicate(_)
            | Self::NoObject { .. }
            | Self::CommonHostOwned { .. } => Disposition::WaitForChange,
        }
    }
}

/// Orders, deduplicates and labels rendered objects. An object that breaks a rule fails the environment that it
/// belongs to.
///
/// # Errors
/// See [`DesiredError`]. It is about an object that does not come from a single input, or about `commonMetadata`.
pub fn desire(steps: Vec<RenderedStep>, rules: &Rules<'_>) -> Result<DesiredSet, DesiredError> {
    rules.common.check()?;
    let mut set = DesiredSet::default();
    let mut earlier: HashMap<ObjectKey, String> = HashMap::new();
    for step in steps {
        let step = desire_step(step, rules, &mut set)?;
        if let Some(name) = &step.name {
            check_across_steps(&step, name, &mut earlier, &mut set.failed)?;
        }
        set.steps.push(step);
    }
    Ok(set)
}

fn desire_step(step: RenderedStep, rules: &Rules<'_>, set: &mut DesiredSet) -> Result<DesiredStep, DesiredError> {
    let RenderedStep { name, wait, templates, renderings } = step;
    let mut index = Index::new(rules, renderings.len());
    for rendered in ordered(&templates, renderings) {
        let input = rendered.input.clone();
        if let Err(error) = take(rendered, rules, &mut index, &mut set.notices) {
            blame(input, error, &mut set.failed)?;
        }
    }
    Ok(DesiredStep { name, wait, objects: index.into_objects() })
}

/// Adds one object, unless it is excluded.
fn take(
    rendered: Rendered,
    rules: &Rules<'_>,
    index: &mut Index<'_>,
    notices: &mut Vec<Notice>,
) -> Result<(), DesiredError> {
    let Rendered { form, text, origin, input, template } = rendered;
    let object: Object = match serde_json::from_str(&text) {
        Ok(object) => object,
        Err(error) => return Err(DesiredError::NoObject { origin, cause: error.to_string() }),
    };
    let bytes = text.len();
    if bytes > MAX_OBJECT_BYTES {
        return Err(DesiredError::TooBig { key: Box::new(object.key()), origin, bytes });
    }
    let repeated =
        if rules.runs == TemplateRuns::Once && form == Form::Structured { Repeated::Kept } else { Repeated::Dropped };
    if repeated == Repeated::Dropped && object.annotation(keys::RECONCILE) == Some("disabled") {
        return Ok(());
    }
    index.add(Candidate { object, origin, input, template, repeated }, notices)
}

/// Assigns an error to the environment of the input, or to the set if there is no input.
fn blame(
    input: Option<Arc<InputRef>>,
    error: DesiredError,
    failed: &mut Vec<FailedEnvironment>,
) -> Result<(), DesiredError> {
    let Some(input) = input else { return Err(error) };
    failed.push(FailedEnvironment { input: (*input).clone(), reason: error.reason(), message: error.to_string() });
    Ok(())
}

/// One object as the renderer gave it.
struct Rendered {
    form: Form,
    text: Arc<str>,
    origin: Arc<str>,
    input: Option<Arc<InputRef>>,
    template: Arc<str>,
}

/// Structured templates first, template by template; then text templates, input by input.
fn ordered(templates: &[TemplateRef], renderings: Vec<Rendering>) -> impl Iterator<Item = Rendered> {
    let short: Vec<Arc<str>> = templates.iter().map(TemplateRef::short).collect();
    let mut structured: Vec<(usize, Rendered)> = Vec::new();
    let mut texts = Vec::new();
    for Rendering { label, input, objects } in renderings {
        let input = input.map(Arc::new);
        // All documents of one template and one input share an origin.
        let mut last: Option<(usize, Arc<str>)> = None;
        for (index, text) in objects {
            let (path, form) =
                templates.get(index).map_or(("", Form::Text), |template| (template.path.as_str(), template.form));
            let origin = match last.take() {
                Some((of, origin)) if of == index => origin,
                _ if label.is_empty() => Arc::from(path),
                _ => Arc::from(format!("{path} with {label}")),
            };
            last = Some((index, Arc::clone(&origin)));
            let template = short.get(index).cloned().unwrap_or_else(|| Arc::from(""));
            let rendered = Rendered { form, text, origin, input: input.clone(), template };
            match form {
                Form::Structured => structured.push((index, rendered)),
                Form::Text => texts.push(rendered),
            }
        }
    }
    // The sort is stable: within one template the inputs keep their order.
    structured.sort_by_key(|(index, _)| *index);
    structured.into_iter().map(|(_, rendered)| rendered).chain(texts)
}

/// Refuses an object in two steps. Two steps with the same name are not compared, as in Flux Operator, whose command
/// line accepts them.
fn check_across_steps(
    step: &DesiredStep,
    name: &str,
    earlier: &mut HashMap<ObjectKey, String>,
    failed: &mut Vec<FailedEnvironment>,
) -> Result<(), DesiredError> {
    for wanted in &step.objects {
        let key = wanted.object.key();
        match earlier.get(key) {
            Some(first) if first != name => {
                let error = DesiredError::AcrossSteps {
                    key: Box::new(key.clone()),
                    step: name.to_owned(),
                    earlier: first.clone(),
                };
                blame(wanted.input.clone(), error, failed)?;
            }
            Some(_) => {}
            None => {
                earlier.insert(key.clone(), name.to_owned());
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
