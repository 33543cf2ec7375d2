//! Groups and flags: `(…)`, `(?P<name>…)`, `(?<name>…)`, `(?i-s:…)`, `(?i)`.

use super::{Parsed, RegexError, Translator};

/// How deep groups may be nested. Go allows 1000; the stack of a WebAssembly guest does not.
const MAX_DEPTH: usize = 100;

/// An open group.
#[derive(Default)]
pub(super) struct Group {
    /// Whether something stands before that a repetition could repeat.
    pub(super) operand: bool,
    /// The largest product of nested repeat counts inside so far.
    pub(super) heaviest: u32,
    /// The product of the repeat counts of the last operand.
    pub(super) last: u32,
    /// Where the last operand stands in the translation. Flags may follow it, and a repetition still means the operand.
    pub(super) span: (usize, usize),
    /// Whether the last operand is repeated already.
    pub(super) repeated: bool,
    /// Whether `(?U)` is in force outside the group.
    swapped: bool,
    /// Where the group begins in the translation.
    start: usize,
}

impl Group {
    pub(super) fn operand_at(&mut self, span: (usize, usize), weight: u32) {
        self.operand = true;
        self.last = weight;
        self.span = span;
        self.repeated = false;
    }
}

impl Translator<'_> {
    pub(super) fn open(&mut self) -> Parsed<()> {
        let text = self.rest;
        if self.groups.len() > MAX_DEPTH {
            return Err(RegexError::new("expression nests too deeply", text));
        }
        if !text.starts_with("(?") {
            self.advance(1);
            self.names.push(None);
            self.group("(");
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
            self.advance(end + 1);
            self.names.push(Some(name.to_owned()));
            self.group("(");
            return Ok(());
        }
        self.flags(text)
    }

    fn group(&mut self, opening: &str) {
        let (swapped, start) = (self.swapped, self.out.len());
        self.out.push_str(opening);
        self.groups.push(Group { swapped, start, ..Group::default() });
    }

    /// `(?i-s:` and `(?i)`. The last mention of a flag counts, and the engine accepts each flag only once.
    fn flags(&mut self, text: &str) -> Parsed<()> {
        let (mut negative, mut seen, mut swapped) = (false, false, self.swapped);
        let (mut on, mut off) = (String::new(), String::new());
        for (at, c) in text.char_indices().skip(2) {
            match c {
                'i' | 'm' | 's' | 'U' => {
                    seen = true;
                    match (c, negative) {
                        ('U', _) => swapped = !negative,
                        (_, false) if !on.contains(c) => on.push(c),
                        (_, true) if !off.contains(c) => off.push(c),
                        _ => {}
                    }
                }
                '-' if !negative => {
                    negative = true;
                    seen = false;
                }
                ':' | ')' if !negative || seen => {
                    self.advance(at + 1);
                    on.retain(|flag| !off.contains(flag));
                    let minus = if off.is_empty() { "" } else { "-" };
                    if c == ':' {
                        self.group(&format!("(?{on}{minus}{off}:"));
                    } else if !on.is_empty() || !off.is_empty() {
                        self.out.push_str(&format!("(?{on}{minus}{off})"));
                    }
                    self.swapped = swapped;
                    return Ok(());
                }
                _ => {
                    let part = text.get(..at + c.len_utf8()).unwrap_or(text);
                    return Err(RegexError::new("invalid or unsupported Perl syntax", part));
                }
            }
        }
        Err(RegexError::new("invalid or unsupported Perl syntax", text))
    }

    pub(super) fn close(&mut self, pattern: &str) -> Parsed<()> {
        let inner = self.groups.pop().unwrap_or_default();
        let Some(outer) = self.groups.last_mut() else {
            return Err(RegexError::new("unexpected )", pattern));
        };
        outer.operand_at((inner.start, self.out.len() + 1), inner.heaviest.max(1));
        self.swapped = inner.swapped;
        self.advance(1);
        self.out.push(')');
        Ok(())
    }
}
