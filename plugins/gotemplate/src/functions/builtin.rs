//! The functions that every Go template has, without those that only format.

use crate::value::{Text, Value};

fn type_name(value: &Value) -> String {
    crate::value::type_name(value)
}

fn position(index: &Value, length: usize) -> Result<usize, String> {
    let at = match index {
        Value::Int(i) | Value::Int64(i) => *i,
        Value::Uint8(b) => i64::from(*b),
        Value::Duration(d) => d.0,
        Value::Month(m) => m.0,
        Value::Weekday(d) => d.0,
        Value::Nil => return Err("cannot index slice/array with nil".to_owned()),
        other => return Err(format!("cannot index slice/array with type {}", type_name(other))),
    };
    usize::try_from(at).ok().filter(|at| *at <= length).ok_or_else(|| format!("index out of range: {at}"))
}

fn map_key(index: &Value) -> Result<&Text, String> {
    match index {
        Value::Text(text) => Ok(text),
        Value::Nil => Err("value is nil; should be of type string".to_owned()),
        other => Err(format!("value has type {}; should be string", type_name(other))),
    }
}

/// `index x 1 2 3`.
pub(crate) fn index(values: &[Value]) -> Result<Value, String> {
    let Some((item, indexes)) = values.split_first() else { return Ok(Value::Nil) };
    if matches!(item, Value::Nil) {
        return Err("index of untyped nil".to_owned());
    }
    let mut item = item.clone();
    for index in indexes {
        item = match &item {
            Value::Nil => return Err("index of nil pointer".to_owned()),
            Value::Text(text) => {
                let at = position(index, text.bytes().len())?;
                let byte = text.bytes().get(at).copied();
                Value::Uint8(byte.ok_or("reflect: string index out of range")?)
            }
            Value::List(list) => {
                let at = position(index, list.len())?;
                list.get(at).ok_or("reflect: slice index out of range")?
            }
            Value::Map(map) => map.get(map_key(index)?).unwrap_or(Value::Nil),
            Value::TextMap(map) => Value::Text(map.get(map_key(index)?).cloned().unwrap_or_else(|| Text::new(""))),
            other => return Err(format!("can't index item of type {}", type_name(other))),
        };
    }
    Ok(item)
}

/// The built-in function `len`.
pub(crate) fn len(value: &Value) -> Result<Value, String> {
    let length = match value {
        Value::Text(text) => text.bytes().len(),
        Value::List(list) => list.len(),
        Value::Map(map) => map.len(),
        Value::TextMap(map) => map.len(),
        Value::Nil => return Err("len of nil pointer".to_owned()),
        other => return Err(format!("len of type {}", type_name(other))),
    };
    Ok(Value::Int(i64::try_from(length).unwrap_or(i64::MAX)))
}
