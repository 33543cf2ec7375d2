//! Carries what is untrusted through functions: what would the function have returned for a harmless value?
//!
//! A function that makes text of untrusted text is run a second time with the shadows of its arguments; what comes out
//! is the shadow of its result. Where the second run fails or gives another shape, the result counts as chosen by the
//! outsider altogether.

use super::{List, Map, Text, Value};
use std::collections::BTreeMap;
use std::rc::Rc;

/// How deep values are looked through: deeper than anything that JSON can bring.
const DEPTH: usize = 2 * super::JSON_DEPTH;

/// The origin of the first untrusted text in a value, if there is any.
pub fn marked(value: &Value) -> Option<Rc<str>> {
    find(value, 0)
}

fn find(value: &Value, depth: usize) -> Option<Rc<str>> {
    if depth > DEPTH {
        return None;
    }
    let of = |text: &Text| text.taint().map(|t| t.origin.clone());
    match value {
        Value::Text(text) => of(text),
        Value::List(list) => list.to_vec().iter().find_map(|item| find(item, depth + 1)),
        Value::Map(map) => map.entries().iter().find_map(|(k, v)| of(k).or_else(|| find(v, depth + 1))),
        Value::TextMap(map) => map.iter().find_map(|(k, v)| of(k).or_else(|| of(v))),
        _ => None,
    }
}

/// The value with every untrusted text replaced by its shadow.
pub fn shadow_of(value: &Value) -> Value {
    rebuild(value, 0, &|text| Text::new(text.shadow()))
}

/// The value with every text in it untrusted.
pub fn harmless(value: &Value, origin: &Rc<str>) -> Value {
    rebuild(value, 0, &|text| Text::untrusted(text.bytes(), origin))
}

fn rebuild(value: &Value, depth: usize, change: &dyn Fn(&Text) -> Text) -> Value {
    if depth > DEPTH {
        return value.clone();
    }
    match value {
        Value::Text(text) => Value::Text(change(text)),
        Value::List(list) if !list.is_nil() => {
            let items = list.to_vec().iter().map(|item| rebuild(item, depth + 1, change)).collect();
            Value::List(List::new(list.element(), items))
        }
        Value::Map(map) if !map.is_nil() => {
            let mut out = BTreeMap::new();
            for (key, item) in map.entries() {
                out.insert(free_key(&out, change(&key)), rebuild(&item, depth + 1, change));
            }
            Value::Map(Map::new(out))
        }
        Value::TextMap(map) => {
            let mut out = BTreeMap::new();
            for (key, item) in map.iter() {
                out.insert(free_key(&out, change(key)), change(item));
            }
            Value::TextMap(Rc::new(out))
        }
        other => other.clone(),
    }
}

/// Two keys may have one shadow; the number of keys must not change.
fn free_key<V>(taken: &BTreeMap<Text, V>, key: Text) -> Text {
    let mut key = key;
    while taken.contains_key(&key) {
        let mut longer = key.bytes().to_vec();
        longer.push(b'x');
        key = Text::from(longer);
    }
    key
}

/// The result of a function, with the result of the same function on shadows beside it.
pub fn merge(real: Value, shadow: Option<Value>, origin: &Rc<str>) -> Value {
    match (&real, shadow) {
        (Value::Text(text), Some(Value::Text(shadow))) => Value::Text(text.clone().with_shadow(shadow.bytes(), origin)),
        (Value::List(list), Some(Value::List(shadow))) if list.len() == shadow.len() => {
            let items = list.to_vec().into_iter().zip(shadow.to_vec());
            let items = items.map(|(real, shadow)| merge(real, Some(shadow), origin)).collect();
            if list.is_nil() { real } else { Value::List(List::new(list.element(), items)) }
        }
        (Value::Map(map), Some(Value::Map(shadow))) if same_keys(map, &shadow) => {
            let entries = map.entries().into_iter().map(|(key, value)| {
                let beside = shadow.get(&key);
                (key, merge(value, beside, origin))
            });
            if map.is_nil() { real } else { Value::Map(Map::new(entries.collect::<Vec<_>>())) }
        }
        (Value::TextMap(map), Some(Value::TextMap(shadow))) if map.keys().eq(shadow.keys()) => {
            let both = map.iter().zip(shadow.values());
            let both = both.map(|((k, v), s)| (k.clone(), v.clone().with_shadow(s.bytes(), origin)));
            Value::TextMap(Rc::new(both.collect()))
        }
        _ => harmless(&real, origin),
    }
}

fn same_keys(a: &Map, b: &Map) -> bool {
    a.entries().iter().map(|e| &e.0).eq(b.entries().iter().map(|e| &e.0))
}
