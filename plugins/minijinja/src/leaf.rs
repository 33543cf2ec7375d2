//! A leaf that is a template: text with tags, or one whole expression, which keeps its type.

use crate::json::{JsonError, json};
use crate::limits::{Budget, FUEL, LimitError, TAG};
use minijinja::value::Value;
use minijinja::{Captured, Environment, Error, ErrorKind, Template};
use serde_json::Value as Json;
use std::io::{self, Write};

/// What begins a tag, and what ends it.
const TAGS: [(&str, &str); 3] = [("{{", "}}"), ("{%", "%}"), ("{#", "#}")];
/// The variable that a whole expression is caught in.
const CAUGHT: &str = "value";

/// How a leaf is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Text with tags: gives a text.
    Text,
    /// One expression: gives a value.
    Whole,
}

/// A leaf before it is compiled: what the engine gets to see must outlive the compiled form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    /// As it stands in the manifest.
    pub(crate) written: String,
    text: String,
    /// A whole expression as a text: what compiles both ways is an expression and nothing else.
    braced: Option<String>,
    form: Form,
}

/// A compiled leaf.
#[derive(Debug)]
pub(crate) struct Leaf<'e> {
    /// As it stands in the manifest.
    pub(crate) written: &'e str,
    template: Template<'e, 'e>,
    form: Form,
}

/// Why a leaf gave nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LeafError {
    #[error(transparent)]
    Engine(Error),
    #[error(transparent)]
    Json(JsonError),
    #[error(transparent)]
    Limit(#[from] LimitError),
    #[error(
        "a `{{{{ … }}}}` or `{{% … %}}` of {0} bytes is too long, at most {TAG} are read: split it, or compute less in it"
    )]
    Tag(usize),
}

/// The leaf of a text that holds tags; `None` for a text that is to be taken as it is.
pub(crate) fn source(text: &str) -> Option<Source> {
    if !TAGS.iter().any(|(begin, _)| text.contains(begin)) {
        return None;
    }
    let plain = Source { written: text.to_owned(), text: text.to_owned(), braced: None, form: Form::Text };
    let Some(inner) = braced(text) else { return Some(plain) };
    let whole = Source { written: text.to_owned(), ..expression(inner) };
    let is_whole = whole.compile(&Environment::empty()).is_ok();
    Some(if is_whole { whole } else { plain })
}

/// The leaf of an expression that is written without `{{ }}`, or with.
pub(crate) fn expression(text: &str) -> Source {
    let inner = braced(text.trim()).unwrap_or(text);
    Source {
        written: text.to_owned(),
        text: format!("{{% set {CAUGHT} = ({inner}\n) %}}"),
        braced: Some(format!("{{{{ {inner}\n}}}}")),
        form: Form::Whole,
    }
}

/// What is between the braces of a text that begins and ends with them; one expression, or several and text.
fn braced(text: &str) -> Option<&str> {
    let inner = text.strip_prefix("{{")?.strip_suffix("}}")?;
    let inner = inner.strip_prefix(['-', '+']).unwrap_or(inner);
    Some(inner.strip_suffix('-').unwrap_or(inner))
}

impl Source {
    /// Compiles the leaf.
    pub(crate) fn compile<'e>(&'e self, engine: &'e Environment<'e>) -> Result<Leaf<'e>, LeafError> {
        for (begin, end) in TAGS {
            let longest =
                self.text.split(begin).skip(1).map(|tag| tag.split(end).next().unwrap_or_default().len()).max();
            if let Some(longest) = longest.filter(|longest| *longest > TAG) {
                return Err(LeafError::Tag(longest));
            }
        }
        if let Some(braced) = &self.braced {
            engine.template_from_named_str("leaf", braced).map_err(LeafError::Engine)?;
        }
        let template = engine.template_from_named_str("leaf", &self.text).map_err(LeafError::Engine)?;
        Ok(Leaf { written: &self.written, template, form: self.form })
    }
}

impl Leaf<'_> {
    /// The value of the leaf for an object, at this depth of it.
    pub(crate) fn render(&self, scope: &Value, depth: usize, budget: &mut Budget) -> Result<Json, LeafError> {
        if self.form == Form::Whole {
            let value = self.evaluate(scope, budget)?;
            return json(&value, depth, budget).map_err(LeafError::Json);
        }
        budget.node(depth)?;
        let mut out = Bounded { text: Vec::new(), left: budget.bytes_left(), full: false };
        let captured = self.template.render_captured_to(scope, &mut out);
        if out.full {
            return Err(LimitError::Bytes.into());
        }
        burn(&captured.map_err(engine)?, budget)?;
        budget.text(out.text.len())?;
        Ok(Json::String(String::from_utf8_lossy(&out.text).into_owned()))
    }

    /// The value of a whole expression.
    pub(crate) fn evaluate(&self, scope: &Value, budget: &mut Budget) -> Result<Value, LeafError> {
        let captured = self.template.render_captured(scope).map_err(engine)?;
        burn(&captured, budget)?;
        Ok(captured.state().lookup(CAUGHT).unwrap_or_default())
    }

    /// The variables that the leaf names, with their fields: `inputs.branch`.
    pub(crate) fn variables(&self) -> Vec<String> {
        let mut names: Vec<String> = self.template.undeclared_variables(true).into_iter().collect();
        names.sort();
        names
    }
}

fn engine(error: Error) -> LeafError {
    if error.kind() == ErrorKind::OutOfFuel { LimitError::Fuel.into() } else { LeafError::Engine(error) }
}

fn burn(captured: &Captured<'_>, budget: &mut Budget) -> Result<(), LimitError> {
    budget.burn(captured.state().fuel_levels().map_or(FUEL, |(consumed, _)| consumed))
}

/// A text that may grow to a bound.
struct Bounded {
    text: Vec<u8>,
    left: usize,
    full: bool,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(left) = self.left.checked_sub(bytes.len()) else {
            self.full = true;
            return Err(io::ErrorKind::FileTooLarge.into());
        };
        self.left = left;
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_expression_and_nothing_else_is_whole() {
        for text in ["{{ a }}", "{{a}}", "{{- a -}}", "{{ {'a': {'b': 1}} }}", "{{ '}} and {{' }}", "{{ a or\n b }}"] {
            assert!(source(text).is_some_and(|leaf| leaf.form == Form::Whole), "{text}");
        }
        for text in
            ["{{ a }} {{ b }}", " {{ a }}", "{{ a }}\n", "{{ {} }}{{ {} }}", "{% if a %}{% endif %}", "{{ a b }}"]
        {
            assert!(source(text).is_some_and(|leaf| leaf.form == Form::Text), "{text}");
        }
        for text in ["", "a", "{ a }", "$x", "}}"] {
            assert_eq!(source(text), None, "{text}");
        }
    }
}
