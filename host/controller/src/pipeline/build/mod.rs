//! Builds the objects that a set wants from its sources: combines inputs, renders in the sandbox, checks the result. The command
//! line and the operator call the same function, so `orangery build` prints what the operator applies.
//!
//! # Guarantees
//! One bad input does not hide the others: what the good ones give is in [`Built::desired`], the bad ones are in
//! [`Built::failed`], and nothing of theirs may be deleted. No clock and no randomness: same in, same out.

pub mod copies;

use crate::pipeline::offload;
use orangery_core::combine::{self, CombineRequest, Combined, CombinedInput, Source, TemplateRuns};
use orangery_core::desired::{self, DesiredError, DesiredSet, Form, OnDuplicate, RenderedStep, Rules, TemplateRef};
use orangery_core::environment::Unnamed;
use orangery_core::ledger::InputRef;
use orangery_core::spec::{SetSpec, StepSpec};
use orangery_core::{Disposition, Explain, NamespacedName, Notice, Reason, Timestamp};
use orangery_sandbox::{
    CallError, Consumer, InputError, RenderInput, RenderRequest, Rendering, Sandbox, Template, TemplateBody,
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The renderer of sets that name none.
pub const DEFAULT_RENDERER: &str = "gotemplate";

/// The result of a build.
#[derive(Debug)]
pub struct Built {
    /// The objects of all inputs that could be rendered. Those of which an object breaks a rule are in its `failed`.
    pub desired: DesiredSet,
    /// The inputs that could be rendered, with their labels.
    pub inputs: BTreeMap<InputRef, String>,
    /// The inputs that could not be rendered.
    pub failed: Vec<FailedInput>,
    /// Remarks of the combination and of the renderer; those about objects are in `desired`.
    pub notices: Vec<Notice>,
    /// How many inputs there were.
    pub count: usize,
}

/// One input that could not be rendered.
#[derive(Debug)]
pub struct FailedInput {
    /// Its reference in the ledger; `None` in sets without inputs.
    pub input: Option<InputRef>,
    /// Its values if it has no `id`: such an input counts as a new one whenever a value changes.
    pub unnamed: Option<Unnamed>,
    /// The error of this input.
    pub error: InputError,
}

impl Built {
    /// All inputs, also those that could not be rendered.
    #[must_use]
    pub fn present(&self) -> BTreeSet<InputRef> {
        let failed = self.failed.iter().filter_map(|failed| failed.input.clone());
        self.inputs.keys().cloned().chain(failed).collect()
    }
}

/// Why nothing could be built at all.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The inputs cannot be combined.
    #[error("error combining inputs: {0}")]
    Combine(#[from] combine::CombineError),
    /// The one input that was asked for is not there.
    #[error(transparent)]
    Only(#[from] combine::InputNotFound),
    /// The renderer cannot be used or failed.
    #[error(transparent)]
    Render(#[from] CallError),
    /// The rendered objects break a rule.
    #[error(transparent)]
    Desire(#[from] DesiredError),
    /// The renderer answered with a template that it was not given.
    #[error("renderer {renderer} answered for template {index}, but it was given {count}")]
    UnknownTemplate {
        /// The name of the renderer.
        renderer: String,
        /// What it answered.
        index: usize,
        /// How many there are.
        count: usize,
    },
}

impl Explain for BuildError {
    fn reason(&self) -> Reason {
        match self {
            Self::Combine(error) => error.reason(),
            // What a renderer says is about the templates.
            Self::Render(CallError::Answered { .. }) => Reason::BuildFailed,
            Self::Render(error) => error.reason(),
            Self::Desire(error) => error.reason(),
            Self::Only(_) => Reason::BuildFailed,
            Self::UnknownTemplate { .. } => Reason::PluginFaulted,
        }
    }

    fn disposition(&self) -> Disposition {
        match self {
            Self::Combine(error) => error.disposition(),
            Self::Render(error) => error.disposition(),
            Self::Desire(error) => error.disposition(),
            Self::Only(_) | Self::UnknownTemplate { .. } => Disposition::WaitForChange,
        }
    }
}

/// Builds a set from its inline inputs and the given sources.
///
/// # Errors
/// Nothing could be built; see [`BuildError`]. Inputs that fail alone do not fail the build.
pub async fn build(
    sandbox: &Sandbox,
    set: &SetSpec,
    sources: Vec<Source>,
    on_duplicate: OnDuplicate,
) -> Result<Built, BuildError> {
    build_only(sandbox, set, sources, on_duplicate, None).await
}

/// Builds only the objects of the input with this id.
///
/// # Errors
/// As [`build`], and if there is no such input.
pub async fn build_only(
    sandbox: &Sandbox,
    set: &SetSpec,
    sources: Vec<Source>,
    on_duplicate: OnDuplicate,
    only: Option<&str>,
) -> Result<Built, BuildError> {
    let mut combined = combined(set, sources).await?;
    if let Some(id) = only {
        combined.keep_only(id)?;
    }
    let layout = Layout::of(set);
    let entries = render(sandbox, set, &combined).await?;
    let count = combined.inputs.len();
    let mut sorted = Sorted { notices: combined.notices, ..Sorted::default() };
    let mut inputs = combined.inputs.into_iter();
    for entry in entries {
        sorted.take(entry, inputs.next());
    }
    let steps = layout.steps(set, sorted.rendered)?;
    let desired = desired(set, steps, on_duplicate, combined.runs).await?;
    Ok(Built { desired, inputs: sorted.inputs, failed: sorted.failed, notices: sorted.notices, count })
}

/// Combines the inputs. The work grows with the bytes of the sources.
pub(crate) async fn combined(set: &SetSpec, providers: Vec<Source>) -> Result<Combined, combine::CombineError> {
    let bytes = providers.iter().flat_map(|source| source.inputs.texts()).map(str::len).sum();
    let (name, strategy, inline) = (set.name.clone(), set.strategy, set.inputs.clone());
    let reads_providers = set.reads_providers();
    offload::run(bytes, move || {
        combine::combine(CombineRequest { set: &name, strategy, inline: &inline, reads_providers, providers })
    })
    .await
}

/// Turns renderings into desired objects. The work grows with their bytes.
async fn desired(
    set: &SetSpec,
    steps: Vec<RenderedStep>,
    on_duplicate: OnDuplicate,
    runs: TemplateRuns,
) -> Result<DesiredSet, DesiredError> {
    let renderings = steps.iter().flat_map(|step| &step.renderings);
    let bytes = renderings.flat_map(|rendering| &rendering.objects).map(|(_, object)| object.len()).sum();
    let (owner, common) = (set.name.clone(), set.common_metadata.clone());
    offload::run(bytes, move || desired::desire(steps, &Rules { owner: &owner, common: &common, on_duplicate, runs }))
        .await
}

/// Renders all templates of a set with these inputs.
///
/// # Errors
/// The renderer cannot be used or failed as a whole.
pub(crate) async fn render(
    sandbox: &Sandbox,
    set: &SetSpec,
    combined: &Combined,
) -> Result<Vec<Result<Rendering, InputError>>, CallError> {
    if combined.inputs.is_empty() && combined.runs == TemplateRuns::PerInput {
        return Ok(Vec::new());
    }
    sandbox.render(Layout::of(set).request(set, combined)).await
}

/// Renderings, separated from the inputs that failed.
#[derive(Default)]
struct Sorted {
    rendered: Vec<(String, Option<InputRef>, Rendering)>,
    inputs: BTreeMap<InputRef, String>,
    failed: Vec<FailedInput>,
    notices: Vec<Notice>,
}

impl Sorted {
    fn take(&mut self, entry: Result<Rendering, InputError>, input: Option<CombinedInput>) {
        let reference = input.as_ref().map(CombinedInput::reference);
        let unnamed = input.as_ref().filter(|_| entry.is_err()).and_then(unnamed);
        let label = input.map(|input| input.label).unwrap_or_default();
        match entry {
            Ok(rendering) => {
                self.notices.extend(rendering.notes.iter().map(|note| {
                    let message =
                        if label.is_empty() { note.message.to_string() } else { format!("{label}: {}", note.message) };
                    let left_out = note.code.as_str() == Reason::ObjectLeftOut.as_str();
                    Notice::warning(if left_out { Reason::ObjectLeftOut } else { Reason::Warning }, message)
                }));
                self.inputs.extend(reference.clone().map(|reference| (reference, label.clone())));
                self.rendered.push((label, reference, rendering));
            }
            Err(error) => self.failed.push(FailedInput { input: reference, unnamed, error }),
        }
    }
}

/// What is known of an input without an `id`.
fn unnamed(input: &CombinedInput) -> Option<Unnamed> {
    if input.attributes.get("id").is_some_and(|id| !id.is_null()) {
        return None;
    }
    let values = input.attributes.to_map().into_iter().filter_map(|(_, value)| match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    });
    Some(Unnamed { source: input.reference().source, values: values.collect() })
}

/// Which template of the one rendering call belongs to which step: all steps are rendered in one call, because a template
/// may change what later templates of the same input see.
struct Layout {
    templates: Vec<Template>,
    /// For each template: index of the step, and how it was written.
    home: Vec<(usize, Form)>,
}

impl Layout {
    fn of(set: &SetSpec) -> Self {
        let mut layout = Self { templates: Vec::new(), home: Vec::new() };
        for (index, step) in set.steps.iter().enumerate() {
            layout.add(index, &prefix(index, step), step);
        }
        layout
    }

    fn add(&mut self, index: usize, prefix: &str, step: &StepSpec) {
        for (number, resource) in step.resources.iter().enumerate() {
            let path = format!("{prefix}resources[{number}]");
            self.templates.push(Template { path, body: TemplateBody::Object(resource.clone()) });
            self.home.push((index, Form::Structured));
        }
        if let Some(text) = &step.resources_template {
            self.templates
                .push(Template { path: format!("{prefix}resourcesTemplate"), body: TemplateBody::Text(text.clone()) });
            self.home.push((index, Form::Text));
        }
    }

    fn request(&self, set: &SetSpec, combined: &Combined) -> RenderRequest {
        RenderRequest {
            consumer: consumer(&set.name),
            renderer: renderer(set).to_owned(),
            config: set.renderer.as_ref().map_or(Value::Null, |renderer| renderer.config.clone()),
            templates: self.templates.clone(),
            inputs: combined
                .inputs
                .iter()
                .map(|input| RenderInput {
                    label: input.label.clone(),
                    uid: input.uid.clone(),
                    attributes: input.attributes.clone(),
                    untrusted: input.untrusted.clone(),
                })
                .collect(),
            inputless: combined.runs == TemplateRuns::Once,
            // Fixed: the same inputs must give the same bytes today and tomorrow.
            now: Timestamp::default(),
            seed: 0,
        }
    }

    /// The renderings, taken apart by step, in the order of the inputs.
    fn steps(
        &self,
        set: &SetSpec,
        rendered: Vec<(String, Option<InputRef>, Rendering)>,
    ) -> Result<Vec<RenderedStep>, BuildError> {
        let mut steps: Vec<RenderedStep> = set
            .steps
            .iter()
            .enumerate()
            .map(|(index, step)| RenderedStep {
                name: step.name.clone(),
                wait: set.wait_after(index),
                templates: Vec::new(),
                renderings: rendered
                    .iter()
                    .map(|(label, input, _)| desired::Rendering {
                        label: label.clone(),
                        input: input.clone(),
                        objects: Vec::new(),
                    })
                    .collect(),
            })
            .collect();
        // Position of each template within its step.
        let mut positions = Vec::with_capacity(self.home.len());
        for (template, (step, form)) in self.templates.iter().zip(&self.home) {
            if let Some(step) = steps.get_mut(*step) {
                positions.push(step.templates.len());
                step.templates.push(TemplateRef { path: template.path.clone(), form: *form });
            }
        }
        for (number, (_, _, rendering)) in rendered.into_iter().enumerate() {
            for object in rendering.objects {
                let unknown = || BuildError::UnknownTemplate {
                    renderer: renderer(set).to_owned(),
                    index: object.template,
                    count: self.templates.len(),
                };
                let (step, _) = self.home.get(object.template).ok_or_else(unknown)?;
                let position = positions.get(object.template).ok_or_else(unknown)?;
                let rendering =
                    steps.get_mut(*step).and_then(|step| step.renderings.get_mut(number)).ok_or_else(unknown)?;
                rendering.objects.push((*position, object.object));
            }
        }
        Ok(steps)
    }
}

/// The name of the renderer of a set.
#[must_use]
pub fn renderer(set: &SetSpec) -> &str {
    set.renderer.as_ref().map_or(DEFAULT_RENDERER, |renderer| renderer.name.as_str())
}

/// The consumer that calls of this set are counted for.
#[must_use]
pub fn consumer(set: &NamespacedName) -> Consumer {
    Consumer::of("ResourceSet", set)
}

/// The path of a step's templates in the manifest.
fn prefix(index: usize, step: &StepSpec) -> String {
    match &step.name {
        Some(_) => format!("spec.steps[{index}]."),
        None => "spec.".to_owned(),
    }
}
