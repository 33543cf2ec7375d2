//! A value of JSON as it was read: texts borrow from the document where they can, and maps are sorted lists.
//!
//! Lighter than [`serde_json::Value`] where thousands of objects are read, looked at and written as JSON: no tree of keys, and no copy
//! of a text that was written as it is meant.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::{Number, Value};

/// A value of JSON.
#[derive(Debug, Clone, PartialEq)]
pub enum Json<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A text.
    String(Cow<'a, str>),
    /// A list.
    Array(Vec<Json<'a>>),
    /// A map.
    Object(Object<'a>),
}

/// A map: its keys in ascending order of their bytes, each once.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Object<'a> {
    entries: Vec<(Cow<'a, str>, Json<'a>)>,
}

impl<'a> Object<'a> {
    /// Of entries in any order; of several with one key the last counts.
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
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Json<'a>> {
        self.find(key).and_then(|at| self.entries.get(at)).map(|(_, value)| value)
    }

    /// The value of a key, to change it.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Json<'a>> {
        let at = self.find(key)?;
        self.entries.get_mut(at).map(|(_, value)| value)
    }

    fn find(&self, key: &str) -> Option<usize> {
        // Nearly all maps are small, and most names differ in their length or first byte: no comparison needs a call.
        self.entries.iter().position(|(name, _)| name.len() == key.len() && order(name, key).is_eq())
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

/// The order of keys: of their bytes. The first ones mostly decide, without the call that compares the rest.
fn order(one: &str, other: &str) -> Ordering {
    let first = one.as_bytes().first().cmp(&other.as_bytes().first());
    first.then_with(|| one.cmp(other))
}

impl<'a> Json<'a> {
    /// The value of a key; none where this is no map.
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

    /// The same, where about so many bytes are expected: a text that does not grow is not copied.
    #[must_use]
    pub fn to_json_of(&self, bytes: usize) -> String {
        let mut text = String::with_capacity(bytes);
        self.write(&mut text);
        text
    }

    fn write(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(true) => out.push_str("true"),
            Self::Bool(false) => out.push_str("false"),
            Self::Number(number) => out.push_str(&number.to_string()),
            Self::String(text) => write_text(text, out),
            Self::Array(list) => {
                out.push('[');
                for (nth, item) in list.iter().enumerate() {
                    if nth > 0 {
                        out.push(',');
                    }
                    item.write(out);
                }
                out.push(']');
            }
            Self::Object(object) => {
                out.push('{');
                for (nth, (key, value)) in object.entries.iter().enumerate() {
                    if nth > 0 {
                        out.push(',');
                    }
                    write_text(key, out);
                    out.push(':');
                    value.write(out);
                }
                out.push('}');
            }
        }
    }

    /// The same value with texts of its own.
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

/// A text in quotes. Most need no escapes, and those are found eight bytes at a time.
fn write_text(text: &str, out: &mut String) {
    out.reserve(text.len() + 2);
    out.push('"');
    let mut written = 0;
    let mut at = next_escape(text.as_bytes(), 0);
    while let Some(byte) = text.as_bytes().get(at).copied() {
        out.push_str(text.get(written..at).unwrap_or_default());
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\t' => out.push_str("\\t"),
            b'\r' => out.push_str("\\r"),
            0x08 => out.push_str("\\b"),
            0x0c => out.push_str("\\f"),
            other => {
                out.push_str(if other < 0x10 { "\\u000" } else { "\\u001" });
                out.push(char::from_digit(u32::from(other & 15), 16).unwrap_or('0'));
            }
        }
        written = at + 1;
        at = next_escape(text.as_bytes(), written);
    }
    out.push_str(text.get(written..).unwrap_or_default());
    out.push('"');
}

/// The place of the first byte from here on that JSON escapes, or the end.
fn next_escape(bytes: &[u8], from: usize) -> usize {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGHS: u64 = u64::from_ne_bytes([0x80; 8]);
    // Sets the high bit of some byte exactly if a byte of the word is below `limit`, which is at most 0x80.
    let below = |word: u64, limit: u64| word.wrapping_sub(ONES * limit) & !word & HIGHS;
    let mut at = from;
    while let Some(word) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let word = u64::from_ne_bytes(*word);
        let quote = word ^ (ONES * u64::from(b'"'));
        let backslash = word ^ (ONES * u64::from(b'\\'));
        if below(word, 0x20) | below(quote, 1) | below(backslash, 1) != 0 {
            break;
        }
        at += 8;
    }
    let rest = bytes.get(at..).unwrap_or_default();
    let escaped = |byte: &u8| *byte < 0x20 || matches!(byte, b'"' | b'\\');
    rest.iter().position(escaped).map_or(bytes.len(), |found| at + found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn json_is_written_as_serde_json_writes_it() {
        let mut values = vec![
            json!({"a": [1, -2, 1.5, 1e300, -0.0, null, true, false], "": {}, "b": []}),
            json!(u64::MAX),
            json!(i64::MIN),
            json!("ünïcödé \u{2028} \u{7f} 😀"),
        ];
        // Each escaped byte at each place of a word, alone and among letters that look like one.
        for code in (0..0x80_u8).map(char::from) {
            for before in 0..17 {
                values.push(json!(format!("{}{code}{}", "é".repeat(before % 3) + &"x".repeat(before), "yyyy!#[]^")));
            }
        }
        for value in values {
            assert_eq!(Json::from(value.clone()).to_json(), value.to_string());
            assert_eq!(Value::from(Json::from(value.clone())), value);
        }
    }

    #[test]
    fn keys_are_sorted_and_the_last_of_equal_ones_counts() {
        let entry = |key: &'static str, number: u64| (Cow::Borrowed(key), Json::Number(number.into()));
        let object = Object::of(vec![entry("b", 1), entry("a", 2), entry("b", 3), entry("c", 4), entry("b", 5)]);
        assert_eq!(Json::Object(object.clone()).to_json(), r#"{"a":2,"b":5,"c":4}"#);
        assert_eq!(object.get("b"), Some(&Json::Number(5.into())));
        assert_eq!(object.get("d"), None);
    }
}
