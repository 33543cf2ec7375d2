//! From Go's regular expression syntax to that of the `regex` crate.
//!
//! Everything is checked here by Go's rules and written out in a form that means the same to both: Perl classes as ASCII
//! ranges, classes without set operations, literals escaped.

mod class;
mod escape;

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
    /// Where the last operand stands in the translation: flags may follow it, and a repetition still means it.
    span: (usize, usize),
    /// Whether the last operand is repeated already.
    repeated: bool,
    /// `(?U)` outside of the group.
    swapped: bool,
    /// Where the group itself begins.
    start: usize,
}

/// A pattern for the engine.
pub(super) struct Translated {
    /// In the engine's syntax, all groups without names.
    pub(super) pattern: String,
    /// The names that they have.
    pub(super) names: Vec<Option<String>>,
    /// Whether it holds `\B`, which the engine also finds inside of characters.
    pub(super) splits: bool,
}

struct Translator<'p> {
    rest: &'p str,
    out: String,
    groups: Vec<Group>,
    names: Vec<Option<String>>,
    splits: bool,
    /// `(?U)`: repetitions are lazy, and greedy with a `?`.
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
    Ok(Translated { pattern: t.out, names: t.names, splits: t.splits })
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
        let start = self.out.len();
        self.out.push_str(text);
        let span = (start, self.out.len());
        if let Some(group) = self.groups.last_mut() {
            group.operand = true;
            group.last = 1;
            group.span = span;
            group.repeated = false;
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
        let (start, end) = group.span;
        let (open, close) = if group.repeated { ("(?:", ")") } else { ("", "") };
        let operator = format!("{close}{operator}{}", if lazy != self.swapped { "?" } else { "" });
        group.span = (start, end + open.len() + operator.len());
        group.repeated = true;
        self.out.insert_str(end, &operator);
        self.out.insert_str(start, open);
        Ok(())
    }

    fn open(&mut self) -> Parsed<()> {
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

    /// `(?i-s:` and `(?i)`.
    fn flags(&mut self, text: &str) -> Parsed<()> {
        let (mut negative, mut seen, mut swapped) = (false, false, self.swapped);
        let mut shown = [String::new(), String::new()];
        for (at, c) in text.char_indices().skip(2) {
            match c {
                'i' | 'm' | 's' | 'U' => {
                    seen = true;
                    let [on, off] = &mut shown;
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
                    let [mut on, off] = shown;
                    // The last word about a flag counts, and the engine wants only one.
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
                    return Err(RegexError::new(
                        "invalid or unsupported Perl syntax",
                        text.get(..at + c.len_utf8()).unwrap_or(text),
                    ));
                }
            }
        }
        Err(RegexError::new("invalid or unsupported Perl syntax", text))
    }

    fn close(&mut self, pattern: &str) -> Parsed<()> {
        let inner = self.groups.pop().unwrap_or_default();
        let Some(outer) = self.groups.last_mut() else {
            return Err(RegexError::new("unexpected )", pattern));
        };
        outer.operand = true;
        outer.last = inner.heaviest.max(1);
        outer.span = (inner.start, self.out.len() + 1);
        outer.repeated = false;
        self.swapped = inner.swapped;
        self.advance(1);
        self.out.push(')');
        Ok(())
    }
}
