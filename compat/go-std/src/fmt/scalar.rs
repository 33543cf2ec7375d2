//! One scalar under one verb. Each function returns whether the verb fits the type; if not, nothing is written.

use super::Printer;
use crate::strconv::{Charset, can_backquote, quote, quote_rune, quote_to_ascii};
use crate::unicode::{chars, is_print};

/// Whether an integer type of Go has a sign: `%#v` shows unsigned ones in hexadecimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// `int`, `int64`, …
    Signed,
    /// Unsigned types such as `uint8`.
    Unsigned,
}

/// The character of an integer under `%c` and `%q`; U+FFFD if there is none.
fn rune(magnitude: u64, negative: bool) -> char {
    u32::try_from(magnitude).ok().filter(|_| !negative).and_then(char::from_u32).unwrap_or('\u{fffd}')
}

impl Printer {
    /// Formats a `bool`; false if the verb does not fit.
    pub fn boolean(&mut self, b: bool, verb: char) -> bool {
        let known = matches!(verb, 't' | 'v');
        if known {
            self.pad(if b { b"true" } else { b"false" });
        }
        known
    }

    /// Formats an integer of any size; false if the verb does not fit.
    pub fn integer(&mut self, value: i64, sign: Sign, verb: char) -> bool {
        let negative = value < 0;
        let magnitude = value.unsigned_abs();
        match verb {
            'v' if self.flags.sharp_v && sign == Sign::Unsigned => {
                let sharp = std::mem::replace(&mut self.flags.sharp, true);
                self.digits(negative, magnitude, 16, 'v', false);
                self.flags.sharp = sharp;
            }
            'v' | 'd' => self.digits(negative, magnitude, 10, verb, false),
            'b' => self.digits(negative, magnitude, 2, verb, false),
            'o' | 'O' => self.digits(negative, magnitude, 8, verb, false),
            'x' => self.digits(negative, magnitude, 16, verb, false),
            'X' => self.digits(negative, magnitude, 16, verb, true),
            'c' => self.pad(rune(magnitude, negative).encode_utf8(&mut [0; 4]).as_bytes()),
            'q' => {
                let text = quote_rune(
                    rune(magnitude, negative),
                    if self.flags.plus { Charset::Ascii } else { Charset::Unicode },
                );
                self.pad(text.as_bytes());
            }
            'U' => self.code_point(value as u64),
            _ => return false,
        }
        true
    }

    fn code_point(&mut self, code: u64) {
        let digits = self.flags.precision.unwrap_or(4).max(4);
        let code_digits = format!("{code:X}");
        let mut text = format!("U+{}{code_digits}", "0".repeat(digits.saturating_sub(code_digits.len())));
        let character = u32::try_from(code).ok().and_then(char::from_u32).filter(|c| is_print(*c));
        if let Some(c) = character.filter(|_| self.flags.sharp) {
            text.push_str(&format!(" '{c}'"));
        }
        self.pad_with_spaces(text.as_bytes());
    }

    /// Formats a `float64`; false if the verb does not fit.
    pub fn float(&mut self, f: f64, verb: char) -> bool {
        match verb {
            'v' | 'g' => self.float_digits(f, b'g', None),
            'b' => self.float_digits(f, b'b', None),
            'G' => self.float_digits(f, b'G', None),
            'x' => self.float_digits(f, b'x', None),
            'X' => self.float_digits(f, b'X', None),
            'f' | 'F' => self.float_digits(f, b'f', Some(6)),
            'e' => self.float_digits(f, b'e', Some(6)),
            'E' => self.float_digits(f, b'E', Some(6)),
            _ => return false,
        }
        true
    }

    /// Formats a `complex128`; false if the verb does not fit.
    pub fn complex(&mut self, re: f64, im: f64, verb: char) -> bool {
        if !matches!(verb, 'v' | 'b' | 'g' | 'G' | 'x' | 'X' | 'f' | 'F' | 'e' | 'E') {
            return false;
        }
        self.write("(");
        self.float(re, verb);
        let plus = std::mem::replace(&mut self.flags.plus, true);
        self.float(im, verb);
        self.flags.plus = plus;
        self.write("i)");
        true
    }

    /// Formats a `string`; false if the verb does not fit.
    pub fn string(&mut self, text: &[u8], verb: char) -> bool {
        match verb {
            'v' if self.flags.sharp_v => self.quote(text),
            'v' | 's' => {
                let text = self.truncated(text);
                self.pad(text);
            }
            'x' => self.hexadecimal(text, false),
            'X' => self.hexadecimal(text, true),
            'q' => self.quote(text),
            _ => return false,
        }
        true
    }

    fn truncated<'t>(&self, text: &'t [u8]) -> &'t [u8] {
        let end = self.flags.precision.and_then(|p| chars(text).nth(p)).map(|(at, ..)| at);
        end.and_then(|end| text.get(..end)).unwrap_or(text)
    }

    fn quote(&mut self, text: &[u8]) {
        let text = self.truncated(text);
        if self.flags.sharp && can_backquote(text) {
            let raw = [b"`", text, b"`"].concat();
            self.pad(&raw);
        } else if self.flags.plus {
            self.pad(quote_to_ascii(text).as_bytes());
        } else {
            self.pad(quote(text).as_bytes());
        }
    }

    /// The bytes as hexadecimal digits, with the many meanings of ` ` and `#`.
    fn hexadecimal(&mut self, text: &[u8], upper: bool) {
        let flags = self.flags;
        let text = flags.precision.and_then(|p| text.get(..p)).unwrap_or(text);
        let prefix = match (flags.sharp, upper) {
            (false, _) => "",
            (true, false) => "0x",
            (true, true) => "0X",
        };
        let mut out = String::new();
        for (index, byte) in text.iter().enumerate() {
            if index > 0 && flags.space {
                out.push(' ');
            }
            if index == 0 || flags.space {
                out.push_str(prefix);
            }
            out.push_str(&if upper { format!("{byte:02X}") } else { format!("{byte:02x}") });
        }
        self.pad(out.as_bytes());
    }
}
