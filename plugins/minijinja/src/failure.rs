//! Failures in words: which resource, which field, the leaf as it was written, which input, and what to do.

use crate::expand::{Blame, ExpandError, Missing};
use crate::filters;
use crate::json::JsonError;
use crate::leaf::LeafError;
use crate::template::Step;
use minijinja::ErrorKind;
use orangery_plugin_sdk::suggest::nearest;
use orangery_plugin_sdk::{Failure, error::Retry};
use serde_json::Value as Json;
use std::error::Error as _;

/// No leaf is quoted longer than this.
const QUOTED: usize = 160;
/// No more names than these are listed.
const LISTED: usize = 20;

/// Which resource of the manifest.
#[derive(Debug, Clone)]
pub(crate) struct Resource {
    path: String,
    named: String,
}

impl Resource {
    /// A resource at this path, named by what its template says of kind and name.
    pub(crate) fn new(path: &str, object: &Json) -> Self {
        let text = |value: Option<&Json>| value.and_then(Json::as_str).unwrap_or_default().to_owned();
        let kind = text(object.get("kind"));
        let name = text(object.get("metadata").and_then(|metadata| metadata.get("name")));
        let named = [kind, name].into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        Self { path: path.to_owned(), named }
    }

    /// A failure of this resource. The host puts the input and the field before the message.
    pub(crate) fn failure(&self, code: &str, path: &[Step], written: Option<&str>, said: &str) -> Failure {
        let inner: String = path.iter().map(ToString::to_string).collect();
        let mut message = String::new();
        if !self.named.is_empty() {
            message.push_str(&format!("{}: ", quoted(&self.named)));
        }
        if let Some(written) = written {
            message.push_str(&format!("`{}`: ", quoted(written)));
        }
        message.push_str(said);
        Failure::new(code, message).at(format!("{}{inner}", self.path)).retry(Retry::Never)
    }

    /// The failure for a blame.
    pub(crate) fn blamed(&self, blame: &Blame) -> Failure {
        let said = match (is_undefined(&blame.error), &blame.missing) {
            (true, Some(missing)) => missing.to_string(),
            (true, None) => {
                "undefined value: something that this names is not there; try `is defined`, or `| default(…)`"
                    .to_owned()
            }
            (false, _) => words(&blame.error),
        };
        self.failure(code(&blame.error), &blame.path, blame.written.as_deref(), &said)
    }

    /// The failure of a leaf that the engine cannot read.
    pub(crate) fn unreadable(&self, path: &[Step], written: &str, error: &LeafError) -> Failure {
        self.failure("TemplateParseFailed", path, Some(written), &leaf_words(error))
    }
}

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let full =
            |name: &str| self.parent.as_ref().map_or_else(|| name.to_owned(), |parent| format!("{parent}.{name}"));
        write!(f, "undefined value: there is no {}", full(&self.name))?;
        if let Some(name) = nearest(&self.name, self.known.iter().map(String::as_str)) {
            return write!(f, "; did you mean `{}`?", full(name));
        }
        let known: Vec<&str> = self.known.iter().map(String::as_str).take(LISTED).collect();
        if known.is_empty() { Ok(()) } else { write!(f, "; there are: {}", known.join(", ")) }
    }
}

fn is_undefined(error: &ExpandError) -> bool {
    match error {
        // An operator calls it by its types: `undefined and number`.
        ExpandError::Leaf(LeafError::Engine(error)) => {
            error.kind() == ErrorKind::UndefinedError
                || error.detail().is_some_and(|said| said.contains("types undefined"))
        }
        ExpandError::Leaf(LeafError::Json(error)) => *error == JsonError::Undefined,
        _ => false,
    }
}

fn code(error: &ExpandError) -> &'static str {
    match error {
        ExpandError::Limit(_) | ExpandError::Leaf(LeafError::Limit(_) | LeafError::Json(JsonError::Limit(_))) => {
            "LimitExceeded"
        }
        ExpandError::Leaf(LeafError::Json(JsonError::Outsider { .. })) => "UntrustedStructure",
        _ if is_undefined(error) => "UndefinedValue",
        _ => "TemplateExecutionFailed",
    }
}

fn words(error: &ExpandError) -> String {
    match error {
        ExpandError::Leaf(error) => leaf_words(error),
        other => other.to_string(),
    }
}

fn leaf_words(error: &LeafError) -> String {
    let LeafError::Engine(error) = error else { return error.to_string() };
    let mut said = match error.detail() {
        Some(detail) => format!("{}: {detail}", error.kind()),
        None => error.kind().to_string(),
    };
    let mut cause = error.source();
    while let Some(inner) = cause {
        said.push_str(&format!(": {inner}"));
        cause = inner.source();
    }
    let advice = match error.kind() {
        ErrorKind::UnknownFilter => word_of(error.detail()).and_then(|name| nearest(name, filters::NAMES)),
        ErrorKind::UnknownFunction => word_of(error.detail()).and_then(|name| nearest(name, ["dict", "range"])),
        ErrorKind::SyntaxError if !error.detail().is_some_and(|detail| detail.contains("recursion")) => {
            said.push_str("; braces that are not a template are written `{% raw %}{{ … }}{% endraw %}`");
            None
        }
        ErrorKind::InvalidOperation if error.detail().is_some_and(|detail| detail.contains("recursion")) => {
            said.push_str(&format!("; blocks may be nested at most {} deep", crate::limits::NESTING));
            None
        }
        _ => None,
    };
    if let Some(name) = advice {
        said.push_str(&format!("; did you mean `{name}`?"));
    }
    said
}

/// The name in `filter foo is unknown` and `foo is unknown`.
fn word_of(detail: Option<&str>) -> Option<&str> {
    detail?.strip_suffix(" is unknown")?.rsplit(' ').next()
}

fn quoted(text: &str) -> String {
    let mut shown: String = text.chars().take(QUOTED).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}
