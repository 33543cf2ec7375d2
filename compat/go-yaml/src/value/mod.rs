//! A value of JSON as it was read: texts borrow from the document where they can, and maps are sorted lists.
//!
//! Lighter than [`serde_json::Value`] where thousands of objects are read, looked at and written as JSON: no tree of keys, and no copy
//! of a text that was written as it is meant.

mod compact;

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::{Number, Value};

/// A value of JSON.
#[derive(Debug, Clone, PartialEq)]
pub enum Json<'a> {
    /// The value `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, with the text that it was written as.
    Number(Number),
    /// A text of any length.
    String(Cow<'a, str>),
    /// A list of values.
    Array(Vec<Json<'a>>),
    /// A map from texts to values.
    Object(Object<'a>),
}

/// A map: its keys in ascending order of their bytes, each once.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Object<'a> {
    entries: Vec<(Cow<'a, str>, Json<'a>)>,
}

impl<'a> Object<'a> {
    /// Builds a map from entries in any order; of several entries with one key the last one counts.
    pub(crate) fn of(mut entries: Vec<(Cow<'a, str>, Json<'a>)>) -> Self {
        if !entries.is_sorted_by(|(one, _), (next, _)| order(one, next).is_lt()) {
            // Stable: the last of equal keys stays the last.
            entries.sort_by(|(one, _), (other, _)| order(one, other));
            entries.dedup_by(|later, kept| {
                let same = later.0 == kept.0;
                if same {
                    std::mem::swap(later, kept);
                }
                same
            });
        }
        Self { entries }
    }

    /// The value of a key.
    #[inline]
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Json<'a>> {
        self.find(key).and_then(|at| self.entries.get(at)).map(|(_, value)| value)
    }

    /// The value of a key, to change it.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Json<'a>> {
        let at = self.find(key)?;
        self.entries.get_mut(at).map(|(_, value)| value)
    }

    // Inlined: where the key is a literal its bytes are compared without a call.
    #[inline]
    fn find(&self, key: &str) -> Option<usize> {
        self.entries.iter().position(|(name, _)| **name == *key)
    }

    /// Keys and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Json<'a>)> {
        self.entries.iter().map(|(key, value)| (key.as_ref(), value))
    }

    /// The same, to change the values.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut Json<'a>)> {
        self.entries.iter_mut().map(|(key, value)| (&**key, value))
    }
}

/// Compares keys by their bytes. The first bytes usually decide, without a call that compares the rest.
fn order(one: &str, other: &str) -> Ordering {
    let first = one.as_bytes().first().cmp(&other.as_bytes().first());
    first.then_with(|| one.cmp(other))
}

impl<'a> Json<'a> {
    /// The value of a key; `None` if this is not a map.
    #[inline]
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.as_object().and_then(|object| object.get(key))
    }

    /// The same, to change it.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Self> {
        self.as_object_mut().and_then(|object| object.get_mut(key))
    }

    /// The map, if this is one.
    #[must_use]
    pub fn as_object(&self) -> Option<&Object<'a>> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The map, if this is one, to change it.
    pub fn as_object_mut(&mut self) -> Option<&mut Object<'a>> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The list, if this is one, to change it.
    pub fn as_array_mut(&mut self) -> Option<&mut Vec<Self>> {
        match self {
            Self::Array(list) => Some(list),
            _ => None,
        }
    }

    /// The list, if this is one.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Self]> {
        match self {
            Self::Array(list) => Some(list),
            _ => None,
        }
    }

    /// The text, if this is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// As compact JSON, to the byte what serde_json writes for the same value.
    #[must_use]
    pub fn to_json(&self) -> String {
        self.to_json_of(0)
    }

    /// As above, with room for about this many bytes, so that the text is not copied while it grows.
    #[must_use]
    pub fn to_json_of(&self, bytes: usize) -> String {
        let mut text = Vec::with_capacity(bytes);
        compact::write(self, &mut text);
        // Whole texts and ASCII: nothing is ever replaced.
        String::from_utf8(text).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
    }

    /// The same value without borrowed texts.
    #[must_use]
    pub fn into_owned(self) -> Json<'static> {
        match self {
            Self::Null => Json::Null,
            Self::Bool(bool) => Json::Bool(bool),
            Self::Number(number) => Json::Number(number),
            Self::String(text) => Json::String(Cow::Owned(text.into_owned())),
            Self::Array(list) => Json::Array(list.into_iter().map(Self::into_owned).collect()),
            Self::Object(Object { entries }) => {
                let own = |(key, value): (Cow<'a, str>, Self)| (Cow::Owned(key.into_owned()), value.into_owned());
                Json::Object(Object { entries: entries.into_iter().map(own).collect() })
            }
        }
    }
}

impl From<Json<'_>> for Value {
    fn from(json: Json<'_>) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(bool) => Self::Bool(bool),
            Json::Number(number) => Self::Number(number),
            Json::String(text) => Self::String(text.into_owned()),
            Json::Array(list) => Self::Array(list.into_iter().map(Self::from).collect()),
            Json::Object(Object { entries }) => {
                Self::Object(entries.into_iter().map(|(key, value)| (key.into_owned(), Self::from(value))).collect())
            }
        }
    }
}

impl From<Value> for Json<'_> {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(bool) => Self::Bool(bool),
            Value::Number(number) => Self::Number(number),
            Value::String(text) => Self::String(Cow::Owned(text)),
            Value::Array(list) => Self::Array(list.into_iter().map(Self::from).collect()),
            Value::Object(map) => {
                Self::Object(Object::of(map.into_iter().map(|(key, value)| (Cow::Owned(key), value.into())).collect()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_sorted_and_the_last_of_equal_ones_counts() {
        let entry = |key: &'static str, number: u64| (Cow::Borrowed(key), Json::Number(number.into()));
        let object = Object::of(vec![entry("b", 1), entry("a", 2), entry("b", 3), entry("c", 4), entry("b", 5)]);
        assert_eq!(Json::Object(object.clone()).to_json(), r#"{"a":2,"b":5,"c":4}"#);
        assert_eq!(object.get("b"), Some(&Json::Number(5.into())));
        assert_eq!(object.get("d"), None);
    }
}
