//! A template as a tree: fixed values, leaves that are templates, and the three keys that decide what is there.
//!
//! | key | means |
//! |---|---|
//! | `$if: <expression>` | the map that holds it is there only if this is true |
//! | `$for: <name> in <expression>` | the item of a list, or the whole resource, is there once for each |
//! | `$value: <anything>` | stands in for the map that holds it, for values that are not maps |
//!
//! `$for` comes before `$if`. A key that begins with `$$` is an ordinary key with one `$` less.

use crate::leaf::{self, LeafError, Source};
use minijinja::Environment;
use serde_json::{Map, Value as Json};
use std::fmt;

/// The keys with a meaning.
pub(crate) const KEYS: [&str; 3] = ["$for", "$if", "$value"];
/// Names that an item of `$for` cannot have.
const TAKEN: [&str; 4] = ["inputs", "values", "uid", "loop"];

/// One step into an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// A field of a map.
    Key(String),
    /// An item of a list.
    Item(usize),
}

/// A template whose leaves are `L`: sources first, compiled ones then.
#[derive(Debug)]
pub(crate) enum Node<L> {
    /// A scalar, as it is.
    Fixed(Json),
    /// A text that is a template.
    Leaf(L),
    /// A list; an item may be there never, once or several times.
    List(Vec<Node<L>>),
    /// A map; a field may be there or not.
    Map(Vec<(String, Node<L>)>),
    /// A part that is there under conditions.
    Control(Box<Control<L>>),
}

/// A part that is there under conditions.
#[derive(Debug)]
pub(crate) struct Control<L> {
    /// For each of what.
    pub(crate) each: Option<Each<L>>,
    /// Under which condition.
    pub(crate) only_if: Option<L>,
    /// What is there then.
    pub(crate) body: Node<L>,
}

/// A loop that the key `$for` describes.
#[derive(Debug)]
pub(crate) struct Each<L> {
    /// The names for an item, or for its parts.
    pub(crate) names: Vec<String>,
    /// What is gone through.
    pub(crate) of: L,
}

/// Where a part of a template stands; it decides whether it may be repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Repeatable,
    Field,
}

/// Why an object is not a valid template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TemplateError {
    #[error(
        "the key `{0}` holds an expression: keys are fixed, so that no value can choose a field; write the map as one \
         expression instead, for example `labels: \"{{{{ {{inputs.key: 'on'}} }}}}\"`"
    )]
    Key(String),
    #[error(
        "the key `{0}` is unknown: there are $for, $if and $value; a field that is really called so is written `${0}`"
    )]
    Unknown(String),
    #[error("`$for` is written `<name> in <expression>`, for example `port in inputs.ports`")]
    For,
    #[error("the name `{0}` is taken: call the item of `$for` something else")]
    Taken(String),
    #[error(
        "`$for` repeats an item of a list, or a whole resource; this is the value of a field, and a field has one value"
    )]
    Repeated,
    #[error("`$value` stands in for the whole map, so only $if and $for may stand beside it, not `{0}`")]
    Beside(String),
    #[error("`{0}` holds an expression as text, for example `inputs.debug == \"on\"`")]
    Expression(&'static str),
}

/// A fault and where in the template it is.
pub(crate) type Located<E> = (Vec<Step>, String, E);

/// Reads one object of `resources`.
pub(crate) fn read(object: &Json) -> Result<Node<Source>, Located<TemplateError>> {
    let mut path = Vec::new();
    node(object, Place::Repeatable, &mut path)
}

fn node(json: &Json, place: Place, path: &mut Vec<Step>) -> Result<Node<Source>, Located<TemplateError>> {
    Ok(match json {
        Json::String(text) => match leaf::source(text) {
            Some(source) => Node::Leaf(source),
            None => Node::Fixed(json.clone()),
        },
        Json::Array(items) => {
            let items = items.iter().enumerate();
            let items =
                items.map(|(nth, item)| within(path, Step::Item(nth), |path| node(item, Place::Repeatable, path)));
            Node::List(items.collect::<Result<_, _>>()?)
        }
        Json::Object(fields) if KEYS.iter().any(|key| fields.contains_key(*key)) => {
            Node::Control(Box::new(control(fields, place, path)?))
        }
        Json::Object(fields) => Node::Map(map(fields, path)?),
        scalar => Node::Fixed(scalar.clone()),
    })
}

fn within<T>(path: &mut Vec<Step>, step: Step, work: impl FnOnce(&mut Vec<Step>) -> T) -> T {
    path.push(step);
    let done = work(path);
    path.pop();
    done
}

fn map(
    fields: &Map<String, Json>,
    path: &mut Vec<Step>,
) -> Result<Vec<(String, Node<Source>)>, Located<TemplateError>> {
    let mut out = Vec::with_capacity(fields.len());
    for (key, value) in fields.iter().filter(|(key, _)| !KEYS.contains(&key.as_str())) {
        let refused = |error, path: &[Step]| (path.to_vec(), key.clone(), error);
        let name = match key.strip_prefix('$') {
            None => key.as_str(),
            Some(rest) if rest.starts_with('$') => rest,
            Some(_) => return Err(refused(TemplateError::Unknown(key.clone()), path)),
        };
        if leaf::source(key).is_some() {
            return Err(refused(TemplateError::Key(key.clone()), path));
        }
        let node = within(path, Step::Key(key.clone()), |path| node(value, Place::Field, path))?;
        out.push((name.to_owned(), node));
    }
    Ok(out)
}

fn control(
    fields: &Map<String, Json>,
    place: Place,
    path: &mut Vec<Step>,
) -> Result<Control<Source>, Located<TemplateError>> {
    let at = |path: &[Step], key: &str| [path, &[Step::Key(key.to_owned())]].concat();
    let written = |key: &str| fields.get(key).map(Json::to_string).unwrap_or_default();
    let each = match fields.get("$for") {
        None => None,
        Some(_) if place == Place::Field => {
            return Err((at(path, "$for"), written("$for"), TemplateError::Repeated));
        }
        Some(json) => Some(each(json).map_err(|error| (at(path, "$for"), written("$for"), error))?),
    };
    let only_if = match fields.get("$if") {
        None => None,
        Some(Json::String(text)) => Some(leaf::expression(text)),
        Some(Json::Bool(known)) => Some(leaf::expression(&known.to_string())),
        Some(_) => return Err((at(path, "$if"), written("$if"), TemplateError::Expression("$if"))),
    };
    let body = match fields.get("$value") {
        None => Node::Map(map(fields, path)?),
        Some(value) => {
            if let Some(key) = fields.keys().find(|key| !KEYS.contains(&key.as_str())) {
                return Err((path.clone(), key.clone(), TemplateError::Beside(key.clone())));
            }
            within(path, Step::Key("$value".to_owned()), |path| node(value, Place::Field, path))?
        }
    };
    Ok(Control { each, only_if, body })
}

fn each(json: &Json) -> Result<Each<Source>, TemplateError> {
    let text = json.as_str().ok_or(TemplateError::Expression("$for"))?.trim();
    let (names, of) = text.split_once(" in ").ok_or(TemplateError::For)?;
    let names: Vec<String> = names.split(',').map(|name| name.trim().to_owned()).collect();
    for name in &names {
        let mut letters = name.chars();
        let begins = letters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
        if !begins || !letters.all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return Err(TemplateError::For);
        }
        if TAKEN.contains(&name.as_str()) {
            return Err(TemplateError::Taken(name.clone()));
        }
    }
    Ok(Each { names, of: leaf::expression(of.trim()) })
}

impl Node<Source> {
    /// Compiles every leaf.
    pub(crate) fn compile<'e>(
        &'e self,
        engine: &'e Environment<'e>,
        path: &mut Vec<Step>,
    ) -> Result<Node<leaf::Leaf<'e>>, Located<LeafError>> {
        let leaf = |source: &'e Source, path: &[Step]| {
            source.compile(engine).map_err(|error| (path.to_vec(), source.written.clone(), error))
        };
        Ok(match self {
            Self::Fixed(json) => Node::Fixed(json.clone()),
            Self::Leaf(source) => Node::Leaf(leaf(source, path)?),
            Self::List(items) => {
                let items = items.iter().enumerate();
                let items = items.map(|(nth, item)| within(path, Step::Item(nth), |path| item.compile(engine, path)));
                Node::List(items.collect::<Result<_, _>>()?)
            }
            Self::Map(fields) => {
                let fields = fields.iter().map(|(key, node)| {
                    let node = within(path, Step::Key(key.clone()), |path| node.compile(engine, path));
                    node.map(|node| (key.clone(), node))
                });
                Node::Map(fields.collect::<Result<_, _>>()?)
            }
            Self::Control(control) => {
                let keyed = |source: &'e Source, key: &str, path: &mut Vec<Step>| {
                    within(path, Step::Key(key.to_owned()), |path| leaf(source, path))
                };
                let each = match &control.each {
                    None => None,
                    Some(each) => Some(Each { names: each.names.clone(), of: keyed(&each.of, "$for", path)? }),
                };
                let only_if = control.only_if.as_ref().map(|source| keyed(source, "$if", path)).transpose()?;
                let body = control.body.compile(engine, path)?;
                Node::Control(Box::new(Control { each, only_if, body }))
            }
        })
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) if key.contains(['.', '/', '[']) => write!(f, "[\"{key}\"]"),
            Self::Key(key) => write!(f, ".{key}"),
            Self::Item(nth) => write!(f, "[{nth}]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refused(object: &Json) -> String {
        read(object)
            .err()
            .map(|(path, _, error)| {
                let path: String = path.iter().map(ToString::to_string).collect();
                format!("{path}: {error}")
            })
            .unwrap_or_default()
    }

    #[test]
    fn what_is_no_template_is_refused_where_it_stands() {
        for (object, told) in [
            (json!({"a": {"{{ b }}": 1}}), ".a: the key `{{ b }}` holds an expression"),
            (json!({"a": {"$fi": "x"}}), ".a: the key `$fi` is unknown"),
            (json!({"a": {"$for": "x in y"}}), ".a.$for: `$for` repeats an item of a list"),
            (json!({"a": [{"$for": "x of y"}]}), ".a[0].$for: `$for` is written `<name> in <expression>`"),
            (json!({"a": [{"$for": "inputs in y"}]}), ".a[0].$for: the name `inputs` is taken"),
            (json!({"a": {"$if": 1}}), ".a.$if: `$if` holds an expression as text"),
            (json!({"a": {"$value": 1, "b": 2}}), ".a: `$value` stands in for the whole map"),
        ] {
            assert!(refused(&object).starts_with(told), "{object}: {}", refused(&object));
        }
    }

    #[test]
    fn a_field_that_begins_with_a_dollar_is_written_with_two() {
        let Ok(Node::Map(fields)) = read(&json!({"$$ref": 1})) else { panic!("no map") };
        assert_eq!(fields.first().map(|(key, _)| key.as_str()), Some("$ref"));
    }
}
