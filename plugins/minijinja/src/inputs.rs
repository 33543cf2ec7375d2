//! What templates see: an input's values, with the maps and lists that an outsider chose marked.

use minijinja::value::{Enumerator, Object, ObjectRepr, Value, ValueKind};
use minijinja::{Error, ErrorKind};
use orangery_plugin_sdk::RenderInput;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A map or a list that an outsider chose. Templates read it like any other; only a leaf does not take it as it is.
#[derive(Debug)]
pub(crate) struct Outsider {
    /// Its path in the input.
    pub(crate) origin: String,
    body: Body,
}

#[derive(Debug)]
enum Body {
    List(Vec<Value>),
    Map(BTreeMap<String, Value>),
}

/// Why an input cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InputError {
    #[error("its attributes are no JSON object: {0}")]
    Malformed(#[from] serde_json::Error),
}

impl Object for Outsider {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        match self.body {
            Body::List(_) => ObjectRepr::Seq,
            Body::Map(_) => ObjectRepr::Map,
        }
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match &self.body {
            Body::List(items) => items.get(key.as_usize()?).cloned(),
            Body::Map(fields) => fields.get(key.as_str()?).cloned(),
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        match &self.body {
            Body::List(items) => Enumerator::Seq(items.len()),
            Body::Map(fields) => Enumerator::Values(fields.keys().map(|key| Value::from(key.as_str())).collect()),
        }
    }
}

/// The values of an input.
pub(crate) fn values(input: &RenderInput) -> Result<Value, InputError> {
    let fields: BTreeMap<String, Json> = serde_json::from_str(&input.attributes)?;
    let fields = fields.iter().map(|(key, json)| (key.clone(), value(json, key, &input.untrusted)));
    Ok(fields.collect::<BTreeMap<String, Value>>().into())
}

fn value(json: &Json, path: &str, untrusted: &[String]) -> Value {
    if untrusted.iter().any(|key| key == path) {
        return marked(json, path);
    }
    match json {
        Json::Object(fields) => {
            let fields =
                fields.iter().map(|(key, json)| (key.clone(), value(json, &format!("{path}.{key}"), untrusted)));
            fields.collect::<BTreeMap<String, Value>>().into()
        }
        other => Value::from_serialize(other),
    }
}

fn marked(json: &Json, path: &str) -> Value {
    let body = match json {
        Json::Array(items) => Body::List(items.iter().map(|item| marked(item, path)).collect()),
        Json::Object(fields) => Body::Map(fields.iter().map(|(key, json)| (key.clone(), marked(json, path))).collect()),
        scalar => return Value::from_serialize(scalar),
    };
    Value::from_object(Outsider { origin: path.to_owned(), body })
}

/// The value without marks: the author says that its structure is wanted.
pub(crate) fn plain(value: &Value) -> Result<Value, Error> {
    if value.kind() == ValueKind::Undefined {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    match value.kind() {
        ValueKind::Map | ValueKind::Seq | ValueKind::Iterable => {
            let json = serde_json::to_value(value)
                .map_err(|error| Error::new(ErrorKind::InvalidOperation, format!("expand: {error}")))?;
            Ok(Value::from_serialize(json))
        }
        _ => Ok(value.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(attributes: &str, untrusted: &[&str]) -> RenderInput {
        RenderInput {
            label: "Test id 1".to_owned(),
            uid: "0".to_owned(),
            attributes: attributes.to_owned(),
            untrusted: untrusted.iter().map(|path| (*path).to_owned()).collect(),
        }
    }

    #[test]
    fn only_maps_and_lists_that_an_outsider_chose_are_marked() {
        let values = values(&input(r#"{"a": {"b": [1], "c": [2]}, "d": [3], "e": "x"}"#, &["a.b", "e"])).unwrap();
        let is_marked = |value: &Value| value.downcast_object_ref::<Outsider>().is_some();
        let inner = values.get_attr("a").unwrap();
        assert!(is_marked(&inner.get_attr("b").unwrap()) && !is_marked(&inner.get_attr("c").unwrap()));
        assert!(!is_marked(&values.get_attr("d").unwrap()) && !is_marked(&values.get_attr("e").unwrap()));
        assert!(!is_marked(&plain(&inner.get_attr("b").unwrap()).unwrap()));
    }

    #[test]
    fn attributes_that_are_no_object_are_refused() {
        assert!(values(&input("[1]", &[])).unwrap_err().to_string().starts_with("its attributes are no JSON object"));
    }
}
