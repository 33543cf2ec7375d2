//! The format string of `printf`.

use super::{Argument, Flags, Printer};

/// Widths and precisions above this are refused, as in Go.
const MOST: i64 = 1_000_000;

/// How far a format string has been read.
struct Directive<'f> {
    format: &'f [u8],
    at: usize,
    argument: usize,
    /// The previous item was an index such as `[3]`.
    after_index: bool,
    good_index: bool,
    reordered: bool,
}

impl Directive<'_> {
    fn peek(&self) -> Option<u8> {
        self.format.get(self.at).copied()
    }

    /// A decimal number, if there is one.
    fn number(&mut self) -> Option<usize> {
        let mut number: Option<i64> = None;
        while let Some(digit) = self.peek().filter(u8::is_ascii_digit) {
            if number.unwrap_or(0) > MOST {
                self.at = self.format.len();
                return None;
            }
            number = Some(number.unwrap_or(0) * 10 + i64::from(digit - b'0'));
            self.at += 1;
        }
        number.and_then(|n| usize::try_from(n).ok())
    }

    /// An explicit argument index such as `[2]`.
    fn index(&mut self, count: usize) {
        self.after_index = false;
        if self.peek() != Some(b'[') {
            return;
        }
        self.reordered = true;
        let rest = self.format.get(self.at..).unwrap_or_default();
        let close = if rest.len() < 3 { None } else { rest.iter().position(|b| *b == b']') };
        let Some(close) = close else {
            self.good_index = false;
            self.at += 1;
            return;
        };
        let inside = rest.get(1..close).unwrap_or_default();
        self.at += close + 1;
        let number = std::str::from_utf8(inside).ok().filter(|t| t.bytes().all(|b| b.is_ascii_digit()));
        match number.and_then(|t| t.parse::<usize>().ok()) {
            Some(n) => {
                self.after_index = true;
                if n >= 1 && n <= count {
                    self.argument = n - 1;
                } else {
                    self.good_index = false;
                }
            }
            None => self.good_index = false,
        }
    }

    /// An argument used as width or precision.
    fn integer_argument<A: Argument>(&mut self, values: &[A]) -> Option<i64> {
        let value = values.get(self.argument);
        if value.is_some() {
            self.argument += 1;
        }
        value?.as_integer().filter(|number| (-MOST..=MOST).contains(number))
    }
}

impl Printer {
    pub(super) fn format<A: Argument>(&mut self, format: &[u8], values: &[A]) {
        let mut d = Directive { format, at: 0, argument: 0, after_index: false, good_index: true, reordered: false };
        while d.at < format.len() {
            let rest = format.get(d.at..).unwrap_or_default();
            let text = rest.iter().position(|b| *b == b'%').unwrap_or(rest.len());
            self.write(rest.get(..text).unwrap_or_default());
            d.at += text;
            if d.at >= format.len() {
                break;
            }
            d.at += 1;
            d.good_index = true;
            if !self.directive(&mut d, values) {
                break;
            }
        }
        if !d.reordered && d.argument < values.len() {
            self.extra(values.get(d.argument..).unwrap_or_default());
        }
    }

    /// One directive after its `%`; `false` at the end of the format.
    fn directive<A: Argument>(&mut self, d: &mut Directive<'_>, values: &[A]) -> bool {
        self.flags = Flags::default();
        while let Some(flag) = d.peek() {
            match flag {
                b'#' => self.flags.sharp = true,
                b'0' => self.flags.zero = true,
                b'+' => self.flags.plus = true,
                b'-' => self.flags.minus = true,
                b' ' => self.flags.space = true,
                _ => break,
            }
            d.at += 1;
        }
        d.index(values.len());
        self.width(d, values);
        self.precision(d, values);
        if !d.after_index {
            d.index(values.len());
        }
        let Some((verb, length, _)) = crate::unicode::decode(d.format.get(d.at..).unwrap_or_default()) else {
            self.write("%!(NOVERB)");
            return false;
        };
        d.at += length;
        if verb == '%' {
            self.write("%");
            return true;
        }
        if !d.good_index {
            self.complain(verb, "(BADINDEX)");
            return true;
        }
        let Some(value) = values.get(d.argument) else {
            self.complain(verb, "(MISSING)");
            return true;
        };
        if matches!(verb, 'v' | 'w') {
            self.flags.sharp_v = std::mem::replace(&mut self.flags.sharp, false);
            self.flags.plus_v = std::mem::replace(&mut self.flags.plus, false);
        }
        value.format(self, verb);
        d.argument += 1;
        true
    }

    fn width<A: Argument>(&mut self, d: &mut Directive<'_>, values: &[A]) {
        if d.peek() != Some(b'*') {
            self.flags.width = d.number();
            if d.after_index && self.flags.width.is_some() {
                d.good_index = false;
            }
            return;
        }
        d.at += 1;
        match d.integer_argument(values) {
            None => self.write("%!(BADWIDTH)"),
            Some(width) => {
                self.flags.width = usize::try_from(width.unsigned_abs()).ok();
                if width < 0 {
                    self.flags.minus = true;
                    self.flags.zero = false;
                }
            }
        }
        d.after_index = false;
    }

    fn precision<A: Argument>(&mut self, d: &mut Directive<'_>, values: &[A]) {
        if d.peek() != Some(b'.') || d.at + 1 >= d.format.len() {
            return;
        }
        d.at += 1;
        if d.after_index {
            d.good_index = false;
        }
        d.index(values.len());
        if d.peek() != Some(b'*') {
            self.flags.precision = Some(d.number().unwrap_or(0));
            return;
        }
        d.at += 1;
        match d.integer_argument(values).and_then(|p| usize::try_from(p).ok()) {
            None => self.write("%!(BADPREC)"),
            precision => self.flags.precision = precision,
        }
        d.after_index = false;
    }

    fn complain(&mut self, verb: char, what: &str) {
        self.write("%!");
        self.write_char(verb);
        self.write(what);
    }

    fn extra<A: Argument>(&mut self, values: &[A]) {
        self.flags = Flags::default();
        self.write("%!(EXTRA ");
        for (index, value) in values.iter().enumerate() {
            if index > 0 {
                self.write(", ");
            }
            match value.type_name() {
                None => self.write("<nil>"),
                Some(name) => {
                    self.write(name);
                    self.write("=");
                    value.format(self, 'v');
                }
            }
        }
        self.write(")");
    }
}
