//! What a backslash means outside of classes, and the characters that it spells.

use super::{NEVER, Parsed, RegexError, Translator};

impl Translator<'_> {
    pub(super) fn escape(&mut self) -> Parsed<()> {
        let text = self.rest;
        match text.as_bytes().get(1) {
            Some(b'A') => {
                self.advance(2);
                self.atom(r"\A");
            }
            Some(b'z') => {
                self.advance(2);
                self.atom(r"\z");
            }
            Some(b'b') => {
                self.advance(2);
                self.atom(r"(?-u:\b)");
            }
            Some(b'B') => {
                self.advance(2);
                self.splits = true;
                self.atom(r"(?-u:\B)");
            }
            Some(b'Q') => {
                let inside = text.get(2..).unwrap_or_default();
                let (literal, rest) = inside.split_once(r"\E").unwrap_or((inside, ""));
                for c in literal.chars() {
                    self.literal(c);
                }
                self.rest = rest;
            }
            Some(b'p' | b'P' | b'd' | b'D' | b's' | b'S' | b'w' | b'W') => {
                let class = self.class_escape()?.unwrap_or_default();
                self.atom(&format!("[{class}]"));
            }
            _ => {
                match char::from_u32(self.char_escape()?) {
                    Some(c) => self.literal(c),
                    // Half a surrogate pair does not occur in text.
                    None => self.atom(NEVER),
                }
            }
        }
        Ok(())
    }

    /// A backslash and what stands for one character.
    pub(super) fn char_escape(&mut self) -> Parsed<u32> {
        let text = self.rest;
        let Some(c) = text.get(1..).and_then(|t| t.chars().next()) else {
            return Err(RegexError::new("trailing backslash at end of expression", ""));
        };
        let bad = |length: usize| RegexError::new("invalid escape sequence", text.get(..length).unwrap_or(text));
        self.advance(1 + c.len_utf8());
        let octal = |t: &str| t.bytes().take(2).take_while(|b| matches!(b, b'0'..=b'7')).count();
        Ok(match c {
            '1'..='7' if octal(self.rest) == 0 => return Err(bad(2)),
            '0'..='7' => {
                let count = octal(self.rest);
                let digits = text.get(1..2 + count).unwrap_or_default();
                self.advance(count);
                u32::from_str_radix(digits, 8).map_err(|_| bad(2))?
            }
            'x' => {
                let (code, length) = hexadecimal(self.rest);
                self.advance(length);
                code.ok_or_else(|| bad(2 + length))?
            }
            'a' => 0x07,
            'f' => 0x0c,
            'n' => 0x0a,
            'r' => 0x0d,
            't' => 0x09,
            'v' => 0x0b,
            c if c.is_ascii() && !c.is_ascii_alphanumeric() => u32::from(c),
            c => return Err(bad(1 + c.len_utf8())),
        })
    }
}

/// The code point after `\x`, if it is valid, and how many bytes Go looks at.
fn hexadecimal(text: &str) -> (Option<u32>, usize) {
    let Some(inside) = text.strip_prefix('{') else {
        let length = text.chars().take(2).map(char::len_utf8).sum();
        let digits = text.get(..length).unwrap_or_default();
        let valid = digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_hexdigit());
        return (u32::from_str_radix(digits, 16).ok().filter(|_| valid), length);
    };
    let mut code = 0;
    for (at, c) in inside.char_indices() {
        let after = 1 + at + c.len_utf8();
        if c == '}' {
            return (Some(code).filter(|_| at > 0), after);
        }
        match c.to_digit(16).map(|digit| code * 16 + digit).filter(|code| *code <= 0x10_ffff) {
            Some(next) => code = next,
            None => return (None, after),
        }
    }
    (None, text.len())
}
