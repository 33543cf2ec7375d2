//! `eq`, `ne`, `lt`, `le`, `gt`, `ge`.

use crate::value::{Type, Value};
use std::cmp::Ordering;

const BAD: &str = "invalid type for comparison";

/// The classes within which values compare.
enum Basic<'v> {
    Bool(bool),
    Int(i64),
    Uint(u64),
    Float(f64),
    Complex(f64, f64),
    Text(&'v [u8]),
    Other,
}

fn basic(value: &Value) -> Basic<'_> {
    match value {
        Value::Bool(b) => Basic::Bool(*b),
        Value::Int(i) | Value::Int64(i) => Basic::Int(*i),
        Value::Uint8(b) => Basic::Uint(u64::from(*b)),
        Value::Float(f) => Basic::Float(*f),
        Value::Complex(re, im) => Basic::Complex(*re, *im),
        Value::Text(text) => Basic::Text(text.bytes()),
        Value::Duration(d) => Basic::Int(d.0),
        Value::Month(m) => Basic::Int(m.0),
        Value::Weekday(d) => Basic::Int(d.0),
        Value::Nil | Value::List(_) | Value::Map(_) | Value::TextMap(_) | Value::Time(_) | Value::Location(_) => {
            Basic::Other
        }
    }
}

fn type_name(value: &Value) -> String {
    crate::value::type_name(value)
}

fn shown(value: &Value) -> String {
    String::from_utf8_lossy(&crate::value::print_one(value)).into_owned()
}

/// Under `%s`, which is what Go's messages say of a value that cannot be compared.
fn as_string(value: &Value) -> String {
    String::from_utf8_lossy(&go_std::fmt::printf(b"%s", std::slice::from_ref(value))).into_owned()
}

/// `eq a b c…`: whether the first equals any other.
pub(crate) fn eq(values: &[Value]) -> Result<bool, String> {
    let Some((first, others)) = values.split_first() else { return Ok(false) };
    if others.is_empty() {
        return Err("missing argument for comparison".to_owned());
    }
    for other in others {
        if equal(first, other)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn equal(a: &Value, b: &Value) -> Result<bool, String> {
    Ok(match (basic(a), basic(b)) {
        (Basic::Bool(a), Basic::Bool(b)) => a == b,
        (Basic::Int(a), Basic::Int(b)) => a == b,
        (Basic::Uint(a), Basic::Uint(b)) => a == b,
        (Basic::Int(i), Basic::Uint(u)) | (Basic::Uint(u), Basic::Int(i)) => u64::try_from(i) == Ok(u),
        (Basic::Float(a), Basic::Float(b)) => a == b,
        (Basic::Complex(ar, ai), Basic::Complex(br, bi)) => ar == br && ai == bi,
        (Basic::Text(a), Basic::Text(b)) => a == b,
        (Basic::Other, Basic::Other) => return composite(a, b),
        _ if matches!(a, Value::Nil) || matches!(b, Value::Nil) => false,
        _ => return Err(incompatible(a, b)),
    })
}

fn incompatible(a: &Value, b: &Value) -> String {
    format!("incompatible types for comparison: {} and {}", type_name(a), type_name(b))
}

fn is_nil(value: &Value) -> bool {
    match value {
        Value::Nil => true,
        Value::List(list) => list.is_nil(),
        Value::Map(map) => map.is_nil(),
        _ => false,
    }
}

fn composite(a: &Value, b: &Value) -> Result<bool, String> {
    let kind = |v: &Value| Type::of(v).map(Type::kind);
    if let (Some(ka), Some(kb)) = (kind(a), kind(b))
        && ka != kb
    {
        return Err(format!("non-comparable types {}: {}, {}: {}", as_string(a), type_name(a), type_name(b), shown(b)));
    }
    if is_nil(a) || is_nil(b) {
        return Ok(is_nil(a) == is_nil(b));
    }
    match (a, b) {
        (Value::Time(a), Value::Time(b)) => Ok(a.is_same(b)),
        (Value::Location(a), Value::Location(b)) => Ok(a.is_same(b)),
        _ => Err(format!("non-comparable type {}: {}", as_string(b), type_name(b))),
    }
}

/// `lt a b`.
pub(crate) fn lt(a: &Value, b: &Value) -> Result<bool, String> {
    let order = match (basic(a), basic(b)) {
        (Basic::Other, _) | (_, Basic::Other) => return Err(BAD.to_owned()),
        (Basic::Bool(_), Basic::Bool(_)) | (Basic::Complex(..), Basic::Complex(..)) => return Err(BAD.to_owned()),
        (Basic::Int(a), Basic::Int(b)) => Some(a.cmp(&b)),
        (Basic::Uint(a), Basic::Uint(b)) => Some(a.cmp(&b)),
        (Basic::Int(a), Basic::Uint(b)) => Some(i128::from(a).cmp(&i128::from(b))),
        (Basic::Uint(a), Basic::Int(b)) => Some(i128::from(a).cmp(&i128::from(b))),
        (Basic::Float(a), Basic::Float(b)) => a.partial_cmp(&b),
        (Basic::Text(a), Basic::Text(b)) => Some(a.cmp(b)),
        _ => return Err(incompatible(a, b)),
    };
    Ok(order == Some(Ordering::Less))
}

/// `le a b`.
pub(crate) fn le(a: &Value, b: &Value) -> Result<bool, String> {
    Ok(lt(a, b)? || equal(a, b)?)
}
