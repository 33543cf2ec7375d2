//! Go's `fmt`: how values become text, with every verb and flag.
//!
//! Ported from Go's `fmt` package (BSD licence, see NOTICE).

mod format;
mod pad;
mod scalar;
mod value;

use crate::value::{Type, Value};

/// Nothing is formatted beyond this; only a template that means harm gets here.
const LIMIT: usize = 8 << 20;

/// Flags of one directive.
#[derive(Debug, Clone, Copy, Default)]
struct Flags {
    width: Option<usize>,
    precision: Option<usize>,
    minus: bool,
    plus: bool,
    sharp: bool,
    space: bool,
    zero: bool,
    /// `%+v`.
    plus_v: bool,
    /// `%#v`.
    sharp_v: bool,
}

/// What is being written, and how.
#[derive(Debug, Default)]
struct Printer {
    out: Vec<u8>,
    flags: Flags,
    /// Set while a bad verb is reported: methods are not called then.
    erroring: bool,
}

impl Printer {
    fn write(&mut self, text: impl AsRef<[u8]>) {
        let text = text.as_ref();
        if self.out.len() + text.len() <= LIMIT {
            self.out.extend_from_slice(text);
        }
    }

    fn write_char(&mut self, c: char) {
        self.write(c.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

/// `fmt.Sprint(value)`.
pub fn print_one(value: &Value) -> Vec<u8> {
    if let Value::Text(text) = value {
        return text.bytes().to_vec();
    }
    print(std::slice::from_ref(value))
}

/// `fmt.Sprint(values...)`: a space between two values that are both no strings.
pub fn print(values: &[Value]) -> Vec<u8> {
    let mut printer = Printer::default();
    let mut previous_is_text = true;
    for (index, value) in values.iter().enumerate() {
        let is_text = matches!(value, Value::Text(_));
        if index > 0 && !is_text && !previous_is_text {
            printer.write(" ");
        }
        printer.argument(value, 'v');
        previous_is_text = is_text;
    }
    printer.out
}

/// `fmt.Sprintln(values...)`.
pub fn print_line(values: &[Value]) -> Vec<u8> {
    let mut printer = Printer::default();
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            printer.write(" ");
        }
        printer.argument(value, 'v');
    }
    printer.write("\n");
    printer.out
}

/// `fmt.Sprintf(format, values...)`.
pub fn printf(format: &[u8], values: &[Value]) -> Vec<u8> {
    let mut printer = Printer::default();
    printer.format(format, values);
    printer.out
}

/// `%T`.
pub fn type_name(value: &Value) -> String {
    Type::of(value).map_or_else(|| "<nil>".to_owned(), |t| t.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn f(format: &str, values: &[Value]) -> String {
        String::from_utf8(printf(format.as_bytes(), values)).unwrap()
    }

    #[test]
    fn verbs_flags_and_mismatches_are_written_as_go_does() {
        assert_eq!(
            f("%05d|%-5d|%+d|%x|%X|%o|%b|%c|%U|%q", &vec![Value::Int(42); 10]),
            "00042|42   |+42|2a|2A|52|101010|*|U+002A|'*'"
        );
        assert_eq!(f("%6.2f|%e|%g|%08.3f", &vec![Value::Float(2.71929); 4]), "  2.72|2.719290e+00|2.71929|0002.719");
        assert_eq!(
            f("%s|%q|%x|%10s|%-10s|%.2s", &vec![Value::text("héy"); 6]),
            "héy|\"héy\"|68c3a979|       héy|héy       |hé"
        );
        assert_eq!(f("%d", &[Value::text("x")]), "%!d(string=x)");
        assert_eq!(f("%d %d", &[Value::Int(1)]), "1 %!d(MISSING)");
        assert_eq!(f("%d", &[Value::Int(1), Value::Bool(true)]), "1%!(EXTRA bool=true)");
        assert_eq!(f("%[2]d %[1]d", &[Value::Int(1), Value::Int(2)]), "2 1");
        assert_eq!(f("%", &[]), "%!(NOVERB)");
        assert_eq!(f("%z", &[Value::Nil]), "%!z(<nil>)");
        assert_eq!(f("%*d", &[Value::Int(4), Value::Int(7)]), "   7");
        assert_eq!(f("%v %t %%", &[Value::Nil, Value::Bool(true)]), "<nil> true %");
        assert_eq!(
            f("%#v %T", &[Value::list(vec![Value::Int(1), Value::text("a")]), Value::Int64(1)]),
            "[]interface {}{1, \"a\"} int64"
        );
    }
}
