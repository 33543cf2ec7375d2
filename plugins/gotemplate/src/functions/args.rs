//! Reading arguments that the evaluator has already fitted to the types of the table.

use crate::value::{List, Map, Text, Type, Value};

/// What Go says when a function looks into nil.
pub(super) const NIL_DEREFERENCE: &str = "runtime error: invalid memory address or nil pointer dereference";

/// The largest text or list that a function makes.
pub(super) const MAX_BYTES: usize = 8 << 20;
/// The largest list that a function makes.
pub(super) const MAX_ITEMS: usize = 1 << 20;

/// The arguments of a call.
#[derive(Debug, Clone, Copy)]
pub struct Args<'a>(pub &'a [Value]);

impl<'a> Args<'a> {
    /// Any argument; nil if there is none.
    pub fn any(self, index: usize) -> &'a Value {
        self.0.get(index).unwrap_or(&Value::Nil)
    }

    /// The bytes of a `string`.
    pub fn bytes(self, index: usize) -> &'a [u8] {
        if let Value::Text(text) = self.any(index) { text.bytes() } else { &[] }
    }

    /// The argument as a `string`; empty if it is of another type.
    pub fn text(self, index: usize) -> Text {
        if let Value::Text(text) = self.any(index) { text.clone() } else { Text::new("") }
    }

    /// The argument as an `int`; 0 if it is of another type.
    pub fn int(self, index: usize) -> i64 {
        if let Value::Int(i) = self.any(index) { *i } else { 0 }
    }

    /// A `map[string]interface {}`.
    pub fn map(self, index: usize) -> Map {
        if let Value::Map(map) = self.any(index) { map.clone() } else { Map::nil() }
    }

    /// The arguments from an index on.
    pub fn from(self, index: usize) -> &'a [Value] {
        self.0.get(index..).unwrap_or_default()
    }

    /// An argument that must be a slice; `verb` is what the function wanted to do with it.
    pub fn list(self, index: usize, complaint: impl FnOnce(&str) -> String) -> Result<List, String> {
        match self.any(index) {
            Value::List(list) => Ok(list.clone()),
            Value::Nil => Err(NIL_DEREFERENCE.to_owned()),
            other => Err(complaint(Type::of(other).map_or("invalid", Type::kind))),
        }
    }
}
