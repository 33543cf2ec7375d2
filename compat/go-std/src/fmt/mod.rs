//! Go's `fmt`: verbs, flags, widths, and the complaints about verbs that do not fit.
//!
//! What a value is belongs to the caller: it implements [`Argument`] and writes itself with a [`Printer`].
//!
//! ```
//! use go_std::fmt::{Argument, Printer, printf};
//!
//! enum Value {
//!     Int(i64),
//!     Text(&'static str),
//! }
//!
//! impl Argument for Value {
//!     fn format(&self, printer: &mut Printer, verb: char) {
//!         let _fits = match self {
//!             Self::Int(n) => printer.integer(*n, go_std::fmt::Sign::Signed, verb),
//!             Self::Text(text) => printer.string(text.as_bytes(), verb),
//!         };
//!     }
//!     fn as_integer(&self) -> Option<i64> {
//!         if let Self::Int(n) = self { Some(*n) } else { None }
//!     }
//!     fn is_string(&self) -> bool {
//!         matches!(self, Self::Text(_))
//!     }
//!     fn type_name(&self) -> Option<String> {
//!         Some(if self.is_string() { "string" } else { "int" }.to_owned())
//!     }
//! }
//!
//! let values = [Value::Int(42), Value::Text("a b"), Value::Int(7)];
//! assert_eq!(printf(b"%05d %q", &values[..2]), b"00042 \"a b\"");
//! assert_eq!(printf(b"%[2]s", &values), b"a b");
//! assert_eq!(printf(b"%d%%", &values), b"42%%!(EXTRA string=a b, int=7)");
//! ```
//!
//! Ported from Go's `fmt` package (BSD licence, see NOTICE).

mod directive;
mod pad;
mod scalar;

pub use scalar::Sign;

/// Output is cut off here: a width of a million in a loop must not fill the memory.
const LIMIT: usize = 8 << 20;

/// A value that can be formatted.
pub trait Argument {
    /// Writes the value under a verb, with the flags of the printer.
    fn format(&self, printer: &mut Printer, verb: char);
    /// The value where a `*` takes it as width or precision; `None` if it is not an integer.
    fn as_integer(&self) -> Option<i64>;
    /// Whether it is a string; [`print()`] puts spaces only between values that are not.
    fn is_string(&self) -> bool;
    /// The name of its type as `%T` shows it; `None` for nil.
    fn type_name(&self) -> Option<String>;
}

/// The flags, the width and the precision of one directive.
#[derive(Debug, Clone, Copy, Default)]
pub struct Flags {
    /// The least number of characters.
    pub width: Option<usize>,
    /// What stands after the point.
    pub precision: Option<usize>,
    /// `-`: pads on the right.
    pub minus: bool,
    /// `+`: always a sign; ASCII only for `%q`.
    pub plus: bool,
    /// `#`: the alternate form.
    pub sharp: bool,
    /// A space where the sign would be.
    pub space: bool,
    /// `0`: pads with zeros.
    pub zero: bool,
    /// Whether the verb is `%+v`, which stands apart from other uses of the plus flag.
    pub plus_v: bool,
    /// Whether the verb is `%#v`, which stands apart from other uses of the sharp flag.
    pub sharp_v: bool,
}

/// What has been written, and the flags of the directive that is being written.
#[derive(Debug, Default)]
pub struct Printer {
    out: Vec<u8>,
    /// The flags of the current directive.
    pub flags: Flags,
    /// Whether a verb that does not fit is being reported: Go then calls no methods of the value.
    pub erroring: bool,
}

impl Printer {
    /// Writes text as it is.
    pub fn write(&mut self, text: impl AsRef<[u8]>) {
        let text = text.as_ref();
        if self.out.len() + text.len() <= LIMIT {
            self.out.extend_from_slice(text);
        }
    }

    /// Writes one character.
    pub fn write_char(&mut self, c: char) {
        self.write(c.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

/// `fmt.Sprint`: a space between two values that are both not strings.
pub fn print<A: Argument>(values: &[A]) -> Vec<u8> {
    let mut printer = Printer::default();
    let mut previous_is_string = true;
    for (index, value) in values.iter().enumerate() {
        if index > 0 && !value.is_string() && !previous_is_string {
            printer.write(" ");
        }
        value.format(&mut printer, 'v');
        previous_is_string = value.is_string();
    }
    printer.out
}

/// Formats values as Go's `fmt.Sprintln` does.
pub fn println<A: Argument>(values: &[A]) -> Vec<u8> {
    let mut printer = Printer::default();
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            printer.write(" ");
        }
        value.format(&mut printer, 'v');
    }
    printer.write("\n");
    printer.out
}

/// Formats values as Go's `fmt.Sprintf` does.
pub fn printf<A: Argument>(format: &[u8], values: &[A]) -> Vec<u8> {
    let mut printer = Printer::default();
    printer.format(format, values);
    printer.out
}
