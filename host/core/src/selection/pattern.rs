//! Regular expressions as Go's `regexp` (RE2) reads them, run by the `regex` crate: both are linear-time and unanchored.
//!
//! The dialects differ in small things, so the text is translated, never passed through: `\d \w \s \b` are ASCII in Go and
//! Unicode in Rust, Go has no set operations in classes (`[a&&b]` is a plain class), knows `\Q…\E` and octal escapes, reads an
//! impossible `{` as itself, and refuses `a++`, `x{1001}` and the flags `x`, `u`, `R`.

use std::iter::Peekable;
use std::str::Chars;

/// Why a pattern is not one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// Go refuses it for this reason.
    #[error("error parsing regexp: {what}: `{part}`")]
    Syntax {
        /// Go's words.
        what: &'static str,
        /// The part that is wrong.
        part: String,
    },
    /// It is fine as text but too big or unknown to the engine.
    #[error("error parsing regexp: {0}")]
    Engine(String),
}

/// A compiled pattern.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    source: String,
    // Over bytes, because an ASCII `\B` may split a character, which the engine for text refuses to compile.
    compiled: regex::bytes::Regex,
    /// Bytes that the compiled program needs at most: each byte of a text may visit all of it.
    weight: usize,
}

/// The smallest and the largest size of a compiled program; in between it is doubled.
const SIZES: std::ops::RangeInclusive<u32> = 11..=20;

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Pattern {
    /// Compiles Go syntax.
    ///
    /// # Errors
    /// Go would refuse the text, or the compiled program would pass 1 MiB.
    pub(crate) fn parse(source: &str) -> Result<Self, PatternError> {
        let translated = translate(source)?;
        // The engine does not tell the size of a program, only whether it is below a limit.
        let mut sizes = SIZES.map(|bits| 1_usize << bits);
        loop {
            let weight = sizes.next().unwrap_or(usize::MAX);
            match regex::bytes::RegexBuilder::new(&translated).size_limit(weight.min(1 << 20)).build() {
                Ok(compiled) => return Ok(Self { source: source.to_owned(), compiled, weight }),
                Err(regex::Error::CompiledTooBig(_)) if weight < 1 << 20 => {}
                Err(error) => return Err(PatternError::Engine(last_line(&error.to_string()))),
            }
        }
    }

    /// How much it costs to look at texts of so many bytes: linear in the texts and in the size of the program.
    #[must_use]
    pub(crate) fn work(&self, bytes: usize) -> usize {
        self.weight.saturating_mul(bytes)
    }

    /// The text as the user wrote it.
    #[must_use]
    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    /// Whether any part of the text matches.
    #[must_use]
    pub(crate) fn is_match(&self, text: &str) -> bool {
        self.compiled.is_match(text.as_bytes())
    }
}

fn last_line(text: &str) -> String {
    text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

/// Rewrites Go syntax into the engine's.
fn translate(source: &str) -> Result<String, PatternError> {
    Translator { rest: source.chars().peekable(), out: String::with_capacity(source.len() * 2) }.run()
}

struct Translator<'a> {
    rest: Peekable<Chars<'a>>,
    out: String,
}

/// What a `{` begins.
enum Braces {
    Literal,
    Repeat(String),
}

impl Translator<'_> {
    fn run(mut self) -> Result<String, PatternError> {
        let mut after_repeat = false;
        while let Some(c) = self.rest.next() {
            let repeats = match c {
                '*' | '+' | '?' => Some(c.to_string()),
                '{' => match self.braces()? {
                    Braces::Repeat(text) => Some(text),
                    Braces::Literal => {
                        self.out.push_str("\\{");
                        None
                    }
                },
                _ => None,
            };
            if let Some(mut operator) = repeats {
                if after_repeat {
                    return Err(syntax("invalid nested repetition operator", operator));
                }
                if self.rest.next_if_eq(&'?').is_some() {
                    operator.push('?');
                }
                self.out.push_str(&operator);
                after_repeat = true;
                continue;
            }
            after_repeat = false;
            match c {
                '{' => {}
                '}' | ']' => {
                    self.out.push('\\');
                    self.out.push(c);
                }
                '\\' => self.escape()?,
                '[' => self.class()?,
                '(' => self.group()?,
                _ => self.out.push(c),
            }
        }
        Ok(self.out)
    }

    /// `{n}`, `{n,}`, `{n,m}` up to 1000; anything else is a literal brace.
    fn braces(&mut self) -> Result<Braces, PatternError> {
        let mut ahead = self.rest.clone();
        let mut text = String::new();
        loop {
            match ahead.next() {
                Some('}') => break,
                Some(c) if (c.is_ascii_digit() || c == ',') && text.len() < 32 => text.push(c),
                _ => return Ok(Braces::Literal),
            }
        }
        let (low, high) = match text.split_once(',') {
            Some((low, high)) => (low, high),
            None => (text.as_str(), text.as_str()),
        };
        let canonical = |number: &str| !number.is_empty() && (number == "0" || !number.starts_with('0'));
        if !canonical(low) || !(high.is_empty() || canonical(high)) || high.contains(',') {
            return Ok(Braces::Literal);
        }
        let bound = |number: &str| number.parse::<u32>().ok().filter(|n| *n <= 1000);
        let fits = match (bound(low), high.is_empty(), bound(high)) {
            (Some(_), true, _) => true,
            (Some(low), false, Some(high)) => low <= high,
            _ => false,
        };
        if !fits {
            return Err(syntax("invalid repeat count", format!("{{{text}}}")));
        }
        self.rest = ahead;
        Ok(Braces::Repeat(format!("{{{text}}}")))
    }

    /// After `(`: the engine knows more kinds of groups and flags than Go; those are refused.
    fn group(&mut self) -> Result<(), PatternError> {
        self.out.push('(');
        if self.rest.next_if_eq(&'?').is_none() {
            return Ok(());
        }
        self.out.push('?');
        let named = matches!(self.rest.peek(), Some('P' | '<'));
        for c in self.rest.by_ref() {
            self.out.push(c);
            match c {
                '>' if named => return Ok(()),
                ':' | ')' if !named => return Ok(()),
                'i' | 'm' | 's' | 'U' | '-' if !named => {}
                _ if named && (c.is_alphanumeric() || matches!(c, 'P' | '<' | '_')) => {}
                _ => return Err(syntax("invalid or unsupported Perl syntax", format!("(?{c}"))),
            }
        }
        Err(syntax("missing closing )", "(?".to_owned()))
    }

    /// After `\` outside a class.
    fn escape(&mut self) -> Result<(), PatternError> {
        let Some(c) = self.rest.next() else {
            return Err(syntax("trailing backslash at end of expression", String::new()));
        };
        match c {
            'd' => self.out.push_str("[0-9]"),
            'D' => self.out.push_str("[^0-9]"),
            'w' => self.out.push_str("[0-9A-Za-z_]"),
            'W' => self.out.push_str("[^0-9A-Za-z_]"),
            's' => self.out.push_str("[\\t\\n\\f\\r ]"),
            'S' => self.out.push_str("[^\\t\\n\\f\\r ]"),
            'b' => self.out.push_str("(?-u:\\b)"),
            'B' => self.out.push_str("(?-u:\\B)"),
            'A' | 'z' => {
                self.out.push('\\');
                self.out.push(c);
            }
            'p' | 'P' => self.property(c)?,
            'Q' => self.quoted(),
            // Go reads a stray `\E` as nothing.
            'E' => {}
            _ => {
                let literal = self.character(c)?;
                self.push_literal(literal);
            }
        }
        Ok(())
    }

    fn property(&mut self, c: char) -> Result<(), PatternError> {
        self.out.push('\\');
        self.out.push(c);
        match self.rest.next() {
            Some('{') => {
                self.out.push('{');
                for inner in self.rest.by_ref() {
                    self.out.push(inner);
                    if inner == '}' {
                        return Ok(());
                    }
                }
                Err(syntax("invalid character class range", format!("\\{c}{{")))
            }
            Some(letter) => {
                self.out.push(letter);
                Ok(())
            }
            None => Err(syntax("invalid character class range", format!("\\{c}"))),
        }
    }

    fn quoted(&mut self) {
        while let Some(c) = self.rest.next() {
            if c == '\\' && self.rest.next_if_eq(&'E').is_some() {
                return;
            }
            self.push_literal(c);
        }
    }

    /// The character that `\c…` stands for, in and outside classes.
    fn character(&mut self, c: char) -> Result<char, PatternError> {
        let bad = |part: String| syntax("invalid escape sequence", part);
        match c {
            'a' => Ok('\u{7}'),
            'f' => Ok('\u{c}'),
            'n' => Ok('\n'),
            'r' => Ok('\r'),
            't' => Ok('\t'),
            'v' => Ok('\u{b}'),
            'x' => self.hexadecimal(),
            '0'..='7' => {
                let mut value = c.to_digit(8).unwrap_or_default();
                // A lone non-zero digit would be a back-reference, which linear time cannot have.
                if c != '0' && !matches!(self.rest.peek(), Some('0'..='7')) {
                    return Err(bad(format!("\\{c}")));
                }
                for _ in 0..2 {
                    let Some(digit) = self.rest.next_if(|next| next.is_digit(8)) else { break };
                    value = value * 8 + digit.to_digit(8).unwrap_or_default();
                }
                char::from_u32(value).ok_or_else(|| bad(format!("\\{c}")))
            }
            _ if c.is_ascii() && !c.is_ascii_alphanumeric() => Ok(c),
            _ => Err(bad(format!("\\{c}"))),
        }
    }

    fn hexadecimal(&mut self) -> Result<char, PatternError> {
        let bad = || syntax("invalid escape sequence", "\\x".to_owned());
        let mut text = String::new();
        if self.rest.next_if_eq(&'{').is_some() {
            loop {
                match self.rest.next() {
                    Some('}') => break,
                    Some(c) if c.is_ascii_hexdigit() && text.len() < 8 => text.push(c),
                    _ => return Err(bad()),
                }
            }
        } else {
            for _ in 0..2 {
                text.push(self.rest.next_if(char::is_ascii_hexdigit).ok_or_else(bad)?);
            }
        }
        u32::from_str_radix(&text, 16).ok().and_then(char::from_u32).ok_or_else(bad)
    }

    fn push_literal(&mut self, c: char) {
        let mut buffer = [0; 4];
        self.out.push_str(&regex::escape(c.encode_utf8(&mut buffer)));
    }

    /// After `[`: every member is written as `\x{…}`, so that nothing in it can be an operator.
    fn class(&mut self) -> Result<(), PatternError> {
        self.out.push('[');
        if self.rest.next_if_eq(&'^').is_some() {
            self.out.push('^');
        }
        let mut first = true;
        loop {
            let Some(c) = self.rest.next() else { return Err(syntax("missing closing ]", "[".to_owned())) };
            match c {
                ']' if !first => break,
                '[' if self.rest.peek() == Some(&':') && self.named_class()? => {}
                '\\' if matches!(self.rest.peek(), Some('d' | 'D' | 'w' | 'W' | 's' | 'S' | 'p' | 'P')) => {
                    self.escape()?
                }
                _ => self.range(c)?,
            }
            first = false;
        }
        self.out.push(']');
        Ok(())
    }

    /// `[:alpha:]` and its kin; `false` if what follows is not one.
    fn named_class(&mut self) -> Result<bool, PatternError> {
        let mut ahead = self.rest.clone();
        ahead.next();
        let mut name = String::new();
        while let Some(c) = ahead.next_if(|c| c.is_ascii_alphabetic() || *c == '^') {
            name.push(c);
        }
        if ahead.next() != Some(':') || ahead.next() != Some(']') {
            return Ok(false);
        }
        const NAMES: [&str; 14] = [
            "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper",
            "word", "xdigit",
        ];
        if !NAMES.contains(&name.strip_prefix('^').unwrap_or(&name)) {
            return Err(syntax("invalid character class range", format!("[:{name}:]")));
        }
        self.rest = ahead;
        self.out.push_str(&format!("[:{name}:]"));
        Ok(true)
    }

    fn range(&mut self, c: char) -> Result<(), PatternError> {
        let low = self.member(c)?;
        let mut ahead = self.rest.clone();
        let is_range = ahead.next() == Some('-') && ahead.peek().is_some_and(|next| *next != ']');
        if !is_range {
            self.out.push_str(&format!("\\x{{{:X}}}", u32::from(low)));
            return Ok(());
        }
        self.rest = ahead;
        let next = self.rest.next().unwrap_or_default();
        let high = self.member(next)?;
        if high < low {
            return Err(syntax("invalid character class range", format!("{low}-{high}")));
        }
        self.out.push_str(&format!("\\x{{{:X}}}-\\x{{{:X}}}", u32::from(low), u32::from(high)));
        Ok(())
    }

    fn member(&mut self, c: char) -> Result<char, PatternError> {
        if c != '\\' {
            return Ok(c);
        }
        let escaped = self.rest.next().ok_or_else(|| syntax("missing closing ]", "[".to_owned()))?;
        self.character(escaped)
    }
}

fn syntax(what: &'static str, part: String) -> PatternError {
    PatternError::Syntax { what, part }
}

#[cfg(test)]
mod tests;
