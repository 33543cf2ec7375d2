//! Go's values, as far as templates can meet them.
//!
//! Static types show through in Go templates: `int` and `int64` differ, a list of strings is not a list of `interface {}`.
//! So every value knows its Go type. Maps and lists are shared and mutable, because `set` and `sortAlpha` change them.

mod equal;
mod go_type;
pub(crate) mod growth;
mod list;
mod map;
mod methods;
mod print;
mod taint;
mod text;

pub use equal::deep_equal;
pub use go_type::{Element, Type};
pub use list::List;
pub use map::Map;
pub use methods::{Method, method};
pub use print::{print_one, type_name};
pub use taint::{harmless, marked, merge, shadow_of};
pub use text::{Taint, Text};

use go_std::time::{Duration, Location, Month, Time, Weekday};
use std::collections::BTreeMap;
use std::rc::Rc;

/// How deep JSON may be nested; Go allows 10,000, the guest's stack does not.
pub(crate) const JSON_DEPTH: usize = 200;

/// A value of Go, as far as templates can have one.
#[derive(Debug, Clone)]
pub enum Value {
    /// The untyped `nil`.
    Nil,
    /// `bool`.
    Bool(bool),
    /// `int`: literals, lengths, indices.
    Int(i64),
    /// `int64`: inputs and arithmetic.
    Int64(i64),
    /// `uint8`: a byte of a string.
    Uint8(u8),
    /// `float64`.
    Float(f64),
    /// `complex128`: imaginary literals.
    Complex(f64, f64),
    /// `string`.
    Text(Text),
    /// A slice with the type of its elements.
    List(List),
    /// `map[string]interface {}`.
    Map(Map),
    /// `map[string]string`.
    TextMap(Rc<BTreeMap<Text, Text>>),
    /// `time.Time`.
    Time(Time),
    /// `time.Duration`.
    Duration(Duration),
    /// `time.Month`.
    Month(Month),
    /// `time.Weekday`.
    Weekday(Weekday),
    /// `*time.Location`.
    Location(Location),
}

impl Value {
    /// A text that no outsider chose.
    pub fn text(text: impl AsRef<[u8]>) -> Self {
        Self::Text(Text::new(text))
    }

    /// A list of anything.
    pub fn list(items: Vec<Value>) -> Self {
        Self::List(List::new(Element::Any, items))
    }

    /// A list of anything, with the room that Go's `append` left when it made the list.
    pub fn grown(items: Vec<Value>) -> Self {
        Self::List(List::grown(Element::Any, items))
    }

    /// A list of strings.
    pub fn texts(items: impl IntoIterator<Item = Text>) -> Self {
        Self::List(List::new(Element::Text, items.into_iter().map(Value::Text).collect()))
    }

    /// Go's truth, which is also the opposite of sprig's `empty`.
    pub fn truth(&self) -> bool {
        match self {
            Self::Nil => false,
            Self::Bool(b) => *b,
            Self::Int(i) | Self::Int64(i) => *i != 0,
            Self::Uint8(b) => *b != 0,
            Self::Float(f) => *f != 0.0,
            Self::Complex(r, i) => *r != 0.0 || *i != 0.0,
            Self::Text(t) => !t.bytes().is_empty(),
            Self::List(l) => !l.is_empty(),
            Self::Map(m) => !m.is_empty(),
            Self::TextMap(m) => !m.is_empty(),
            Self::Time(_) | Self::Location(_) => true,
            Self::Duration(d) => d.0 != 0,
            Self::Month(m) => m.0 != 0,
            Self::Weekday(w) => w.0 != 0,
        }
    }

    /// A value of JSON as inputs have it: integers that fit are `int64`, all other numbers `float64`.
    pub fn from_json(json: &serde_json::Value) -> Self {
        use serde_json::Value as Json;
        match json {
            Json::Null => Self::Nil,
            Json::Bool(b) => Self::Bool(*b),
            Json::Number(n) => n.as_i64().map_or_else(|| Self::Float(n.as_f64().unwrap_or(f64::NAN)), Self::Int64),
            Json::String(s) => Self::text(s),
            Json::Array(items) => Self::grown(items.iter().map(Self::from_json).collect()),
            Json::Object(fields) => {
                Self::Map(Map::new(fields.iter().map(|(k, v)| (Text::from(k.as_str()), Self::from_json(v)))))
            }
        }
    }
}

impl From<bool> for Value {
    fn from(b: bool) -> Self {
        Self::Bool(b)
    }
}

impl From<Text> for Value {
    fn from(text: Text) -> Self {
        Self::Text(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Text(bytes.into())
    }
}
