//! The value of a whole expression as JSON: what has no place in an object is an error, not a guess.

use crate::inputs::Outsider;
use crate::limits::{Budget, LimitError};
use minijinja::value::{Value, ValueKind};
use serde_json::{Map, Number, Value as Json};

/// A value that an object cannot hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum JsonError {
    #[error(transparent)]
    Limit(#[from] LimitError),
    #[error("undefined value")]
    Undefined,
    #[error("{0} is not a number that JSON knows")]
    Number(String),
    #[error("the keys of a map are texts, but this one is a {kind}: {key}")]
    Key { kind: String, key: String },
    #[error("a {0} cannot be a value of an object")]
    Kind(String),
    #[error(
        "inputs.{origin} is a {what} that a provider answered, so an outsider chooses how much there is in it; write \
         `| expand` after it if that is meant, or name the parts that are wanted"
    )]
    Outsider { origin: String, what: &'static str },
}

/// The value as JSON, at this depth of the object.
pub(crate) fn json(value: &Value, depth: usize, budget: &mut Budget) -> Result<Json, JsonError> {
    budget.node(depth)?;
    match value.kind() {
        ValueKind::Undefined => Err(JsonError::Undefined),
        ValueKind::None => Ok(Json::Null),
        ValueKind::Bool => Ok(Json::Bool(value.is_true())),
        ValueKind::Number => number(value),
        ValueKind::String => {
            let text = value.as_str().unwrap_or_default();
            budget.text(text.len())?;
            Ok(Json::String(text.to_owned()))
        }
        ValueKind::Seq | ValueKind::Iterable => {
            refuse_outsider(value, "list")?;
            let items = value.try_iter().map_err(|error| JsonError::Kind(error.to_string()))?;
            items.map(|item| json(&item, depth + 1, budget)).collect::<Result<_, _>>().map(Json::Array)
        }
        ValueKind::Map => {
            refuse_outsider(value, "map")?;
            let keys = value.try_iter().map_err(|error| JsonError::Kind(error.to_string()))?;
            let mut fields = Map::new();
            for key in keys {
                let name = key
                    .as_str()
                    .ok_or_else(|| JsonError::Key { kind: key.kind().to_string(), key: key.to_string() })?;
                budget.text(name.len())?;
                let field = value.get_item(&key).unwrap_or_default();
                fields.insert(name.to_owned(), json(&field, depth + 1, budget)?);
            }
            Ok(Json::Object(fields))
        }
        kind => Err(JsonError::Kind(kind.to_string())),
    }
}

fn refuse_outsider(value: &Value, what: &'static str) -> Result<(), JsonError> {
    match value.downcast_object_ref::<Outsider>() {
        Some(outsider) => Err(JsonError::Outsider { origin: outsider.origin.clone(), what }),
        None => Ok(()),
    }
}

fn number(value: &Value) -> Result<Json, JsonError> {
    let refused = || JsonError::Number(value.to_string());
    if let Some(int) = value.as_i64().filter(|_| value.is_integer()) {
        return Ok(int.into());
    }
    if value.is_integer() {
        return u64::try_from(value.clone()).map(Json::from).map_err(|_| refused());
    }
    let float = f64::try_from(value.clone()).map_err(|_| refused())?;
    Number::from_f64(float).map(Json::Number).ok_or_else(refused)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json as object;

    fn through(value: Json) -> Json {
        json(&Value::from_serialize(&value), 0, &mut Budget::new()).unwrap()
    }

    #[test]
    fn every_json_value_comes_back_as_it_was() {
        for value in [
            object!({"a": [1, -2, 3.5, 1.0, true, null, "x", {}], "b": {"c": []}}),
            object!(u64::MAX),
            object!(i64::MIN),
            object!(1e300),
        ] {
            assert_eq!(through(value.clone()), value);
        }
    }

    #[test]
    fn what_json_cannot_say_is_refused() {
        let said = |value: Value| json(&value, 0, &mut Budget::new()).map_err(|error| error.to_string());
        assert_eq!(said(Value::from(f64::NAN)), Err("NaN is not a number that JSON knows".to_owned()));
        assert_eq!(said(Value::from_iter([Value::UNDEFINED])), Err("undefined value".to_owned()));
        let keyed: Value = [(Value::from(1), Value::from(2))].into_iter().collect();
        assert!(said(keyed).is_err_and(|said| said.starts_with("the keys of a map are texts")));
    }
}
