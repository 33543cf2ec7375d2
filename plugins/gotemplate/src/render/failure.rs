//! Failures in words: the reference's text first, then template, line and input, and what to do.

use super::objects::ObjectError;
use super::prepare::{Prepared, Road};
use super::suggest::nearest;
use crate::eval::ExecError;
use crate::functions::TABLE;
use crate::parse::ParseError;
use orangery_plugin_sdk::{Failure, RenderInput, error::Retry};
use std::fmt;

/// No line is quoted longer than this.
const LINE: usize = 160;

/// Which template with which input.
#[derive(Clone, Copy)]
pub(super) struct Where<'a> {
    pub(super) template: &'a Prepared,
    pub(super) input: Option<&'a RenderInput>,
}

impl fmt::Display for Where<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.template.path)?;
        match self.input {
            Some(input) => write!(f, " with input {}", input.label),
            None => f.write_str(" without input"),
        }
    }
}

/// Why a template gave no objects.
#[derive(Debug, Clone)]
pub(super) enum Blame {
    /// The object cannot be written as YAML.
    Convert(String),
    /// The text is no template.
    Parse(ParseError),
    /// The template failed.
    Execute(Box<ExecError>),
    /// What it rendered is no object.
    Read { fault: ObjectError, text: String },
    /// Values of an outsider changed the structure.
    Outsider { keys: Vec<String> },
}

impl Blame {
    pub(super) fn failure(&self, place: Where<'_>) -> Failure {
        let (code, deed, cause) = match (self, place.template.road) {
            (Self::Convert(why), _) => ("TemplateConversionFailed", "convert template to YAML", why.clone()),
            (Self::Parse(e), Road::Object) => ("TemplateParseFailed", "parse template", e.to_string()),
            (Self::Parse(e), Road::Text) => ("TemplateParseFailed", "parse multi-doc YAML template", e.to_string()),
            (Self::Execute(e), Road::Object) => ("TemplateExecutionFailed", "execute template", e.to_string()),
            (Self::Execute(e), Road::Text) => {
                ("TemplateExecutionFailed", "execute multi-doc YAML template", e.to_string())
            }
            (Self::Read { fault, .. }, Road::Object) => ("ObjectInvalid", "read object", fault.to_string()),
            (Self::Read { fault, .. }, Road::Text) => {
                ("ObjectInvalid", "read objects from multi-doc YAML", fault.to_string())
            }
            (Self::Outsider { keys }, _) => ("UntrustedStructure", "trust the rendered object", outsider(keys)),
        };
        let built = match (place.input, place.template.road, place.template.index()) {
            (None, ..) => "resource".to_owned(),
            (Some(_), Road::Object, Some(index)) => format!("resources[{index}]"),
            (Some(_), ..) => "resources".to_owned(),
        };
        let mut beside = vec![place.to_string()];
        beside.extend(self.line(place.template).map(|line| format!("line `{line}`")));
        beside.extend(self.advice());
        let message = format!("failed to build {built}: failed to {deed}: {cause} ({})", beside.join("; "));
        Failure::new(code, message).at(place.template.path.clone()).retry(Retry::Never)
    }

    /// The line that is to blame, as it stands in the template.
    fn line(&self, template: &Prepared) -> Option<String> {
        let number = match self {
            Self::Parse(e) => e.line,
            Self::Execute(e) => e.line,
            Self::Convert(_) | Self::Read { .. } | Self::Outsider { .. } => return None,
        };
        let line = template.text.lines().nth(number.checked_sub(1)?)?.trim();
        let shown: String = line.chars().take(LINE).collect();
        (!shown.is_empty()).then_some(shown)
    }

    fn advice(&self) -> Option<String> {
        match self {
            Self::Parse(e) => {
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
            Self::Read { fault: ObjectError::Yaml(_), text } => {
                let first: String = text.lines().find(|l| !l.trim().is_empty())?.chars().take(LINE).collect();
                Some(format!("the rendered text begins with `{first}`; pipe text values through `| quote`"))
            }
            Self::Convert(_) | Self::Read { .. } | Self::Outsider { .. } => None,
        }
    }
}

fn outsider(keys: &[String]) -> String {
    let shown: Vec<String> = keys.iter().map(|key| format!("inputs.{key}")).collect();
    format!(
        "a value that a provider answered changes which keys or documents there are ({}); pipe it through `| quote`, or \
         through `| toYaml` if it is meant to be expanded",
        shown.join(", ")
    )
}
