//! Text as Go has it: any bytes, and where it came from if it is untrusted.

use std::cmp::Ordering;
use std::rc::Rc;

/// What is known about untrusted text.
#[derive(Debug)]
pub struct Taint {
    /// The same text with everything that could mean something to YAML replaced.
    pub shadow: Rc<[u8]>,
    /// The dotted key of the input that it came from.
    pub origin: Rc<str>,
}

/// Bytes that are usually UTF-8.
#[derive(Debug, Clone)]
pub struct Text {
    bytes: Rc<[u8]>,
    taint: Option<Rc<Taint>>,
}

impl Text {
    /// Trusted text: it comes from the manifest itself.
    pub fn new(bytes: impl AsRef<[u8]>) -> Self {
        Self { bytes: Rc::from(bytes.as_ref()), taint: None }
    }

    /// Text from an untrusted value.
    pub fn untrusted(bytes: impl AsRef<[u8]>, origin: &Rc<str>) -> Self {
        let bytes: Rc<[u8]> = Rc::from(bytes.as_ref());
        let shadow = harmless(&bytes).map_or_else(|| bytes.clone(), Rc::from);
        Self { bytes, taint: Some(Rc::new(Taint { shadow, origin: origin.clone() })) }
    }

    /// The same text, with what a harmless value would have rendered in its place.
    pub fn with_shadow(self, shadow: &[u8], origin: &Rc<str>) -> Self {
        Self { taint: Some(Rc::new(Taint { shadow: Rc::from(shadow), origin: origin.clone() })), ..self }
    }

    /// The text as bytes, which need not be UTF-8.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What is known about its untrusted parts.
    pub fn taint(&self) -> Option<&Rc<Taint>> {
        self.taint.as_ref()
    }

    /// The harmless bytes: those of the shadow, or the text itself.
    pub fn shadow(&self) -> &[u8] {
        self.taint.as_ref().map_or(&self.bytes, |t| &t.shadow)
    }

    /// The text, with broken bytes replaced.
    pub fn lossy(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.bytes)
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl Eq for Text {}

impl PartialOrd for Text {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Text {
    fn cmp(&self, other: &Self) -> Ordering {
        self.bytes.cmp(&other.bytes)
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::new(text.as_bytes())
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::new(text.into_bytes())
    }
}

impl From<Vec<u8>> for Text {
    fn from(bytes: Vec<u8>) -> Self {
        Self { bytes: Rc::from(bytes), taint: None }
    }
}

/// The text with every byte that could mean something to YAML replaced by `x`; `None` if there is none.
///
/// Letters, digits and what stands safely between them stay, so that case functions, prefixes and lengths behave alike.
fn harmless(bytes: &[u8]) -> Option<Vec<u8>> {
    let last = bytes.len().saturating_sub(1);
    let safe = |at: usize, byte: u8| match byte {
        b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'/' | b'_' => true,
        // A leading dash may start a list item or a document, dots may end one.
        b'.' | b'-' => at != 0,
        b' ' => at != 0 && at != last,
        _ => false,
    };
    if bytes.iter().enumerate().all(|(at, byte)| safe(at, *byte)) {
        return None;
    }
    let mut out = Vec::with_capacity(bytes.len());
    for (at, c, length, valid) in go_std::unicode::chars(bytes) {
        let kept = if c.is_ascii() { safe(at, c as u8) } else { valid && go_std::unicode::is_letter(c) };
        match bytes.get(at..at + length) {
            Some(part) if kept => out.extend_from_slice(part),
            _ => out.extend(std::iter::repeat_n(b'x', length)),
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shadow(text: &str) -> String {
        String::from_utf8(Text::untrusted(text, &"k".into()).shadow().to_vec()).unwrap()
    }

    #[test]
    fn ordinary_names_are_their_own_shadow() {
        for name in ["main", "feature/login-1.2", "Jane Doe", "v1.2.3", "étage"] {
            assert_eq!(shadow(name), name);
        }
    }

    #[test]
    fn what_yaml_could_read_is_gone_and_the_length_stays() {
        assert_eq!(shadow("a: b\nc"), "ax bxc");
        assert_eq!(shadow("- x"), "x x");
        assert_eq!(shadow("--- "), "x--x");
        assert_eq!(shadow("[é]"), "xéx");
        assert_eq!(shadow("{{\"'#&*!|>%@`"), "xxxxxxxxxxxxx");
    }
}
