//! Padding and the writing of integers and floats into a width.

use super::{Flags, Printer};
use crate::strconv::format_float;

fn char_count(text: &[u8]) -> usize {
    crate::unicode::chars(text).count()
}

impl Printer {
    pub(super) fn padding(&mut self, count: usize) {
        let byte = if self.flags.zero && !self.flags.minus { b'0' } else { b' ' };
        self.write(vec![byte; count]);
    }

    /// Writes text padded to the width: on the right with the flag `-`, otherwise on the left.
    pub fn pad(&mut self, text: &[u8]) {
        let missing = self.flags.width.unwrap_or(0).saturating_sub(char_count(text));
        if !self.flags.minus {
            self.padding(missing);
        }
        self.write(text);
        if self.flags.minus {
            self.padding(missing);
        }
    }

    /// Writes text that already contains its leading zeros.
    pub(super) fn pad_with_spaces(&mut self, text: &[u8]) {
        let zero = std::mem::replace(&mut self.flags.zero, false);
        self.pad(text);
        self.flags.zero = zero;
    }

    pub(super) fn digits(&mut self, negative: bool, magnitude: u64, base: u32, verb: char, upper: bool) {
        let Flags { width, precision, minus, plus, sharp, space, zero, .. } = self.flags;
        let mut least = 0;
        if let Some(precision) = precision {
            least = precision;
            if precision == 0 && magnitude == 0 {
                let zero = std::mem::replace(&mut self.flags.zero, false);
                self.padding(width.unwrap_or(0));
                self.flags.zero = zero;
                return;
            }
        } else if let Some(width) = width.filter(|_| zero && !minus) {
            least = width - usize::from(width > 0 && (negative || plus || space));
        }
        let digits = match base {
            2 => format!("{magnitude:b}"),
            8 => format!("{magnitude:o}"),
            16 if upper => format!("{magnitude:X}"),
            16 => format!("{magnitude:x}"),
            _ => magnitude.to_string(),
        };
        let digits = "0".repeat(least.saturating_sub(digits.len())) + &digits;
        let prefix = match base {
            2 if sharp => "0b",
            8 if sharp && !digits.starts_with('0') => "0",
            16 if sharp && upper => "0X",
            16 if sharp => "0x",
            _ => "",
        };
        let octal = if verb == 'O' { "0o" } else { "" };
        let sign = match (negative, plus, space) {
            (true, ..) => "-",
            (_, true, _) => "+",
            (.., true) => " ",
            _ => "",
        };
        self.pad_with_spaces(format!("{sign}{octal}{prefix}{digits}").as_bytes());
    }

    pub(super) fn float_digits(&mut self, f: f64, verb: u8, precision: Option<usize>) {
        let flags = self.flags;
        let precision = flags.precision.or(precision);
        let mut number = format_float(f, verb, precision);
        if !number.starts_with(['+', '-']) {
            number.insert(0, '+');
        }
        if flags.space && number.starts_with('+') && !flags.plus {
            number.replace_range(..1, " ");
        }
        if matches!(number.as_bytes().get(1), Some(b'I' | b'N')) {
            let is_nan = number.as_bytes().get(1) == Some(&b'N');
            // NaN shows a sign only if asked for; an infinity always has one.
            let shown =
                if is_nan && !flags.space && !flags.plus { number.get(1..).unwrap_or_default() } else { &number };
            let shown = shown.to_owned();
            self.pad_with_spaces(shown.as_bytes());
            return;
        }
        if flags.sharp && verb != b'b' {
            number = with_point(&number, verb, precision);
        }
        if !flags.plus && number.starts_with('+') {
            let text = number.split_off(1);
            self.pad(text.as_bytes());
            return;
        }
        match flags.width {
            Some(width) if flags.zero && !flags.minus && width > number.len() => {
                let (sign, digits) = number.split_at(1);
                self.write(sign);
                self.padding(width - number.len());
                self.write(digits);
            }
            _ => self.pad(number.as_bytes()),
        }
    }
}

/// `#`: always a decimal point, and the zeros that `g` drops.
fn with_point(number: &str, verb: u8, precision: Option<usize>) -> String {
    let mut digits = match verb {
        b'v' | b'g' | b'G' | b'x' => precision.map_or(6, |p| i64::try_from(p).unwrap_or(0)),
        _ => 0,
    };
    let hexadecimal = matches!(verb, b'x' | b'X');
    let cut = number.find(|c: char| matches!(c, 'p' | 'P') || matches!(c, 'e' | 'E') && !hexadecimal);
    let (head, tail) = number.split_at(cut.unwrap_or(number.len()));
    let (mut point, mut nonzero) = (false, false);
    for c in head.chars().skip(1) {
        if c == '.' {
            point = true;
            continue;
        }
        nonzero |= c != '0';
        digits -= i64::from(nonzero);
    }
    let mut out = head.to_owned();
    if !point {
        if head.len() == 2 && head.ends_with('0') {
            digits -= 1;
        }
        out.push('.');
    }
    out.extend(std::iter::repeat_n('0', usize::try_from(digits).unwrap_or(0)));
    out + tail
}
