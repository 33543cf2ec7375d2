//! Any value under one verb: composites, methods, and complaints about verbs that do not fit.

use super::{Printer, type_name};
use crate::value::{Element, List, Text, Type, Value};
use go_std::time::{Clock, Location};

/// Deeper than this only a map that holds itself goes.
const DEPTH: usize = 200;

impl Printer {
    pub(super) fn argument(&mut self, value: &Value, verb: char) {
        match (value, verb) {
            (Value::Nil, 'T' | 'v') => self.pad(b"<nil>"),
            (Value::Nil, _) => self.bad_verb(None, verb),
            (_, 'T') => {
                let name = type_name(value);
                self.string(name.as_bytes(), 's');
            }
            (Value::List(_) | Value::Map(_) | Value::TextMap(_), 'p') => self.write("0xc000000000"),
            (_, 'p') => self.bad_verb(Some(value), verb),
            (_, 'w') => self.bad_verb(Some(value), verb),
            _ => self.value(value, verb, 0),
        }
    }

    fn bad_verb(&mut self, value: Option<&Value>, verb: char) {
        self.erroring = true;
        self.write("%!");
        self.write_char(verb);
        self.write("(");
        match value {
            None | Some(Value::Nil) => self.write("<nil>"),
            Some(value) => {
                self.write(type_name(value));
                self.write("=");
                self.value(value, 'v', 0);
            }
        }
        self.write(")");
        self.erroring = false;
    }

    /// What the `String` method of a type says.
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

    fn value(&mut self, value: &Value, verb: char, depth: usize) {
        if depth > DEPTH {
            self.write("...");
            return;
        }
        if !self.erroring {
            if self.flags.sharp_v {
                if let Value::Time(t) = value {
                    let text = t.go_string();
                    self.string(text.as_bytes(), 's');
                    return;
                }
            } else if matches!(verb, 'v' | 's' | 'x' | 'X' | 'q')
                && let Some(text) = Self::stringer(value)
            {
                self.string(text.as_bytes(), verb);
                return;
            }
        }
        let fits = match value {
            Value::Nil if self.flags.sharp_v => {
                self.write("interface {}(nil)");
                true
            }
            // A nil element shows the same under every verb.
            Value::Nil => {
                self.write("<nil>");
                true
            }
            Value::Bool(b) => self.boolean(*b, verb),
            Value::Int(i) | Value::Int64(i) => self.whole(*i, false, verb),
            Value::Uint8(b) => self.whole(i64::from(*b), true, verb),
            Value::Float(f) => self.real(*f, verb),
            Value::Complex(re, im) => self.complex(*re, *im, verb),
            Value::Text(text) => self.string(text.bytes(), verb),
            Value::List(list) => {
                self.list(list, verb, depth);
                true
            }
            Value::Map(map) => {
                let entries = map.entries();
                self.map(Type::Map, map.is_nil(), &entries, verb, depth);
                true
            }
            Value::TextMap(map) => {
                let entries: Vec<_> = map.iter().map(|(k, v)| (k.clone(), Value::Text(v.clone()))).collect();
                self.map(Type::TextMap, false, &entries, verb, depth);
                true
            }
            Value::Duration(d) => self.whole(d.0, false, verb),
            Value::Month(m) => self.whole(m.0, false, verb),
            Value::Weekday(d) => self.whole(d.0, false, verb),
            Value::Time(t) => {
                self.time(value, t, verb);
                true
            }
            Value::Location(location) => {
                self.location(value, location, verb);
                true
            }
        };
        if !fits {
            self.bad_verb(Some(value), verb);
        }
    }

    /// A time where its methods do not count: the fields of the struct.
    fn time(&mut self, value: &Value, time: &Clock, verb: char) {
        let [nanos, seconds] = time.fields();
        let (sharp, named) = (self.flags.sharp_v, self.flags.sharp_v || self.flags.plus_v);
        self.write(if sharp { "time.Time{" } else { "{" });
        for (field, unsigned, name) in [(nanos, true, "uint64"), (seconds, false, "int64")] {
            if named {
                self.write(if unsigned { "wall:" } else { "ext:" });
            }
            if !self.whole(field, unsigned, verb) {
                self.bad_field(verb, name, |printer| {
                    printer.whole(field, unsigned, 'v');
                });
            }
            self.write(if sharp { ", " } else { " " });
        }
        self.write(if named { "loc:" } else { "" });
        self.location(value, &time.location(), verb);
        self.write("}");
    }

    /// A zone as the pointer that it is in Go: UTC is nil inside of times.
    fn location(&mut self, value: &Value, location: &Location, verb: char) {
        let nil = location.is_utc() && matches!(value, Value::Time(_));
        match verb {
            'v' if nil && self.flags.sharp_v => self.write("(*time.Location)(nil)"),
            'v' if nil => self.pad(b"<nil>"),
            'd' | 'o' | 'x' | 'X' | 'b' if nil => {
                self.whole(0, true, verb);
            }
            'v' | 'd' | 'o' | 'x' | 'X' | 'b' => self.write("0xc000000000"),
            _ => self.bad_field(verb, "*time.Location", |printer| printer.location(value, location, 'v')),
        }
    }

    /// A complaint about a verb that does not fit a field.
    fn bad_field(&mut self, verb: char, name: &str, show: impl FnOnce(&mut Self)) {
        self.write("%!");
        self.write_char(verb);
        self.write("(");
        self.write(name);
        self.write("=");
        show(self);
        self.write(")");
    }

    fn list(&mut self, list: &List, verb: char, depth: usize) {
        let items = list.to_vec();
        let bytes = || items.iter().map(|i| if let Value::Uint8(b) = i { *b } else { 0 }).collect::<Vec<u8>>();
        if list.element() == Element::Byte && matches!(verb, 's' | 'q' | 'x' | 'X') {
            let bytes = bytes();
            self.string(&bytes, verb);
            return;
        }
        let sharp = self.flags.sharp_v;
        if sharp {
            // A byte slice is called by its alias only in Go syntax.
            let name = Type::List(list.element()).to_string().replace("[]uint8", "[]byte");
            self.write(name);
            if list.is_nil() {
                self.write("(nil)");
                return;
            }
        }
        self.write(if sharp { "{" } else { "[" });
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.write(if sharp { ", " } else { " " });
            }
            self.value(item, verb, depth + 1);
        }
        self.write(if sharp { "}" } else { "]" });
    }

    fn map(&mut self, name: Type, nil: bool, entries: &[(Text, Value)], verb: char, depth: usize) {
        let sharp = self.flags.sharp_v;
        if sharp {
            self.write(name.to_string());
            if nil {
                self.write("(nil)");
                return;
            }
            self.write("{");
        } else {
            self.write("map[");
        }
        for (index, (key, value)) in entries.iter().enumerate() {
            if index > 0 {
                self.write(if sharp { ", " } else { " " });
            }
            self.value(&Value::Text(key.clone()), verb, depth + 1);
            self.write(":");
            self.value(value, verb, depth + 1);
        }
        self.write(if sharp { "}" } else { "]" });
    }
}
