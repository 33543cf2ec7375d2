//! Templates before any input: converted to text and parsed once a call.

use super::written::entry;
use crate::functions::find;
use crate::parse::{ParseError, Template as Parsed, parse};
use orangery_plugin_sdk::{Body, Template};
use std::cell::OnceCell;

/// The name under which Flux Operator parses every template; it shows in messages.
const NAME: &str = "resourceset";

/// Where a template comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TemplateForm {
    /// An object of `resources`.
    Object,
    /// The text of `resourcesTemplate`.
    Text,
}

/// Why a template cannot be executed.
#[derive(Debug, Clone)]
pub(super) enum Unprepared {
    /// The object cannot be written as YAML.
    Convert(String),
    /// The text is not a template.
    Parse(ParseError),
}

/// One template, ready to execute; or what is wrong with it.
pub(super) struct Prepared {
    pub(super) path: String,
    pub(super) form: TemplateForm,
    pub(super) parsed: Result<Parsed, Unprepared>,
    /// The text that was parsed.
    pub(super) text: String,
    /// What it makes, for messages.
    entry: OnceCell<Option<String>>,
}

impl Prepared {
    pub(super) fn new(template: &Template) -> Self {
        let (form, text) = match &template.body {
            Body::Object(json) => (TemplateForm::Object, to_yaml(json)),
            Body::Text(text) => (TemplateForm::Text, Ok(text.clone())),
        };
        let path = template.path.clone();
        match text {
            Ok(text) => {
                let parsed = parse(NAME, &text, &find).map_err(Unprepared::Parse);
                Self { path, form, parsed, text, entry: OnceCell::new() }
            }
            Err(message) => {
                let parsed = Err(Unprepared::Convert(message));
                Self { path, form, parsed, text: String::new(), entry: OnceCell::new() }
            }
        }
    }

    /// Kind and name of the object that an entry makes, as they were written.
    pub(super) fn entry(&self) -> Option<&str> {
        let known = self.form == TemplateForm::Object && !self.text.is_empty();
        self.entry.get_or_init(|| known.then(|| entry(&self.text)).flatten()).as_deref()
    }

    /// The index in `resources[]`, from the path.
    pub(super) fn index(&self) -> Option<&str> {
        self.path.strip_suffix(']').and_then(|path| path.rsplit_once('[')).map(|(_, index)| index)
    }
}

fn to_yaml(json: &str) -> Result<String, String> {
    let value: serde_json::Value = serde_json::from_str(json).map_err(|e| e.to_string())?;
    go_yaml::json_to_yaml(&value).map_err(|e| e.to_string())
}
