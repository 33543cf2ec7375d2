//! The emitter: a value to YAML text, byte for byte as sigs yaml's `Marshal` over go-yaml v2 writes it.
//!
//! Owns: structure (indentation, compact lists, explicit keys) in this file; scalars in the files below. Strings pass through
//! JSON text first in the library, so what JSON text cannot carry through a YAML reader is refused here as it is there.

mod analysis;
mod order;
mod reread;
mod scalar;

use serde_json::{Map, Number, Value};

use crate::scalar::number::integral_text;
use crate::tree::MAX_DEPTH;
use analysis::Analysis;
use order::sorted;

/// Longest key, in bytes, that is written without `?`.
const MAX_SIMPLE_KEY: usize = 128;
/// Indentation of one level.
const STEP: usize = 2;

/// Why a value could not be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// A character that may not stand in YAML, and that the library does not escape on its way.
    #[error(
        "yaml: control characters are not allowed: U+{code:04X} in {text:?}; remove it, or encode the text as base64"
    )]
    Control {
        /// The code point of the character.
        code: u32,
        /// The beginning of the text that has it.
        text: String,
    },
    /// A key that the library cannot read back.
    #[error(
        "yaml: did not find expected ',' or '}}': the key {key:?} has a line break (U+0085) or more than 1024 characters"
    )]
    Key {
        /// The beginning of the key.
        key: String,
    },
    /// A `---` or `...` right after U+0085.
    #[error("yaml: found unexpected document indicator: `---` or `...` follows a line break (U+0085) in {text:?}")]
    Indicator {
        /// The beginning of the text.
        text: String,
    },
    /// Nested too deeply.
    #[error("yaml: exceeded max depth of {limit}")]
    TooDeep {
        /// The deepest that is written.
        limit: usize,
    },
}

/// Writes a value as one YAML document without a separator, ending with a line feed.
///
/// Keys are in go-yaml's natural order (`a2` before `a10`), made total where that one runs in circles. Numbers: integers
/// as they are, floats as `%g`; a float that is integral is an integer.
///
/// # Errors
/// Control characters, keys that the library cannot read back, too deep nesting.
pub fn to_string(value: &Value) -> Result<String, WriteError> {
    let mut out = String::with_capacity(256);
    write(value, &mut out)?;
    Ok(out)
}

/// As [`to_string`], appended to `out`; on an error `out` has part of the text.
///
/// # Errors
/// As [`to_string`].
pub fn write(value: &Value, out: &mut String) -> Result<(), WriteError> {
    let mut emitter = Emitter { out, column: 0, indent: None, whitespace: true, indention: true, depth: 0 };
    emitter.node(value, Context::Root)?;
    emitter.indent = None;
    emitter.write_indent();
    Ok(())
}

/// sigs yaml's `JSONToYAML` for the JSON text of this value. `Marshal` is `JSONToYAML` after Go's JSON encoder, so for the same
/// value the bytes are those of [`to_string`]; this name says that the caller means JSON.
///
/// # Errors
/// As [`to_string`].
pub fn json_to_yaml(value: &Value) -> Result<String, WriteError> {
    to_string(value)
}

/// Where a node stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Context {
    Root,
    Item,
    /// Value of a key, or a key after `?`.
    Mapping,
    /// A key before `:`: on one line.
    SimpleKey,
}

struct Emitter<'o> {
    out: &'o mut String,
    /// In characters, as the library counts.
    column: usize,
    indent: Option<usize>,
    /// The last character was a blank (or nothing).
    whitespace: bool,
    /// Only indentation and `-`, `?`, `:` so far on this line.
    indention: bool,
    depth: usize,
}

impl Emitter<'_> {
    fn node(&mut self, value: &Value, context: Context) -> Result<(), WriteError> {
        match value {
            Value::Null => self.word("null"),
            Value::Bool(true) => self.word("true"),
            Value::Bool(false) => self.word("false"),
            Value::Number(number) => self.number(number),
            Value::String(text) => {
                if let Some(analysis) = Analysis::of_name(text) {
                    self.string(text, &analysis, context);
                } else {
                    let text = reread::text(text)?;
                    self.string(&text, &Analysis::of(&text), context);
                }
            }
            Value::Array(list) if list.is_empty() => self.word("[]"),
            Value::Object(map) if map.is_empty() => self.word("{}"),
            Value::Array(list) => self.sequence(list, context)?,
            Value::Object(map) => self.mapping(map)?,
        }
        Ok(())
    }

    fn enter(&mut self) -> Result<Option<usize>, WriteError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(WriteError::TooDeep { limit: MAX_DEPTH });
        }
        Ok(self.indent)
    }

    fn leave(&mut self, indent: Option<usize>) {
        self.depth -= 1;
        self.indent = indent;
    }

    fn deeper(&self) -> Option<usize> {
        Some(self.indent.map_or(0, |indent| indent + STEP))
    }

    fn sequence(&mut self, list: &[Value], context: Context) -> Result<(), WriteError> {
        let outer = self.enter()?;
        // A list under a key begins at the column of the key.
        let indentless = context == Context::Mapping && !self.indention;
        if !indentless || self.indent.is_none() {
            self.indent = self.deeper();
        }
        for item in list {
            self.write_indent();
            self.indicator("-");
            self.node(item, Context::Item)?;
        }
        self.leave(outer);
        Ok(())
    }

    fn mapping(&mut self, map: &Map<String, Value>) -> Result<(), WriteError> {
        let outer = self.enter()?;
        self.indent = self.deeper();
        for (key, value) in sorted(map) {
            self.write_indent();
            let analysis = match Analysis::of_name(key) {
                Some(analysis) if key.len() <= MAX_SIMPLE_KEY => analysis,
                _ => {
                    reread::check_key(key)?;
                    Analysis::of(key)
                }
            };
            if !analysis.multiline && key.len() <= MAX_SIMPLE_KEY {
                self.string(key, &analysis, Context::SimpleKey);
                self.indicator_after(":");
            } else {
                self.indicator("?");
                self.string(key, &analysis, Context::Mapping);
                self.write_indent();
                self.indicator(":");
            }
            self.node(value, Context::Mapping)?;
        }
        self.leave(outer);
        Ok(())
    }

    /// A number, a bool, null or an empty collection.
    fn word(&mut self, text: &str) {
        self.space();
        self.out.push_str(text);
        self.column += text.len();
        self.whitespace = false;
        self.indention = false;
    }

    fn number(&mut self, number: &Number) {
        // An integral float is an integer after its way through JSON text, if it is in range.
        let text = match number.as_f64() {
            Some(float) if number.is_f64() => integral_text(float)
                .filter(|digits| digits.parse::<i64>().is_ok() || digits.parse::<u64>().is_ok())
                .unwrap_or_else(|| go_std::strconv::format_float(float, b'g', None)),
            _ => number.to_string(),
        };
        self.word(&text);
    }

    /// The blank before a token, unless there is one.
    fn space(&mut self) {
        if !self.whitespace {
            self.put(' ');
        }
    }

    fn put(&mut self, c: char) {
        self.out.push(c);
        self.column += 1;
    }

    fn line_feed(&mut self) {
        self.out.push('\n');
        self.column = 0;
    }

    /// `-`, `?` or `:` where only indentation stands before it: the indentation goes on behind it.
    fn indicator(&mut self, sign: &str) {
        self.space();
        self.indicator_after(sign);
        self.indention = true;
    }

    /// A sign right after what stands there.
    fn indicator_after(&mut self, sign: &str) {
        self.out.push_str(sign);
        self.column += sign.len();
        self.whitespace = false;
        self.indention = false;
    }

    /// Goes to the column of the indentation, on a new line if this one has text.
    fn write_indent(&mut self) {
        let indent = self.indent.unwrap_or(0);
        if !self.indention || self.column > indent || (self.column == indent && !self.whitespace) {
            self.line_feed();
        }
        while self.column < indent {
            self.put(' ');
        }
        self.whitespace = true;
        self.indention = true;
    }
}
