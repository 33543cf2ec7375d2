//! Regular expressions with the syntax and the results of Go's `regexp` (RE2).
//!
//! The pattern is checked and translated by `translate`; matching is done by the `regex` crate, which has the same
//! leftmost-first, linear-time semantics. What Go does with successive and empty matches is done here.

mod replace;
mod translate;

pub use translate::RegexError;

use regex::bytes::{Regex as Engine, RegexBuilder};

/// No compiled expression is larger than this.
const SIZE: usize = 4 << 20;

/// A compiled expression.
#[derive(Debug)]
pub struct Regex {
    engine: Engine,
    is_empty: bool,
}

impl Regex {
    /// Compiles a pattern of Go's syntax.
    ///
    /// # Errors
    /// [`RegexError`] where Go refuses the pattern, or where it is too large.
    pub fn new(pattern: &[u8]) -> Result<Self, RegexError> {
        let text = std::str::from_utf8(pattern).map_err(|_| RegexError::utf8(pattern))?;
        let translated = translate::translate(text)?;
        let engine = RegexBuilder::new(&translated).size_limit(SIZE).build().map_err(|_| RegexError::large(text))?;
        Ok(Self { engine, is_empty: pattern.is_empty() })
    }

    /// Whether there is a match.
    pub fn is_match(&self, text: &[u8]) -> bool {
        self.engine.is_match(text)
    }

    /// The first match; empty if there is none.
    pub fn find<'t>(&self, text: &'t [u8]) -> &'t [u8] {
        self.engine.find(text).map_or(&[], |found| found.as_bytes())
    }

    /// Where up to `most` matches are, all if negative. An empty match right after a match does not count.
    fn positions(&self, text: &[u8], most: i64) -> Vec<(usize, usize)> {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let mut out = Vec::new();
        let (mut at, mut previous_end) = (0, None);
        while out.len() < most && at <= text.len() {
            let Some(found) = self.engine.find_at(text, at) else { break };
            let (start, end) = (found.start(), found.end());
            let mut accepted = true;
            if end == at {
                accepted = previous_end != Some(start);
                at += width(text, at).max(1);
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
        let found = self.positions(text, most);
        let parts = found.iter().map(|&(start, end)| text.get(start..end).unwrap_or_default().to_vec());
        if found.is_empty() { None } else { Some(parts.collect()) }
    }

    /// The parts between matches, at most `most` if that is positive; `None` if it is 0.
    pub fn split(&self, text: &[u8], most: i64) -> Option<Vec<Vec<u8>>> {
        if most == 0 {
            return None;
        }
        if !self.is_empty && text.is_empty() {
            return Some(vec![Vec::new()]);
        }
        let limit = usize::try_from(most).unwrap_or(usize::MAX);
        let mut parts = Vec::new();
        let (mut begin, mut end) = (0, 0);
        for (start, stop) in self.positions(text, most) {
            if parts.len() + 1 >= limit {
                break;
            }
            end = start;
            if stop != 0 {
                parts.push(text.get(begin..end).unwrap_or_default().to_vec());
            }
            begin = stop;
        }
        if end != text.len() {
            parts.push(text.get(begin..).unwrap_or_default().to_vec());
        }
        Some(parts)
    }
}

/// The length of the character at an offset; 0 at the end.
fn width(text: &[u8], at: usize) -> usize {
    crate::unicode::decode(text.get(at..).unwrap_or_default()).map_or(0, |(_, length, _)| length)
}

/// `regexp.QuoteMeta`.
pub fn quote(text: &[u8]) -> Vec<u8> {
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
            "(?P<n>a)(?P<n>b)",
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
            let parts = Regex::new(p.as_bytes()).unwrap().split(t.as_bytes(), n).unwrap_or_default();
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
    }
}
