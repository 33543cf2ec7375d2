//! Finds secret values in texts and answers, in the encodings in which they usually leak.
//!
//! # Guarantees
//! For each value the redactor knows: the value itself, its base64 and base64url forms at each of the three alignments
//! (so that `base64("user:" + value)` is found too), its percent-encoded form in both cases, its JSON-escaped form.
//!
//! # Assumptions
//! A value shorter than six bytes is not searched for: it would be found in every text, and the mask would reveal it.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use memchr::memmem;
use zeroize::Zeroizing;

use crate::secret::text::SecretText;

/// Values and encodings of fewer bytes are not searched for.
const SHORTEST: usize = 6;

/// The text that replaces a masked value.
pub const MASK: &str = "***";

/// Masks secret values. Clones share the values, so a token that is minted during a call is masked in its logs as
/// well.
#[derive(Clone, Default)]
pub struct Redactor {
    /// Longest first, so that an encoding that contains another one is replaced as a whole.
    spellings: Arc<RwLock<Vec<Spelling>>>,
}

type Spelling = Zeroizing<Vec<u8>>;

impl Redactor {
    /// A redactor for these values.
    #[must_use]
    pub fn of<'a>(secrets: impl IntoIterator<Item = &'a SecretText>) -> Self {
        let redactor = Self::default();
        secrets.into_iter().for_each(|secret| redactor.learn(secret));
        redactor
    }

    /// Adds a value; if it has several lines, each long line is added as a value of its own as well.
    pub fn learn(&self, secret: &SecretText) {
        let value = secret.expose();
        let mut all = self.spellings.write().unwrap_or_else(PoisonError::into_inner);
        // The lines of a private key are base64 already.
        let lines = value.lines().filter(|line| line.len() >= 32 && line.len() < value.len());
        let lines = lines.map(|line| Zeroizing::new(line.as_bytes().to_vec()));
        for spelling in spellings(value.as_bytes()).into_iter().chain(lines) {
            if spelling.len() >= SHORTEST && !all.contains(&spelling) {
                all.push(spelling);
            }
        }
        all.sort_by_key(|spelling| std::cmp::Reverse(spelling.len()));
    }

    /// The text with every value replaced by [`MASK`].
    #[must_use]
    pub fn mask<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let all = self.spellings.read().unwrap_or_else(PoisonError::into_inner);
        let mut text = Cow::Borrowed(text);
        for spelling in all.iter() {
            // Every encoding was made from text, so this cannot fail.
            let Ok(needle) = std::str::from_utf8(spelling) else { continue };
            if text.contains(needle) {
                text = Cow::Owned(text.replace(needle, MASK));
            }
        }
        text
    }

    /// Whether these bytes contain one of the values.
    #[must_use]
    pub fn finds_in(&self, bytes: &[u8]) -> bool {
        let all = self.spellings.read().unwrap_or_else(PoisonError::into_inner);
        all.iter().any(|spelling| memmem::find(bytes, spelling).is_some())
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redactor(***)")
    }
}

fn spellings(value: &[u8]) -> Vec<Spelling> {
    let mut found = vec![Zeroizing::new(value.to_vec())];
    for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
        for offset in 0..3 {
            found.extend(base64_core(engine, value, offset));
        }
    }
    for hex in [b"0123456789ABCDEF", b"0123456789abcdef"] {
        found.push(percent_encoded(value, hex));
    }
    found.extend(json_escaped(value));
    found
}

/// The part of a base64 text that depends only on the value, if the value starts `offset` bytes into a group of
/// three.
fn base64_core(engine: &impl base64::Engine, value: &[u8], offset: usize) -> Option<Spelling> {
    let mut shifted = Zeroizing::new(vec![0; offset]);
    shifted.extend_from_slice(value);
    let whole = Zeroizing::new(engine.encode(shifted.as_slice()));
    let first = (offset * 8).div_ceil(6);
    let last = shifted.len() * 8 / 6;
    whole.as_bytes().get(first..last).map(|core| Zeroizing::new(core.to_vec()))
}

fn percent_encoded(value: &[u8], hex: &[u8; 16]) -> Spelling {
    let digit = |nibble: u8| hex.get(usize::from(nibble)).copied().unwrap_or(b'0');
    let mut text = Zeroizing::new(Vec::with_capacity(value.len() * 3));
    for &byte in value {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(byte);
        } else {
            text.extend([b'%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
    text
}

/// The value as JSON writes it, with and without `\/`.
fn json_escaped(value: &[u8]) -> Vec<Spelling> {
    let Ok(text) = std::str::from_utf8(value) else { return Vec::new() };
    let Ok(quoted) = serde_json::to_string(text).map(Zeroizing::new) else { return Vec::new() };
    let inner = quoted.trim_matches('"');
    [inner.to_owned(), inner.replace('/', "\\/")].map(|text| Zeroizing::new(text.into_bytes())).into()
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};

    use super::*;

    const SECRET: &str = "gl/pat-~ÿ+8>?secret";

    fn redactor() -> Redactor {
        Redactor::of([&SecretText::line(SECRET.as_bytes()).unwrap()])
    }

    #[test]
    fn every_spelling_of_a_value_is_masked() {
        let texts = [
            SECRET.to_owned(),
            STANDARD.encode(SECRET),
            URL_SAFE.encode(SECRET),
            STANDARD.encode(format!("u:{SECRET}")),
            STANDARD.encode(format!("us:{SECRET}")),
            STANDARD.encode(format!("use:{SECRET}:and more")),
            "gl%2Fpat-~%C3%BF%2B8%3E%3Fsecret".to_owned(),
            "gl%2fpat-~%c3%bf%2b8%3e%3fsecret".to_owned(),
            "gl\\/pat-~ÿ+8>?secret".to_owned(),
        ];
        for text in texts {
            let line = format!("before {text} after");
            assert!(redactor().finds_in(line.as_bytes()), "{text}");
            let masked = redactor().mask(&line).into_owned();
            assert!(masked.contains("***") && masked.starts_with("before ") && masked.ends_with(" after"), "{masked}");
            assert!(!redactor().finds_in(masked.as_bytes()), "{masked}");
        }
    }

    #[test]
    fn other_texts_are_left_alone() {
        assert_eq!(redactor().mask("gl/pat-other"), "gl/pat-other");
        assert!(!redactor().finds_in(b"nothing here"));
    }

    #[test]
    fn a_very_short_value_is_not_searched_for() {
        let redactor = Redactor::of([&SecretText::line(b"abc").unwrap()]);
        assert_eq!(redactor.mask("abcdef"), "abcdef");
    }

    #[test]
    fn each_line_of_a_key_is_masked() {
        let line = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7";
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{line}\n-----END PRIVATE KEY-----\n");
        let redactor = Redactor::of([&SecretText::block(pem.as_bytes()).unwrap()]);
        assert_eq!(redactor.mask(&format!("key: {line}")), "key: ***");
    }

    #[test]
    fn a_value_learned_later_is_masked_by_earlier_clones() {
        let (redactor, clone) = (Redactor::default(), Redactor::default());
        let shared = redactor.clone();
        redactor.learn(&SecretText::line(b"ghs_minted").unwrap());
        assert_eq!(shared.mask("ghs_minted"), "***");
        assert_eq!(clone.mask("ghs_minted"), "ghs_minted");
    }
}
