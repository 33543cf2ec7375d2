//! Equality as Go's `reflect.DeepEqual` defines it.

use super::{List, Map, Value};

/// The depth at which two values count as different; only a map that contains itself is deeper.
const DEPTH: usize = 200;

/// Whether two values are deeply equal: same types, same contents, same nil-ness.
pub fn deep_equal(a: &Value, b: &Value) -> bool {
    equal(a, b, 0)
}

fn equal(a: &Value, b: &Value, depth: usize) -> bool {
    if depth > DEPTH {
        return false;
    }
    match (a, b) {
        (Value::Nil, Value::Nil) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Int(a), Value::Int(b)) | (Value::Int64(a), Value::Int64(b)) => a == b,
        (Value::Uint8(a), Value::Uint8(b)) => a == b,
        (Value::Float(a), Value::Float(b)) => a == b,
        (Value::Complex(ar, ai), Value::Complex(br, bi)) => ar == br && ai == bi,
        (Value::Text(a), Value::Text(b)) => a == b,
        (Value::List(a), Value::List(b)) => lists(a, b, depth),
        (Value::Map(a), Value::Map(b)) => maps(a, b, depth),
        (Value::TextMap(a), Value::TextMap(b)) => a == b,
        (Value::Time(a), Value::Time(b)) => a == b,
        (Value::Duration(a), Value::Duration(b)) => a == b,
        (Value::Month(a), Value::Month(b)) => a == b,
        (Value::Weekday(a), Value::Weekday(b)) => a == b,
        (Value::Location(a), Value::Location(b)) => a == b,
        _ => false,
    }
}

fn lists(a: &List, b: &List, depth: usize) -> bool {
    if a.element() != b.element() || a.is_nil() != b.is_nil() || a.len() != b.len() {
        return false;
    }
    a.same_storage(b) || a.to_vec().iter().zip(b.to_vec()).all(|(a, b)| equal(a, &b, depth + 1))
}

fn maps(a: &Map, b: &Map, depth: usize) -> bool {
    if a.is_nil() != b.is_nil() || a.len() != b.len() {
        return false;
    }
    a.same_storage(b)
        || a.entries().iter().zip(b.entries()).all(|((ak, av), (bk, bv))| *ak == bk && equal(av, &bv, depth + 1))
}
