//! From Go's regular expression syntax to that of the crate `regex`.
//!
//! A translator over text is the shortest way between the two: the parser of `regex-syntax` reads another language (`[a&&b]` is a set
//! operation there, `\Q…\E`, octal escapes and a literal `{` do not exist), so its tree cannot be had without a parser of our own.
//!
//! The pattern is checked by Go's rules and written out in a form that means the same to both: Perl classes as ASCII ranges, classes
//! without set operations, literals escaped, groups without names.

mod class;
mod escape;
mod group;
mod repeat;

use super::RegexError;
use group::Group;

/// A class that no character belongs to.
const NEVER: &str = r"[^\x{0}-\x{10FFFF}]";

type Parsed<T> = Result<T, RegexError>;

/// A pattern for the engine.
pub(super) struct Translated {
    /// The pattern in the engine's syntax; its groups have no names, because Go allows a name twice.
    pub(super) pattern: String,
    /// The name of each group, from the first one on.
    pub(super) names: Vec<Option<String>>,
    /// Whether the pattern contains `\B`, which the engine also matches inside a multi-byte character.
    pub(super) splits: bool,
}

/// The state of a translation.
struct Translator<'p> {
    /// What has not been read yet.
    rest: &'p str,
    out: String,
    /// The open groups, outermost first; the first is the pattern itself.
    groups: Vec<Group>,
    names: Vec<Option<String>>,
    splits: bool,
    /// `(?U)` is in force: repetitions are lazy, and greedy with a `?`.
    swapped: bool,
}

/// Translates a pattern.
///
/// # Errors
/// [`RegexError`] where Go refuses it.
pub(super) fn translate(pattern: &str) -> Parsed<Translated> {
    let mut t = Translator {
        rest: pattern,
        out: String::with_capacity(pattern.len() + 8),
        groups: vec![Group::default()],
        names: Vec::new(),
        splits: false,
        swapped: false,
    };
    // Where the repetition before begins, if one stands directly before.
    let mut last_repeat = None;
    while let Some(c) = t.rest.chars().next() {
        let before = t.rest;
        let mut repeat = None;
        match c {
            '(' => t.open()?,
            ')' => t.close(pattern)?,
            '|' => t.alternative(),
            '^' | '$' | '.' => {
                t.advance(1);
                t.atom(c.encode_utf8(&mut [0; 4]));
            }
            '[' => t.class()?,
            '*' | '+' | '?' | '{' => {
                if t.repetition(c, last_repeat)? {
                    repeat = Some(before);
                }
            }
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
    Ok(Translated { pattern: t.out, names: t.names, splits: t.splits })
}

impl Translator<'_> {
    fn advance(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    /// Writes something that a repetition may follow.
    fn atom(&mut self, text: &str) {
        let start = self.out.len();
        self.out.push_str(text);
        let span = (start, self.out.len());
        if let Some(group) = self.groups.last_mut() {
            group.operand_at(span, 1);
        }
    }

    fn literal(&mut self, c: char) {
        let text = regex::escape(c.encode_utf8(&mut [0; 4]));
        self.atom(&text);
    }

    fn alternative(&mut self) {
        self.advance(1);
        self.out.push('|');
        if let Some(group) = self.groups.last_mut() {
            group.operand = false;
        }
    }
}
