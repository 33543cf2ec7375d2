//! The Go types of values and of parameters.

use super::Value;
use std::fmt;

/// The element type of a slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Element {
    /// `interface {}`.
    Any,
    /// `string`.
    Text,
    /// `int`.
    Int,
    /// `uint8`.
    Byte,
    /// `[]interface {}`.
    List,
}

/// A Go type that a template can meet. Shown as `%T` shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// `interface {}`.
    Any,
    /// `reflect.Value`: a built-in function takes anything, as it is.
    Reflect,
    /// `bool`.
    Bool,
    /// `int`.
    Int,
    /// `int64`.
    Int64,
    /// `uint8`.
    Uint8,
    /// `float64`.
    Float,
    /// `complex128`.
    Complex,
    /// `string`.
    Text,
    /// A slice of these elements.
    List(Element),
    /// `map[string]interface {}`.
    Map,
    /// `map[string]string`.
    TextMap,
    /// `time.Time`.
    Time,
    /// `time.Duration`.
    Duration,
    /// `time.Month`.
    Month,
    /// `time.Weekday`.
    Weekday,
    /// `*time.Location`.
    Location,
}

impl Type {
    /// The type of a value; nil has none.
    pub fn of(value: &Value) -> Option<Self> {
        Some(match value {
            Value::Nil => return None,
            Value::Bool(_) => Self::Bool,
            Value::Int(_) => Self::Int,
            Value::Int64(_) => Self::Int64,
            Value::Uint8(_) => Self::Uint8,
            Value::Float(_) => Self::Float,
            Value::Complex(..) => Self::Complex,
            Value::Text(_) => Self::Text,
            Value::List(list) => Self::List(list.element()),
            Value::Map(_) => Self::Map,
            Value::TextMap(_) => Self::TextMap,
            Value::Time(_) => Self::Time,
            Value::Duration(_) => Self::Duration,
            Value::Month(_) => Self::Month,
            Value::Weekday(_) => Self::Weekday,
            Value::Location(_) => Self::Location,
        })
    }

    /// The name of its kind, as `reflect.Kind` says it.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Any => "interface",
            Self::Reflect | Self::Time => "struct",
            Self::Bool => "bool",
            Self::Int | Self::Month | Self::Weekday => "int",
            Self::Int64 | Self::Duration => "int64",
            Self::Uint8 => "uint8",
            Self::Float => "float64",
            Self::Complex => "complex128",
            Self::Text => "string",
            Self::List(_) => "slice",
            Self::Map | Self::TextMap => "map",
            Self::Location => "ptr",
        }
    }

    /// Whether nil can be passed for it.
    pub fn accepts_nil(self) -> bool {
        matches!(self, Self::Any | Self::Reflect | Self::List(_) | Self::Map | Self::TextMap | Self::Location)
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Any => "interface {}",
            Self::Reflect => "reflect.Value",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Int64 => "int64",
            Self::Uint8 => "uint8",
            Self::Float => "float64",
            Self::Complex => "complex128",
            Self::Text => "string",
            Self::List(Element::Any) => "[]interface {}",
            Self::List(Element::Text) => "[]string",
            Self::List(Element::Int) => "[]int",
            Self::List(Element::Byte) => "[]uint8",
            Self::List(Element::List) => "[][]interface {}",
            Self::Map => "map[string]interface {}",
            Self::TextMap => "map[string]string",
            Self::Time => "time.Time",
            Self::Duration => "time.Duration",
            Self::Month => "time.Month",
            Self::Weekday => "time.Weekday",
            Self::Location => "*time.Location",
        })
    }
}
