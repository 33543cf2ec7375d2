//! Literals: numbers that may be of several types at once, and quoted text.

use crate::lex::Kind;
use go_std::strconv::{float_to_int, parse_float, parse_int, parse_uint};
use go_std::unicode::decode;

/// A numeric literal, under all the types that can hold it: Go's ideal constants.
#[derive(Debug, Clone, Default)]
pub struct Number {
    /// Where it starts.
    pub pos: usize,
    /// The number as written.
    pub text: String,
    /// As an integer.
    pub int: Option<i64>,
    /// As an unsigned integer.
    pub uint: Option<u64>,
    /// As a float.
    pub float: Option<f64>,
    /// As a complex number; only imaginary literals are.
    pub complex: Option<(f64, f64)>,
}

impl Number {
    /// Reads the token of a literal.
    ///
    /// # Errors
    /// Go's text of what is wrong with it.
    pub fn parse(pos: usize, text: &str, kind: Kind) -> Result<Self, String> {
        let number = Self { pos, text: text.to_owned(), ..Self::default() };
        match kind {
            Kind::CharConstant => number.character(),
            Kind::Complex => number.sum(),
            _ => number.real_or_imaginary(),
        }
    }

    fn character(mut self) -> Result<Self, String> {
        let inside = self.text.as_bytes().get(1..).unwrap_or_default();
        let Ok((piece, rest)) = unquote_char(inside, b'\'') else { return Err("invalid syntax".to_owned()) };
        if rest != b"'" {
            return Err(format!("malformed character constant: {}", self.text));
        }
        let code = match piece {
            Piece::Byte(b) => u32::from(b),
            Piece::Char(c) => u32::from(c),
        };
        self.int = Some(i64::from(code));
        self.uint = Some(u64::from(code));
        self.float = Some(f64::from(code));
        Ok(self)
    }

    fn sum(mut self) -> Result<Self, String> {
        let body = self.text.strip_suffix('i').unwrap_or(&self.text);
        // The sign between both parts is the last one that is not of an exponent.
        let split = body
            .char_indices()
            .skip(1)
            .filter(|&(at, c)| {
                matches!(c, '+' | '-') && !body.get(..at).unwrap_or_default().ends_with(['e', 'E', 'p', 'P'])
            })
            .last();
        let parts = split.and_then(|(at, _)| Some((body.get(..at)?, body.get(at..)?)));
        let read =
            |part: &str| parse_float(part.as_bytes()).map_err(|_| "syntax error scanning complex number".to_owned());
        let (re, im) = parts.ok_or_else(|| "syntax error scanning complex number".to_owned())?;
        self.complex = Some((read(re)?, read(im)?));
        self.simplify();
        Ok(self)
    }

    fn real_or_imaginary(mut self) -> Result<Self, String> {
        let text = self.text.clone();
        if let Some(Ok(im)) = text.strip_suffix('i').map(|t| parse_float(t.as_bytes())) {
            self.complex = Some((0.0, im));
            self.simplify();
            return Ok(self);
        }
        self.uint = parse_uint(text.as_bytes(), 0).ok();
        if let (int, None) = parse_int(text.as_bytes(), 0) {
            self.int = Some(int);
            if int == 0 {
                self.uint = Some(0);
            }
        }
        if let Some(int) = self.int {
            self.float = Some(int as f64);
        } else if let Some(uint) = self.uint {
            self.float = Some(uint as f64);
        } else if let Ok(f) = parse_float(text.as_bytes()) {
            if !text.contains(['.', 'e', 'E', 'p', 'P']) {
                return Err(format!("integer overflow: {}", go_std::strconv::quote(text.as_bytes())));
            }
            self.set_float(f);
        }
        if self.float.is_none() {
            return Err(format!("illegal number syntax: {}", go_std::strconv::quote(text.as_bytes())));
        }
        Ok(self)
    }

    fn set_float(&mut self, f: f64) {
        self.float = Some(f);
        self.int = Some(float_to_int(f)).filter(|i| *i as f64 == f);
        self.uint = Some(f as u64).filter(|u| *u as f64 == f);
    }

    fn simplify(&mut self) {
        if let Some((re, 0.0)) = self.complex {
            self.set_float(re);
        }
    }
}

/// What a character of a quoted text stands for.
enum Piece {
    Byte(u8),
    Char(char),
}

/// A quoted text that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("invalid syntax")]
pub struct Unquote;

/// `strconv.Unquote` of a double-quoted or back-quoted text.
///
/// # Errors
/// [`Unquote`] where Go says `invalid syntax`.
pub fn unquote(text: &str) -> Result<Vec<u8>, Unquote> {
    if let Some(raw) = text.strip_prefix('`').and_then(|t| t.strip_suffix('`')) {
        return Ok(raw.replace('\r', "").into_bytes());
    }
    let inside = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).ok_or(Unquote)?;
    let mut rest = inside.as_bytes();
    let mut out = Vec::with_capacity(rest.len());
    while !rest.is_empty() {
        let (piece, tail) = unquote_char(rest, b'"')?;
        match piece {
            Piece::Byte(b) => out.push(b),
            Piece::Char(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
        rest = tail;
    }
    Ok(out)
}

fn unquote_char(text: &[u8], quote: u8) -> Result<(Piece, &[u8]), Unquote> {
    let (&first, rest) = text.split_first().ok_or(Unquote)?;
    if first == quote {
        return Err(Unquote);
    }
    if first != b'\\' {
        let (c, length, _) = decode(text).ok_or(Unquote)?;
        return Ok((Piece::Char(c), text.get(length..).unwrap_or_default()));
    }
    let (&c, rest) = rest.split_first().ok_or(Unquote)?;
    let simple = match c {
        b'a' => 7,
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 11,
        b'\\' => b'\\',
        b'\'' | b'"' if c == quote => c,
        b'x' => {
            let (code, tail) = code(rest, 2, 16)?;
            return Ok((Piece::Byte(u8::try_from(code).map_err(|_| Unquote)?), tail));
        }
        b'u' | b'U' => {
            let (code, tail) = code(rest, if c == b'u' { 4 } else { 8 }, 16)?;
            return Ok((Piece::Char(char::from_u32(code).ok_or(Unquote)?), tail));
        }
        b'0'..=b'7' => {
            let (low, tail) = code(rest, 2, 8)?;
            let code = u32::from(c - b'0') << 6 | low;
            return Ok((Piece::Byte(u8::try_from(code).map_err(|_| Unquote)?), tail));
        }
        _ => return Err(Unquote),
    };
    Ok((Piece::Byte(simple), rest))
}

fn code(text: &[u8], length: usize, radix: u32) -> Result<(u32, &[u8]), Unquote> {
    let digits = text.get(..length).ok_or(Unquote)?;
    let mut value: u32 = 0;
    for digit in digits {
        let digit = char::from(*digit).to_digit(radix).ok_or(Unquote)?;
        value = value.checked_mul(radix).and_then(|v| v.checked_add(digit)).ok_or(Unquote)?;
    }
    Ok((value, text.get(length..).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number {
        Number::parse(0, text, Kind::Number).unwrap()
    }

    #[test]
    fn literals_are_of_every_type_that_holds_them() {
        assert_eq!(number("017").int, Some(15));
        assert_eq!(number("1e3").int, Some(1000));
        assert_eq!(number("0x1F").int, Some(31));
        assert_eq!(number("9223372036854775808").int, None);
        assert_eq!(number("1i").complex, Some((0.0, 1.0)));
        assert_eq!(Number::parse(0, "'a'", Kind::CharConstant).unwrap().int, Some(97));
        assert!(Number::parse(0, "1__0", Kind::Number).is_err());
        assert_eq!(Number::parse(0, "1+2i", Kind::Complex).unwrap().complex, Some((1.0, 2.0)));
    }

    #[test]
    fn quoted_text_is_read_as_go_does() {
        assert_eq!(unquote(r#""a\n\x41\u00e9\101""#), Ok("a\nA\u{e9}A".as_bytes().to_vec()));
        assert_eq!(unquote("`a\\n`"), Ok(b"a\\n".to_vec()));
        assert_eq!(unquote(r#""\'""#), Err(Unquote));
    }
}
