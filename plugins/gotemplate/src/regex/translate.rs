//! From Go's regular expression syntax to that of the `regex` crate.
//!
//! Everything is checked here by Go's rules and written out in a form that means the same to both: Perl classes as ASCII
//! ranges, classes without set operations, literals escaped.

mod class;

use std::collections::HashSet;

/// The highest repeat count, also of nested repetitions together.
const MAX_REPEAT: u32 = 1000;
/// How deep groups may be nested; Go allows 1000, the guest's stack does not.
const MAX_DEPTH: usize = 100;

/// A pattern that Go refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("error parsing regexp: {code}: `{part}`")]
pub struct RegexError {
    /// Go's words.
    pub code: &'static str,
    /// The part of the pattern that is to blame.
    pub part: String,
}

impl RegexError {
    fn new(code: &'static str, part: &str) -> Self {
        Self { code, part: part.to_owned() }
    }

    /// Not text.
    pub(super) fn utf8(pattern: &[u8]) -> Self {
        Self::new("invalid UTF-8", &String::from_utf8_lossy(pattern))
    }

    /// Too large.
    pub(super) fn large(pattern: &str) -> Self {
        Self::new("expression too large", pattern)
    }
}

type Parsed<T> = Result<T, RegexError>;

/// A group that is open.
#[derive(Default)]
struct Group {
    /// Whether something stands before, that a repetition could repeat.
    operand: bool,
    /// The largest product of repetitions inside so far.
    heaviest: u32,
    /// That of the last operand.
    last: u32,
}

struct Translator<'p> {
    rest: &'p str,
    out: String,
    groups: Vec<Group>,
    names: HashSet<&'p str>,
}

/// Translates a pattern.
///
/// # Errors
/// [`RegexError`] where Go refuses it.
pub(super) fn translate(pattern: &str) -> Parsed<String> {
    let mut t = Translator {
        rest: pattern,
        out: String::with_capacity(pattern.len() + 8),
        groups: vec![Group::default()],
        names: HashSet::new(),
    };
    let mut last_repeat = None;
    while let Some(c) = t.rest.chars().next() {
        let before = t.rest;
        let mut repeat = None;
        match c {
            '(' => t.open()?,
            ')' => t.close(pattern)?,
            '|' => {
                t.advance(1);
                t.out.push('|');
                if let Some(group) = t.groups.last_mut() {
                    group.operand = false;
                }
            }
            '^' | '$' | '.' => {
                t.advance(1);
                t.atom(c.encode_utf8(&mut [0; 4]));
            }
            '[' => t.class()?,
            '*' | '+' | '?' => {
                t.advance(1);
                t.repeat(c.encode_utf8(&mut [0; 4]), (1, 1), before, last_repeat)?;
                repeat = Some(before);
            }
            '{' => match counts(t.rest) {
                Some((least, most, length)) => {
                    let part = t.rest.get(..length).unwrap_or_default();
                    t.advance(length);
                    let bad = least > MAX_REPEAT || most.is_some_and(|m| m > MAX_REPEAT || m < least);
                    if bad {
                        return Err(RegexError::new("invalid repeat count", part));
                    }
                    t.repeat(part, (least, most.unwrap_or(least)), before, last_repeat)?;
                    repeat = Some(before);
                }
                None => {
                    t.advance(1);
                    t.literal('{');
                }
            },
            '\\' => t.escape()?,
            c => {
                t.advance(c.len_utf8());
                t.literal(c);
            }
        }
        last_repeat = repeat;
    }
    if t.groups.len() > 1 {
        return Err(RegexError::new("missing closing )", pattern));
    }
    Ok(t.out)
}

/// `{2}`, `{2,}`, `{2,5}`: least, most, length. Counts beyond all limits are cut.
fn counts(text: &str) -> Option<(u32, Option<u32>, usize)> {
    let end = text.find('}')?;
    let inside = text.get(1..end)?;
    let number = |t: &str| {
        let good = !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit()) && (t.len() == 1 || !t.starts_with('0'));
        good.then(|| t.parse().unwrap_or(u32::MAX))
    };
    let (least, most) = match inside.split_once(',') {
        None => {
            let n = number(inside)?;
            (n, Some(n))
        }
        Some((least, "")) => (number(least)?, None),
        Some((least, most)) => (number(least)?, Some(number(most)?)),
    };
    Some((least, most, end + 1))
}

impl<'p> Translator<'p> {
    fn advance(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    fn atom(&mut self, text: &str) {
        self.out.push_str(text);
        if let Some(group) = self.groups.last_mut() {
            group.operand = true;
            group.last = 1;
        }
    }

    fn literal(&mut self, c: char) {
        let text = regex::escape(c.encode_utf8(&mut [0; 4]));
        self.atom(&text);
    }

    fn repeat(&mut self, operator: &str, count: (u32, u32), before: &str, last: Option<&str>) -> Parsed<()> {
        let lazy = self.rest.starts_with('?');
        if lazy {
            self.advance(1);
        }
        let span = |text: &'_ str| text.get(..text.len() - self.rest.len()).unwrap_or(text).to_owned();
        if let Some(last) = last {
            return Err(RegexError { code: "invalid nested repetition operator", part: span(last) });
        }
        let part = span(before);
        let times = count.0.max(count.1).max(1);
        let Some(group) = self.groups.last_mut().filter(|g| g.operand) else {
            return Err(RegexError { code: "missing argument to repetition operator", part });
        };
        group.last = group.last.max(1).saturating_mul(times);
        group.heaviest = group.heaviest.max(group.last);
        if group.last > MAX_REPEAT {
            return Err(RegexError { code: "invalid repeat count", part });
        }
        self.out.push_str(operator);
        self.out.push_str(if lazy { "?" } else { "" });
        Ok(())
    }

    fn open(&mut self) -> Parsed<()> {
        let text = self.rest;
        if self.groups.len() > MAX_DEPTH {
            return Err(RegexError::new("expression nests too deeply", text));
        }
        if !text.starts_with("(?") {
            self.advance(1);
            self.out.push('(');
            self.groups.push(Group::default());
            return Ok(());
        }
        let name_start = if text.starts_with("(?P<") { 4 } else { 3 };
        if text.starts_with("(?P<") || text.starts_with("(?<") {
            let end = text.find('>').ok_or_else(|| RegexError::new("invalid named capture", text))?;
            let capture = text.get(..=end).unwrap_or(text);
            let name = text.get(name_start..end).unwrap_or_default();
            if name.is_empty() || !name.chars().all(|c| c == '_' || c.is_ascii_alphanumeric()) {
                return Err(RegexError::new("invalid named capture", capture));
            }
            if !self.names.insert(name) {
                return Err(RegexError::new("duplicate capture group name", name));
            }
            self.advance(end + 1);
            // The engine wants names that do not begin with a digit; such groups keep their number.
            if name.starts_with(|c: char| c.is_ascii_digit()) {
                self.out.push('(');
            } else {
                self.out.push_str("(?P<");
                self.out.push_str(name);
                self.out.push('>');
            }
            self.groups.push(Group::default());
            return Ok(());
        }
        self.flags(text)
    }

    /// `(?i-s:` and `(?i)`.
    fn flags(&mut self, text: &str) -> Parsed<()> {
        let (mut negative, mut seen) = (false, false);
        for (at, c) in text.char_indices().skip(2) {
            match c {
                'i' | 'm' | 's' | 'U' => seen = true,
                '-' if !negative => {
                    negative = true;
                    seen = false;
                }
                ':' | ')' if !negative || seen => {
                    let part = text.get(..=at).unwrap_or(text);
                    self.advance(at + 1);
                    if part != "(?)" {
                        self.out.push_str(part);
                    }
                    if c == ':' {
                        self.groups.push(Group::default());
                    }
                    return Ok(());
                }
                _ => {
                    return Err(RegexError::new(
                        "invalid or unsupported Perl syntax",
                        text.get(..at + c.len_utf8()).unwrap_or(text),
                    ));
                }
            }
        }
        Err(RegexError::new("missing closing )", text))
    }

    fn close(&mut self, pattern: &str) -> Parsed<()> {
        let inner = self.groups.pop().unwrap_or_default();
        let Some(outer) = self.groups.last_mut() else {
            return Err(RegexError::new("unexpected )", pattern));
        };
        outer.operand = true;
        outer.last = inner.heaviest.max(1);
        self.advance(1);
        self.out.push(')');
        Ok(())
    }

    fn escape(&mut self) -> Parsed<()> {
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
                let c = self.char_escape()?;
                self.literal(c);
            }
        }
        Ok(())
    }

    /// A backslash and what stands for one character.
    fn char_escape(&mut self) -> Parsed<char> {
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
                u32::from_str_radix(digits, 8).ok().and_then(char::from_u32).ok_or_else(|| bad(2))?
            }
            'x' => {
                let inside = self.rest.strip_prefix('{').map(|t| t.split_once('}').map(|(hex, _)| hex));
                let (hex, length) = match inside {
                    Some(Some(hex)) => (hex, hex.len() + 2),
                    Some(None) => return Err(bad(text.len())),
                    None => (self.rest.get(..2).unwrap_or_default(), 2),
                };
                let valid = !hex.is_empty() && hex.bytes().all(|b| b.is_ascii_hexdigit());
                let code = if valid { u32::from_str_radix(hex, 16).ok() } else { None };
                // Half a surrogate pair matches nothing that is text; the replacement character stands for it.
                let c = code.filter(|c| *c <= 0x10_ffff).map(|c| char::from_u32(c).unwrap_or('\u{fffd}'));
                self.advance(length);
                c.ok_or_else(|| bad(2 + length.min(text.len().saturating_sub(2))))?
            }
            'a' => '\u{7}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            c if c.is_ascii() && !c.is_ascii_alphanumeric() => c,
            c => return Err(bad(1 + c.len_utf8())),
        })
    }
}
