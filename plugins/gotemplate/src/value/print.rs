//! Values as `fmt` prints them: composites, methods, and complaints about verbs that do not fit.

use super::{Element, List, Text, Type, Value};
use go_std::fmt::{Argument, Printer, Sign};
use go_std::time::{Location, Time};

/// The deepest nesting that is printed; only a map that contains itself is deeper.
const DEPTH: usize = 200;

/// `fmt.Sprint` of one value.
pub fn print_one(value: &Value) -> Vec<u8> {
    if let Value::Text(text) = value {
        return text.bytes().to_vec();
    }
    go_std::fmt::print(std::slice::from_ref(value))
}

/// The name of the type as `%T` shows it.
pub fn type_name(value: &Value) -> String {
    Type::of(value).map_or_else(|| "<nil>".to_owned(), |t| t.to_string())
}

impl Argument for Value {
    fn format(&self, printer: &mut Printer, verb: char) {
        argument(printer, self, verb);
    }

    fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Int(i) | Self::Int64(i) => Some(*i),
            Self::Uint8(b) => Some(i64::from(*b)),
            Self::Duration(d) => Some(d.0),
            Self::Month(m) => Some(m.0),
            Self::Weekday(d) => Some(d.0),
            _ => None,
        }
    }

    fn is_string(&self) -> bool {
        matches!(self, Self::Text(_))
    }

    fn type_name(&self) -> Option<String> {
        Type::of(self).map(|t| t.to_string())
    }
}
fn argument(printer: &mut Printer, value: &Value, verb: char) {
    match (value, verb) {
        (Value::Nil, 'T' | 'v') => printer.pad(b"<nil>"),
        (Value::Nil, _) => bad_verb(printer, None, verb),
        (_, 'T') => {
            let name = type_name(value);
            printer.string(name.as_bytes(), 's');
        }
        (Value::List(_) | Value::Map(_) | Value::TextMap(_), 'p') => printer.write("0xc000000000"),
        (_, 'p') => bad_verb(printer, Some(value), verb),
        (_, 'w') => bad_verb(printer, Some(value), verb),
        _ => write_value(printer, value, verb, 0),
    }
}

fn bad_verb(printer: &mut Printer, value: Option<&Value>, verb: char) {
    printer.erroring = true;
    printer.write("%!");
    printer.write_char(verb);
    printer.write("(");
    match value {
        None | Some(Value::Nil) => printer.write("<nil>"),
        Some(value) => {
            printer.write(type_name(value));
            printer.write("=");
            write_value(printer, value, 'v', 0);
        }
    }
    printer.write(")");
    printer.erroring = false;
}

/// The text of the `String` method, for types that have one.
fn stringer(value: &Value) -> Option<String> {
    Some(match value {
        Value::Time(t) => t.to_string(),
        Value::Duration(d) => d.to_string(),
        Value::Month(m) => m.to_string(),
        Value::Weekday(d) => d.to_string(),
        Value::Location(location) => location.to_string(),
        _ => return None,
    })
}

fn write_value(printer: &mut Printer, value: &Value, verb: char, depth: usize) {
    if depth > DEPTH {
        printer.write("...");
        return;
    }
    if !printer.erroring {
        if printer.flags.sharp_v {
            if let Value::Time(t) = value {
                let text = t.go_string();
                printer.string(text.as_bytes(), 's');
                return;
            }
        } else if matches!(verb, 'v' | 's' | 'x' | 'X' | 'q')
            && let Some(text) = stringer(value)
        {
            printer.string(text.as_bytes(), verb);
            return;
        }
    }
    let fits = match value {
        Value::Nil if printer.flags.sharp_v => {
            printer.write("interface {}(nil)");
            true
        }
        // A nil element shows the same under every verb.
        Value::Nil => {
            printer.write("<nil>");
            true
        }
        Value::Bool(b) => printer.boolean(*b, verb),
        Value::Int(i) | Value::Int64(i) => printer.integer(*i, Sign::Signed, verb),
        Value::Uint8(b) => printer.integer(i64::from(*b), Sign::Unsigned, verb),
        Value::Float(f) => printer.float(*f, verb),
        Value::Complex(re, im) => printer.complex(*re, *im, verb),
        Value::Text(text) => printer.string(text.bytes(), verb),
        Value::List(list) => {
            write_list(printer, list, verb, depth);
            true
        }
        Value::Map(map) => {
            let entries = map.entries();
            write_map(printer, Type::Map, map.is_nil(), &entries, verb, depth);
            true
        }
        Value::TextMap(map) => {
            let entries: Vec<_> = map.iter().map(|(k, v)| (k.clone(), Value::Text(v.clone()))).collect();
            write_map(printer, Type::TextMap, false, &entries, verb, depth);
            true
        }
        Value::Duration(d) => printer.integer(d.0, Sign::Signed, verb),
        Value::Month(m) => printer.integer(m.0, Sign::Signed, verb),
        Value::Weekday(d) => printer.integer(d.0, Sign::Signed, verb),
        Value::Time(t) => {
            write_time(printer, value, t, verb);
            true
        }
        Value::Location(location) => {
            write_location(printer, value, location, verb);
            true
        }
    };
    if !fits {
        bad_verb(printer, Some(value), verb);
    }
}

/// A time as the fields of its struct, where Go does not call its `String` method.
fn write_time(printer: &mut Printer, value: &Value, time: &Time, verb: char) {
    let [nanos, seconds] = time.fields();
    let (sharp, named) = (printer.flags.sharp_v, printer.flags.sharp_v || printer.flags.plus_v);
    printer.write(if sharp { "time.Time{" } else { "{" });
    for (field, sign, label, name) in
        [(nanos, Sign::Unsigned, "wall:", "uint64"), (seconds, Sign::Signed, "ext:", "int64")]
    {
        if named {
            printer.write(label);
        }
        if !printer.integer(field, sign, verb) {
            bad_field(printer, verb, name, |printer| {
                printer.integer(field, sign, 'v');
            });
        }
        printer.write(if sharp { ", " } else { " " });
    }
    printer.write(if named { "loc:" } else { "" });
    write_location(printer, value, &time.location(), verb);
    printer.write("}");
}

/// A location, which is a pointer in Go: inside a time, UTC is nil.
fn write_location(printer: &mut Printer, value: &Value, location: &Location, verb: char) {
    let nil = location.is_utc() && matches!(value, Value::Time(_));
    match verb {
        'v' if nil && printer.flags.sharp_v => printer.write("(*time.Location)(nil)"),
        'v' if nil => printer.pad(b"<nil>"),
        'd' | 'o' | 'x' | 'X' | 'b' if nil => {
            printer.integer(0, Sign::Unsigned, verb);
        }
        'v' | 'd' | 'o' | 'x' | 'X' | 'b' => printer.write("0xc000000000"),
        _ => bad_field(printer, verb, "*time.Location", |printer| write_location(printer, value, location, 'v')),
    }
}

/// A complaint about a verb that does not fit a field.
fn bad_field(printer: &mut Printer, verb: char, name: &str, show: impl FnOnce(&mut Printer)) {
    printer.write("%!");
    printer.write_char(verb);
    printer.write("(");
    printer.write(name);
    printer.write("=");
    show(printer);
    printer.write(")");
}

fn write_list(printer: &mut Printer, list: &List, verb: char, depth: usize) {
    let items = list.to_vec();
    let bytes = || items.iter().map(|i| if let Value::Uint8(b) = i { *b } else { 0 }).collect::<Vec<u8>>();
    if list.element() == Element::Byte && matches!(verb, 's' | 'q' | 'x' | 'X') {
        let bytes = bytes();
        printer.string(&bytes, verb);
        return;
    }
    let sharp = printer.flags.sharp_v;
    if sharp {
        // Only Go syntax uses the alias `byte`.
        let name = Type::List(list.element()).to_string().replace("[]uint8", "[]byte");
        printer.write(name);
        if list.is_nil() {
            printer.write("(nil)");
            return;
        }
    }
    printer.write(if sharp { "{" } else { "[" });
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            printer.write(if sharp { ", " } else { " " });
        }
        write_value(printer, item, verb, depth + 1);
    }
    printer.write(if sharp { "}" } else { "]" });
}

fn write_map(printer: &mut Printer, name: Type, nil: bool, entries: &[(Text, Value)], verb: char, depth: usize) {
    let sharp = printer.flags.sharp_v;
    if sharp {
        printer.write(name.to_string());
        if nil {
            printer.write("(nil)");
            return;
        }
        printer.write("{");
    } else {
        printer.write("map[");
    }
    for (index, (key, value)) in entries.iter().enumerate() {
        if index > 0 {
            printer.write(if sharp { ", " } else { " " });
        }
        write_value(printer, &Value::Text(key.clone()), verb, depth + 1);
        printer.write(":");
        write_value(printer, value, verb, depth + 1);
    }
    printer.write(if sharp { "}" } else { "]" });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn f(format: &str, values: &[Value]) -> String {
        String::from_utf8(go_std::fmt::printf(format.as_bytes(), values)).unwrap()
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
