//! Rendered text to objects.

use super::prepare::TemplateForm;
use super::retype::{Retyped, retype};
use crate::json::{Style, to_bytes};
use go_yaml::{Document, Json, ReadError, as_lines, leading_documents, lines, read};
use orangery_plugin_sdk::Note;
use std::borrow::Cow;
use std::fmt::Display;

/// Why a text holds no object, in Flux Operator's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum ObjectError {
    /// Nothing was rendered.
    #[error("EOF")]
    Empty,
    /// A line that begins as a separator and goes on.
    #[error("invalid Yaml document separator: {0}")]
    Separator(String),
    /// A stream that cannot be taken apart.
    #[error("{0}")]
    Stream(String),
    /// The document is not YAML.
    #[error("error converting YAML to JSON: {words}")]
    Yaml {
        /// What the reader says.
        words: String,
        /// The line of the rendered text, from one.
        line: Option<u32>,
    },
    /// The document is not valid text, because a function cut a character in two.
    #[error("error converting YAML to JSON: {0}")]
    Cut(String),
    /// The document is not an object.
    #[error("error unmarshaling JSON: while decoding JSON: Object 'Kind' is missing in '{0}'")]
    Kind(String),
    /// The document has no kind and is written as JSON.
    #[error("Object 'Kind' is missing in '{0}'")]
    JsonKind(String),
    /// A scalar or a list.
    #[error(
        "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {0} into Go value of type \
         map[string]interface {{}}"
    )]
    NoObject(&'static str),
    /// An element of a list that is not an object, and what it should have been.
    #[error("items member is not an object: map[string]interface {{}}")]
    Item {
        /// The position of the item.
        index: usize,
        /// What it is.
        found: String,
    },
}

impl From<ReadError> for ObjectError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Separator { .. } | ReadError::NotJsonStream { .. } => Self::Stream(error.to_string()),
            error => Self::Yaml { words: error.to_string(), line: error.location().map(|at| at.line) },
        }
    }
}

/// One document and what was written for it.
pub(super) struct Read<'t> {
    value: Json<'t>,
    text: Cow<'t, str>,
}

/// The rendered bytes as text. As in Flux Operator, bytes that are not UTF-8 are an error in YAML, and are replaced in JSON.
pub(super) fn text(rendered: &[u8]) -> Result<Cow<'_, str>, ObjectError> {
    if rendered.trim_ascii_start().starts_with(b"{") {
        return Ok(String::from_utf8_lossy(rendered));
    }
    go_yaml::decode_text(rendered).map_err(|error| match error {
        ReadError::Encoding { problem, at } => ObjectError::Cut(format!("yaml: {problem} ({at})")),
        error => error.into(),
    })
}

/// What stands before the first document, and its text, as Flux Operator's reader cuts it off.
fn first_text(text: &str) -> Result<(&str, &str), ObjectError> {
    let mut start = 0;
    let mut at = 0;
    for line in lines(text) {
        if let Some(rest) = line.strip_prefix("---") {
            let rest = rest.trim();
            if !rest.is_empty() && !rest.starts_with('#') {
                return Err(ObjectError::Separator(rest.to_owned()));
            }
            if at > start {
                break;
            }
            start = at + line.len();
        }
        at += line.len();
    }
    Ok((text.get(..start).unwrap_or_default(), text.get(start..at).unwrap_or_default()))
}

/// The one object of `resources[]`: what follows its document is dropped.
pub(super) fn first(text: &str) -> Result<Read<'_>, ObjectError> {
    if text.trim_start().starts_with('{')
        && let Some(Document { value, text, .. }) = leading_documents(text).0.into_iter().next()
    {
        check_kind(&value, json_of(&text))?;
        return Ok(Read { value, text });
    }
    let (before, text) = first_text(text)?;
    let lines_before = u32::try_from(before.matches('\n').count()).unwrap_or(0);
    if text.is_empty() {
        return Err(ObjectError::Empty);
    }
    let moved_down = |error: ReadError| error.moved_down(lines_before);
    let (value, text) = match as_lines(text) {
        Cow::Borrowed(text) => (read(text).map_err(moved_down)?, Cow::Borrowed(text)),
        Cow::Owned(text) => (read(&text).map_err(moved_down)?.into_owned(), Cow::Owned(text)),
    };
    check_kind(&value, None)?;
    Ok(Read { value, text })
}

/// The objects of `resourcesTemplate`.
pub(super) fn all(text: &str) -> Result<Vec<Read<'_>>, ObjectError> {
    let (found, error) = leading_documents(text);
    let mut out = Vec::with_capacity(found.len());
    for Document { value, text, .. } in found {
        check_kind(&value, json_of(&text))?;
        if let Some(items) = value.get("items").and_then(Json::as_array)
            && let Some((index, bad)) = items.iter().enumerate().find(|(_, item)| item.as_object().is_none())
        {
            return Err(ObjectError::Item { index, found: bad.to_json() });
        }
        out.push(Read { value, text });
    }
    error.map_or(Ok(out), |error| Err(error.into()))
}

/// The text of a document that was read as JSON: one that was read as YAML ends with its last line.
fn json_of(text: &str) -> Option<&str> {
    Some(text).filter(|text| text.starts_with('{') && !text.ends_with('\n'))
}

/// `json` is the text, if it was read as JSON.
fn check_kind(value: &Json<'_>, json: Option<&str>) -> Result<(), ObjectError> {
    let object = match value {
        Json::Object(object) => object,
        Json::Null => return Err(ObjectError::Kind("null".to_owned())),
        Json::Bool(_) => return Err(ObjectError::NoObject("bool")),
        Json::Number(_) => return Err(ObjectError::NoObject("number")),
        Json::String(_) => return Err(ObjectError::NoObject("string")),
        Json::Array(_) => return Err(ObjectError::NoObject("array")),
    };
    let named = object.get("kind").and_then(Json::as_str).is_some_and(|kind| !kind.is_empty());
    // A group/version with two slashes is none, and then neither is the kind.
    let slashes = object.get("apiVersion").and_then(Json::as_str).map_or(0, |v| v.matches('/').count());
    if named && slashes < 2 {
        return Ok(());
    }
    if let Some(text) = json {
        return Err(ObjectError::JsonKind(text.to_owned()));
    }
    // As Go's JSON writer shows it.
    let shown = to_bytes(&crate::value::Value::from_json(&value.clone().into()), Style::Html).unwrap_or_default();
    Err(ObjectError::Kind(String::from_utf8_lossy(&shown).into_owned()))
}

fn text_of<'v>(value: &'v Json<'_>, path: [&str; 2]) -> &'v str {
    let [outer, inner] = path;
    value.get(outer).and_then(|m| m.get(inner)).and_then(Json::as_str).unwrap_or_default()
}

/// A document of `resourcesTemplate` that names no object, and is left out as in Flux Operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LeftOut {
    kind: String,
    lacks: &'static str,
    advice: &'static str,
}

impl LeftOut {
    /// What is left out; `None` for an object that is kept.
    fn of(value: &Json<'_>) -> Option<Self> {
        let is_empty = |path| text_of(value, path).is_empty();
        let (lacks, advice) = if value.get("apiVersion").and_then(Json::as_str).unwrap_or_default().is_empty() {
            ("apiVersion", "write it")
        } else if !is_empty(["metadata", "name"]) {
            return None;
        } else if is_empty(["metadata", "generateName"]) {
            ("metadata.name", "give it a name")
        } else {
            (
                "metadata.name",
                "an object with a generated name could not be found again; write metadata.name instead of generateName",
            )
        };
        let kind = value.get("kind").and_then(Json::as_str).unwrap_or_default().to_owned();
        Some(Self { kind, lacks, advice })
    }

    pub(super) fn note(&self, place: impl Display) -> Note {
        let Self { kind, lacks, advice } = self;
        Note {
            code: "ObjectLeftOut".to_owned(),
            message: format!("{place}: a document of kind {kind} has no {lacks} and is left out: {advice}"),
        }
    }
}

/// A kustomization of kustomize itself is for a command line, not for a cluster.
fn is_kustomization(value: &Json<'_>) -> bool {
    let version = value.get("apiVersion").and_then(Json::as_str).unwrap_or_default();
    let kind = value.get("kind").and_then(Json::as_str).unwrap_or_default();
    kind.eq_ignore_ascii_case("Kustomization") && version.starts_with("kustomize.config.k8s.io/")
}

/// What rendered documents come to.
#[derive(Default)]
pub(super) struct Finished {
    /// The objects, as JSON.
    pub(super) objects: Vec<String>,
    /// Values that were kept as they were written.
    pub(super) retyped: Vec<Retyped>,
    /// Documents that name no object.
    pub(super) left_out: Vec<LeftOut>,
}

/// The objects as JSON: names and labels as strings, lists taken apart, what is not an object for a cluster left out.
pub(super) fn finish(read: Vec<Read<'_>>, form: TemplateForm) -> Finished {
    let mut finished = Finished::default();
    for Read { mut value, text } in read {
        finished.retyped.extend(retype(&mut value, &text));
        if form == TemplateForm::Object {
            finished.objects.push(value.to_json_of(text.len()));
            continue;
        }
        if let Some(items) = value.get("items").and_then(Json::as_array) {
            finished.objects.extend(items.iter().map(Json::to_json));
            continue;
        }
        match LeftOut::of(&value) {
            _ if is_kustomization(&value) => {}
            Some(left_out) => finished.left_out.push(left_out),
            None => finished.objects.push(value.to_json_of(text.len())),
        }
    }
    finished
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_document_counts_in_resources() {
        assert_eq!(first_text("---\n---\nkind: A\n---\nkind: B\n"), Ok(("---\n---\n", "kind: A\n")));
        assert_eq!(first_text("--- x\n"), Err(ObjectError::Separator("x".to_owned())));
        assert_eq!(first("").err(), Some(ObjectError::Empty));
        assert_eq!(first("a: 1\n").err(), Some(ObjectError::Kind("{\"a\":1}".to_owned())));
    }

    #[test]
    fn lists_are_taken_apart_and_nameless_objects_left_out() {
        let text = "kind: List\napiVersion: v1\nitems:\n- {kind: A, metadata: {name: 7}}\n---\nkind: B\napiVersion: v1\n---\n# nothing\n---\napiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nmetadata: {name: k}\n";
        let Finished { objects, retyped, left_out } = finish(all(text).unwrap(), TemplateForm::Text);
        assert_eq!(objects, vec![r#"{"kind":"A","metadata":{"name":"7"}}"#]);
        assert_eq!(retyped.len(), 1);
        let lacks: Vec<_> = left_out.iter().map(|left_out| (left_out.kind.as_str(), left_out.lacks)).collect();
        assert_eq!(lacks, [("B", "metadata.name")], "a kustomization of kustomize is not a mistake");
    }

    #[test]
    fn each_document_that_names_no_object_is_told_with_what_to_do() {
        let text = "kind: A\n---\nkind: B\napiVersion: v1\nmetadata: {generateName: x-}\n---\nkind: C\napiVersion: v1\nmetadata: {name: ''}\n---\nkind: D\napiVersion: v1\nmetadata: {name: d}\n";
        let Finished { objects, left_out, .. } = finish(all(text).unwrap(), TemplateForm::Text);
        assert_eq!(objects.len(), 1);
        let told: Vec<_> = left_out.iter().map(|one| (one.kind.as_str(), one.lacks)).collect();
        assert_eq!(told, [("A", "apiVersion"), ("B", "metadata.name"), ("C", "metadata.name")]);
        assert!(left_out[1].advice.contains("instead of generateName"));
    }

    #[test]
    fn what_is_no_object_is_an_error() {
        assert_eq!(all("- 1\n").err(), Some(ObjectError::NoObject("array")));
        assert_eq!(all("{}\n").err(), Some(ObjectError::JsonKind("{}".to_owned())));
        assert!(matches!(all("a: 1\n---\nb: [\n").err(), Some(ObjectError::Kind(_))), "the first mistake counts");
        assert!(matches!(all("kind: List\nitems: [1]\n").err(), Some(ObjectError::Item { index: 0, .. })));
    }
}
