//! Regular expressions with the syntax and the results of Go's `regexp` (RE2).
//!
//! The pattern is checked by Go's rules and translated to the syntax of the crate `regex`, whose engine has the same leftmost-first
//! semantics and the same linear time. What Go does with successive and empty matches is done here.
//!
//! ```
//! use go_std::regexp::Regex;
//!
//! let version = Regex::new(br"^v(\d+)\.(\d+)$")?;
//! assert!(version.is_match(b"v1.20"));
//! assert!(!version.is_match("v1.\u{662}".as_bytes()), "a digit is an ASCII digit, as in Go");
//! assert_eq!(version.replace_all(b"v1.20", b"${2}.$1"), b"20.1");
//!
//! let error = Regex::new(b"a++").unwrap_err();
//! assert_eq!(error.to_string(), "error parsing regexp: invalid nested repetition operator: `++`");
//! # Ok::<(), go_std::regexp::RegexError>(())
//! ```
//!
//! # Differences on purpose
//! Groups nest at most 100 deep (Go: 1000), and a compiled program is at most [`MAX_PROGRAM`] bytes. Unicode classes follow the Unicode
//! version of the crate `regex`, which is newer than Go's.

mod error;
mod replace;
mod subject;
mod translate;

pub use error::RegexError;

use regex::bytes::{Captures, Regex as Engine, RegexBuilder};
use subject::Subject;
use translate::Translated;

/// The largest compiled program that [`Regex::new`] accepts, in bytes.
pub const MAX_PROGRAM: usize = 4 << 20;

/// A compiled expression.
#[derive(Debug, Clone)]
pub struct Regex {
    engine: Engine,
    is_empty: bool,
    /// The names of the groups, from the first one on; several groups may have one name.
    names: Vec<Option<String>>,
    /// Whether the engine may find empty matches inside a multi-byte character, which Go does not.
    splits: bool,
}

impl Regex {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// [`RegexError`] where Go refuses the pattern, or where the program is larger than [`MAX_PROGRAM`].
    pub fn new(pattern: &[u8]) -> Result<Self, RegexError> {
        Self::within(pattern, MAX_PROGRAM)
    }

    /// Compiles a pattern to a program of at most `bytes`. A match takes time proportional to the length of the text times the size
    /// of the program, so the limit bounds the time.
    ///
    /// # Errors
    /// [`RegexError`] where Go refuses the pattern, or where the program is larger.
    pub fn within(pattern: &[u8], bytes: usize) -> Result<Self, RegexError> {
        let text = std::str::from_utf8(pattern)
            .map_err(|_| RegexError::new("invalid UTF-8", String::from_utf8_lossy(pattern)))?;
        let Translated { pattern: translated, names, splits } = translate::translate(text)?;
        let engine = RegexBuilder::new(&translated)
            .size_limit(bytes)
            .build()
            .map_err(|_| RegexError::TooLarge { pattern: text.to_owned() })?;
        Ok(Self { engine, is_empty: pattern.is_empty(), names, splits })
    }

    /// The first match at or after `at`.
    fn first(&self, subject: &Subject<'_>, at: usize) -> Option<(usize, usize)> {
        let mut at = at;
        loop {
            let found = self.engine.find_at(subject.seen(), at)?;
            if !self.is_split(subject, found.start(), found.end()) {
                return Some((found.start(), found.end()));
            }
            at = found.start() + 1;
        }
    }

    /// The groups of the first match at or after `at`.
    fn captures<'s>(&self, subject: &'s Subject<'_>, at: usize) -> Option<Captures<'s>> {
        let mut at = at;
        loop {
            let found = self.engine.captures_at(subject.seen(), at)?;
            let whole = found.get(0)?;
            if !self.is_split(subject, whole.start(), whole.end()) {
                return Some(found);
            }
            at = whole.start() + 1;
        }
    }

    fn is_split(&self, subject: &Subject<'_>, start: usize, end: usize) -> bool {
        self.splits && start == end && !subject.is_boundary(start)
    }

    /// Whether any part of the text matches.
    pub fn is_match(&self, text: &[u8]) -> bool {
        let subject = Subject::new(text);
        if self.splits { self.first(&subject, 0).is_some() } else { self.engine.is_match(subject.seen()) }
    }

    /// The first match; empty if there is none.
    pub fn find<'t>(&self, text: &'t [u8]) -> &'t [u8] {
        let subject = Subject::new(text);
        self.first(&subject, 0).map_or(&[], |(start, end)| subject.part(start, end))
    }

    /// Where up to `most` matches are; all if `most` is negative. An empty match directly after a match does not count.
    fn positions(&self, subject: &Subject<'_>, most: i64) -> Vec<(usize, usize)> {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let mut out = Vec::new();
        let (mut at, mut previous_end) = (0, None);
        while out.len() < most && at <= subject.seen().len() {
            let Some((start, end)) = self.first(subject, at) else { break };
            let mut accepted = true;
            if end == at {
                accepted = previous_end != Some(start);
                at += subject.width(at).max(1);
            } else {
                at = end;
            }
            previous_end = Some(end);
            if accepted {
                out.push((start, end));
            }
        }
        out
    }

    /// Up to `most` matches; `None` if there are none.
    pub fn find_all(&self, text: &[u8], most: i64) -> Option<Vec<Vec<u8>>> {
        let subject = Subject::new(text);
        let found = self.positions(&subject, most);
        let parts = found.iter().map(|&(start, end)| subject.part(start, end).to_vec());
        if found.is_empty() { None } else { Some(parts.collect()) }
    }

    /// The parts between matches, at most `most` if that is positive, and the number of matches; `None` if `most` is 0.
    pub fn split(&self, text: &[u8], most: i64) -> Option<(Vec<Vec<u8>>, usize)> {
        if most == 0 {
            return None;
        }
        if !self.is_empty && text.is_empty() {
            return Some((vec![Vec::new()], 1));
        }
        let subject = Subject::new(text);
        let length = subject.seen().len();
        let limit = usize::try_from(most).unwrap_or(usize::MAX);
        let mut parts = Vec::new();
        let (mut begin, mut end) = (0, 0);
        let matches = self.positions(&subject, most);
        for &(start, stop) in &matches {
            if parts.len() + 1 >= limit {
                break;
            }
            end = start;
            if stop != 0 {
                parts.push(subject.part(begin, end).to_vec());
            }
            begin = stop;
        }
        if end != length {
            parts.push(subject.part(begin, length).to_vec());
        }
        Some((parts, matches.len()))
    }
}

/// The text as a pattern that matches it literally (`regexp.QuoteMeta`).
pub fn quote_meta(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for &byte in text {
        if b"\\.+*?()|[]{}^$".contains(&byte) {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(pattern: &str, text: &str) -> Vec<String> {
        let found = Regex::new(pattern.as_bytes()).unwrap().find_all(text.as_bytes(), -1).unwrap_or_default();
        found.into_iter().map(|part| String::from_utf8_lossy(&part).into_owned()).collect()
    }

    #[test]
    fn perl_classes_are_ascii_and_unicode_classes_are_not() {
        assert_eq!(all(r"\d+", "12٣4"), ["12", "4"]);
        assert_eq!(all(r"\w+", "aéb"), ["a", "b"]);
        assert_eq!(all(r"\pL+", "aéb1"), ["aéb"]);
        assert_eq!(all(r"(?i)k", "kK\u{212a}"), ["k", "K", "\u{212a}"]);
        assert_eq!(all(r"[a&&b]+", "a&b"), ["a&b"]);
        assert_eq!(all(r"\Qa.b\E+", "a.bb"), ["a.bb"]);
        assert_eq!(all(r"x{,2}", "x{,2}"), ["x{,2}"]);
        assert_eq!(all(r"[[:word:]-]+", "a-b c"), ["a-b", "c"]);
        assert_eq!(all("a*", "baac"), ["", "aa", ""]);
        assert_eq!(all(r"\B", "xé"), [""], "not inside of a character");
        assert_eq!(all("a(?i)+(?U)b*", "aab"), ["aa"], "a repetition passes over flags");
        assert_eq!(Regex::new(b".").unwrap().find_all(b"a\xffb", -1).map(|all| all.len()), Some(3));
    }

    #[test]
    fn what_re2_refuses_is_refused() {
        for pattern in [
            "x{1001}",
            "a++",
            "a**",
            r"\h",
            r"\C",
            r"\1",
            "(?=a)",
            "(?<!a)",
            "(",
            "a)",
            "[b-a]",
            "*",
            "(?i)*",
            r"\pX",
            "[",
            "(x{500}){3}",
            r"\p{Greek",
            "(?z)",
            "x{2}{3}",
        ] {
            assert!(Regex::new(pattern.as_bytes()).is_err(), "{pattern}");
        }
    }

    #[test]
    fn splitting_and_replacing_follow_go() {
        let split = |p: &str, t: &str, n| {
            let (parts, _) = Regex::new(p.as_bytes()).unwrap().split(t.as_bytes(), n).unwrap_or_default();
            parts.into_iter().map(|p| String::from_utf8(p).unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(split("x*", "axbxc", -1), ["a", "b", "c"]);
        assert_eq!(split(",", "a,b,c", 2), ["a", "b,c"]);
        assert_eq!(split(",", "", -1), [""]);
        let replace = |p: &str, t: &str, r: &str| {
            String::from_utf8(Regex::new(p.as_bytes()).unwrap().replace_all(t.as_bytes(), r.as_bytes())).unwrap()
        };
        assert_eq!(replace("a(x*)b", "-ab-axxb-", "${1}W"), "-W-xxW-");
        assert_eq!(replace("a(x*)b", "-ab-axxb-", "$1W"), "---");
        assert_eq!(replace("a*", "baac", "x"), "xbxcx");
        assert_eq!(replace("(?P<n>a)", "a", "$n$$"), "a$");
        assert_eq!(replace("(?P<n>a)|(?P<n>b)", "ab", "<$n>"), "<a><b>");
    }
}
