//! Translates character classes such as `[a-z]`, `[[:alpha:]]` and `\pL`.

use super::{NEVER, Parsed, RegexError, Translator};

/// The ASCII classes, as ranges.
const POSIX: &[(&str, &str)] = &[
    ("alnum", "0-9A-Za-z"),
    ("alpha", "A-Za-z"),
    ("ascii", r"\x00-\x7F"),
    ("blank", r"\t "),
    ("cntrl", r"\x00-\x1F\x7F"),
    ("digit", "0-9"),
    ("graph", "!-~"),
    ("lower", "a-z"),
    ("print", " -~"),
    ("punct", r"!-/:-@\[-`\{-~"),
    ("space", r"\t-\r "),
    ("upper", "A-Z"),
    ("word", "0-9A-Za-z_"),
    ("xdigit", "0-9A-Fa-f"),
];

/// The engine's name of a Unicode class. Names are compared as Unicode says: without case, blanks, dashes and underscores.
fn property(name: &str) -> Option<String> {
    if name.is_empty() || name.contains(['=', ':', '!', '}']) {
        return None;
    }
    let candidates = match name.to_ascii_lowercase().as_str() {
        "any" | "ascii" | "assigned" => vec![name.to_owned()],
        _ => vec![format!("gc={name}"), format!("sc={name}")],
    };
    candidates.into_iter().find(|c| regex::bytes::Regex::new(&format!(r"\p{{{c}}}")).is_ok())
}

/// A range of code points without the surrogates, which the engine refuses and no text contains.
fn range(low: u32, high: u32) -> String {
    let low = if (0xD800..0xE000).contains(&low) { 0xE000 } else { low };
    let high = if (0xD800..0xE000).contains(&high) { 0xD7FF } else { high };
    if low <= high { format!(r"\x{{{low:X}}}-\x{{{high:X}}}") } else { NEVER.to_owned() }
}

impl Translator<'_> {
    /// `\d`, `\pL` and the like, as the inside of a class; `None` if it is another escape.
    pub(super) fn class_escape(&mut self) -> Parsed<Option<String>> {
        let text = self.rest;
        let perl = match text.as_bytes().get(1) {
            Some(b'd') => "0-9",
            Some(b'D') => "[^0-9]",
            Some(b's') => r"\t\n\f\r ",
            Some(b'S') => r"[^\t\n\f\r ]",
            Some(b'w') => "0-9A-Za-z_",
            Some(b'W') => "[^0-9A-Za-z_]",
            Some(b'p' | b'P') => return self.unicode_class().map(Some),
            _ => return Ok(None),
        };
        self.advance(2);
        Ok(Some(perl.to_owned()))
    }

    fn unicode_class(&mut self) -> Parsed<String> {
        let text = self.rest;
        let mut negative = text.starts_with(r"\P");
        let Some(first) = text.get(2..).and_then(|t| t.chars().next()) else {
            return Err(RegexError::new("invalid character class range", text));
        };
        let (name, length) = if first == '{' {
            let end = text.find('}').ok_or_else(|| RegexError::new("invalid character class range", text))?;
            (text.get(3..end).unwrap_or_default(), end + 1)
        } else {
            (text.get(2..2 + first.len_utf8()).unwrap_or_default(), 2 + first.len_utf8())
        };
        let name = match name.strip_prefix('^') {
            Some(rest) => {
                negative = !negative;
                rest
            }
            None => name,
        };
        let part = text.get(..length).unwrap_or(text);
        let known = property(name).ok_or_else(|| RegexError::new("invalid character class range", part))?;
        self.advance(length);
        Ok(format!(r"\{}{{{known}}}", if negative { 'P' } else { 'p' }))
    }

    /// Translates a class in brackets.
    pub(super) fn class(&mut self) -> Parsed<()> {
        let whole = self.rest;
        self.advance(1);
        let mut out = String::from("[");
        if self.rest.starts_with('^') {
            self.advance(1);
            out.push('^');
        }
        let mut first = true;
        loop {
            let text = self.rest;
            if text.is_empty() {
                return Err(RegexError::new("missing closing ]", whole));
            }
            if text.starts_with(']') && !first {
                break;
            }
            first = false;
            if let Some(named) = self.posix_class()? {
                out.push_str(&named);
                continue;
            }
            if text.starts_with('\\')
                && let Some(class) = self.class_escape()?
            {
                out.push_str(&class);
                continue;
            }
            let low = self.class_char(whole)?;
            let mut high = low;
            if self.rest.starts_with('-') && self.rest.len() > 1 && !self.rest.starts_with("-]") {
                self.advance(1);
                high = self.class_char(whole)?;
                if high < low {
                    let part = text.get(..text.len() - self.rest.len()).unwrap_or(text);
                    return Err(RegexError::new("invalid character class range", part));
                }
            }
            out.push_str(&range(low, high));
        }
        self.advance(1);
        out.push(']');
        self.atom(&out);
        Ok(())
    }

    fn class_char(&mut self, whole: &str) -> Parsed<u32> {
        if self.rest.starts_with('\\') {
            return self.char_escape();
        }
        let c = self.rest.chars().next().ok_or_else(|| RegexError::new("missing closing ]", whole))?;
        self.advance(c.len_utf8());
        Ok(u32::from(c))
    }

    /// `[:alpha:]` and `[:^alpha:]`.
    fn posix_class(&mut self) -> Parsed<Option<String>> {
        let text = self.rest;
        let Some(inside) = text.strip_prefix("[:") else { return Ok(None) };
        let Some(end) = inside.find(":]") else { return Ok(None) };
        let name = inside.get(..end).unwrap_or_default();
        let part = text.get(..end + 4).unwrap_or(text);
        let (negative, name) = match name.strip_prefix('^') {
            Some(name) => (true, name),
            None => (false, name),
        };
        let Some((_, ranges)) = POSIX.iter().find(|(known, _)| *known == name) else {
            return Err(RegexError::new("invalid character class range", part));
        };
        self.advance(part.len());
        Ok(Some(format!("[{}{ranges}]", if negative { "^" } else { "" })))
    }
}
