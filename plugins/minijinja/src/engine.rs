//! The engine behind the leaves: which filters, tests and functions there are, and what may be printed into a text.

use crate::filters;
use crate::limits::{FUEL, NESTING};
use minijinja::value::ValueKind;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior, Value, escape_formatter};

/// The functions of the engine that templates may call.
const FUNCTIONS: [&str; 2] = ["dict", "range"];

/// What becomes of a line that holds nothing but a block tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BlockLines {
    /// It stays, empty.
    Kept,
    /// It leaves no trace.
    Removed,
}

/// An engine without files, clock and randomness.
pub(crate) fn engine<'s>(lines: BlockLines) -> Environment<'s> {
    let mut engine = Environment::new();
    filters::limit(&mut engine);
    let functions: Vec<String> = engine.globals().map(|(name, _)| name.to_owned()).collect();
    for name in functions.iter().filter(|name| !FUNCTIONS.contains(&name.as_str())) {
        engine.remove_global(name);
    }
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_auto_escape_callback(|_| AutoEscape::None);
    engine.set_formatter(print);
    engine.set_keep_trailing_newline(true);
    engine.set_trim_blocks(lines == BlockLines::Removed);
    engine.set_lstrip_blocks(lines == BlockLines::Removed);
    engine.set_fuel(Some(FUEL));
    engine.set_recursion_limit(NESTING);
    engine
}

/// Prints what people write in texts. The others are mistakes that an object would carry in silence.
fn print(out: &mut Output<'_>, state: &State<'_, '_>, value: &Value) -> Result<(), Error> {
    let what = match value.kind() {
        ValueKind::Number | ValueKind::String => return escape_formatter(out, state, value),
        ValueKind::Bool => return escape_formatter(out, state, &filters::text(value)?.into()),
        ValueKind::Undefined => return Err(Error::from(ErrorKind::UndefinedError)),
        ValueKind::None => {
            "nothing (null) cannot stand in the midst of a text: give it a value with `| default(\"…\", true)`"
        }
        ValueKind::Seq | ValueKind::Iterable => {
            "a list cannot stand in the midst of a text: join it with `| join(\",\")`, or write it with `| tojson`"
        }
        ValueKind::Map => {
            "a map cannot stand in the midst of a text: name one of its fields, or write it with `| tojson` or `| toyaml`"
        }
        _ => "this value cannot stand in a text",
    };
    Err(Error::new(ErrorKind::InvalidOperation, what))
}
