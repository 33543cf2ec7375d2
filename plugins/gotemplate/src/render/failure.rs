//! Failures in words: Flux Operator's text first, then template, line and input, and what to do.

use super::objects::ObjectError;
use super::prepare::{Prepared, TemplateForm, Unprepared};
use super::written::{self, Written, shortened};
use crate::eval::ExecError;
use crate::functions::TABLE;
use orangery_plugin_sdk::suggest::nearest;
use orangery_plugin_sdk::{Failure, RenderInput, error::Retry};
use std::fmt;

/// Which template with which input.
#[derive(Clone, Copy)]
pub(super) struct Where<'a> {
    pub(super) template: &'a Prepared,
    pub(super) input: Option<&'a RenderInput>,
}

impl fmt::Display for Where<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.template.path)?;
        if let Some(entry) = self.template.entry() {
            write!(f, " ({entry})")?;
        }
        match self.input {
            Some(input) => write!(f, " with input {}", input.label),
            None => f.write_str(" without input"),
        }
    }
}

/// Why a template gave no objects.
#[derive(Debug, Clone)]
pub(super) enum Blame {
    /// The template cannot be executed.
    Prepare(Unprepared),
    /// The template failed.
    Execute(Box<ExecError>),
    /// What it rendered is not an object.
    Read { fault: ObjectError, text: String },
    /// Untrusted values changed the structure.
    Untrusted { keys: Vec<String> },
}

impl Blame {
    pub(super) fn failure(&self, place: Where<'_>) -> Failure {
        let (code, action, cause) = match (self, place.template.form) {
            (Self::Prepare(Unprepared::Convert(why)), _) => {
                ("TemplateConversionFailed", "convert template to YAML", why.clone())
            }
            (Self::Prepare(Unprepared::Parse(e)), TemplateForm::Object) => {
                ("TemplateParseFailed", "parse template", e.to_string())
            }
            (Self::Prepare(Unprepared::Parse(e)), TemplateForm::Text) => {
                ("TemplateParseFailed", "parse multi-doc YAML template", e.to_string())
            }
            (Self::Execute(e), TemplateForm::Object) => ("TemplateExecutionFailed", "execute template", e.to_string()),
            (Self::Execute(e), TemplateForm::Text) => {
                ("TemplateExecutionFailed", "execute multi-doc YAML template", e.to_string())
            }
            (Self::Read { fault, .. }, TemplateForm::Object) => ("ObjectInvalid", "read object", fault.to_string()),
            (Self::Read { fault, .. }, TemplateForm::Text) => {
                ("ObjectInvalid", "read objects from multi-doc YAML", fault.to_string())
            }
            (Self::Untrusted { keys }, _) => ("UntrustedStructure", "trust the rendered object", untrusted(keys)),
        };
        let built = match (place.input, place.template.form, place.template.index()) {
            (None, ..) => "resource".to_owned(),
            (Some(_), TemplateForm::Object, Some(index)) => format!("resources[{index}]"),
            (Some(_), ..) => "resources".to_owned(),
        };
        let mut beside = vec![place.to_string()];
        let written = self.written(place.template);
        beside.extend(written.as_ref().map(|written| match written.field.as_str() {
            "" => format!("line `{}`", written.text),
            field => format!("`{field}: {}`", written.text),
        }));
        beside.extend(self.advice());
        let message = format!("failed to build {built}: failed to {action}: {cause} ({})", beside.join("; "));
        let field = written.filter(|written| !written.field.is_empty());
        let field = field.map_or_else(|| place.template.path.clone(), |w| within(&place.template.path, &w.field));
        Failure::new(code, message).at(field).retry(Retry::Never)
    }

    /// The text that is to blame, as the user wrote it.
    fn written(&self, template: &Prepared) -> Option<Written> {
        let (line, column) = match self {
            Self::Prepare(Unprepared::Parse(e)) => (e.line, None),
            Self::Execute(e) => (e.line, Some(e.column)),
            Self::Prepare(Unprepared::Convert(_)) | Self::Read { .. } | Self::Untrusted { .. } => return None,
        };
        if template.form == TemplateForm::Object {
            return written::at(&template.text, line, column);
        }
        let line = template.text.lines().nth(line.checked_sub(1)?)?.trim();
        (!line.is_empty()).then(|| Written { field: String::new(), text: shortened(line) })
    }

    fn advice(&self) -> Option<String> {
        match self {
            Self::Prepare(Unprepared::Parse(e)) => {
                let known = TABLE.iter().map(|f| f.name);
                nearest(e.unknown.as_deref()?, known).map(|name| format!("did you mean `{name}`?"))
            }
            Self::Execute(e) => {
                let (wrong, known) = e.missing.as_ref()?;
                if let Some(name) = nearest(wrong, known.iter().map(String::as_str)) {
                    return Some(format!("did you mean `{name}`?"));
                }
                let known: Vec<&str> = known.iter().map(String::as_str).take(20).collect();
                (!known.is_empty()).then(|| format!("there are: {}", known.join(", ")))
            }
            Self::Read { fault: ObjectError::Yaml { line, .. }, text } => {
                let line = line.and_then(|line| usize::try_from(line).ok())?;
                let shown = shortened(text.lines().nth(line.checked_sub(1)?)?.trim());
                Some(format!("line {line} of what was rendered is `{shown}`; pipe text values through `| quote`"))
            }
            Self::Read { fault: ObjectError::Item { index, found }, .. } => {
                Some(format!("items[{index}] is {}", shortened(found)))
            }
            Self::Read { fault: ObjectError::Cut(_), .. } => {
                Some("a character was cut in two: `trunc` and `substr` count bytes; `| quote` shows where".to_owned())
            }
            Self::Read { fault: ObjectError::Empty, .. } => {
                Some("nothing was rendered; every entry must make one object".to_owned())
            }
            Self::Prepare(Unprepared::Convert(_)) | Self::Read { .. } | Self::Untrusted { .. } => None,
        }
    }
}

/// The path of a field of an entry.
fn within(path: &str, field: &str) -> String {
    if field.starts_with('[') { format!("{path}{field}") } else { format!("{path}.{field}") }
}

fn untrusted(keys: &[String]) -> String {
    let shown: Vec<String> = keys.iter().map(|key| format!("inputs.{key}")).collect();
    format!(
        "a value that a provider answered changes which keys or documents there are ({}); pipe it through `| quote`, or \
         through `| toYaml` if it is meant to be expanded",
        shown.join(", ")
    )
}
