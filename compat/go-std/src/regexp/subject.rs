//! The text that an expression is matched against. Go reads each byte that is not UTF-8 as U+FFFD; the engine would match it with
//! nothing.

use std::borrow::Cow;

/// A text as the engine sees it, and where each of its bytes stands in the given text.
pub(super) struct Subject<'t> {
    given: &'t [u8],
    seen: Cow<'t, [u8]>,
    /// Where each seen byte stands in the given text; absent if both are the same.
    back: Option<Vec<usize>>,
}

impl<'t> Subject<'t> {
    pub(super) fn new(given: &'t [u8]) -> Self {
        if std::str::from_utf8(given).is_ok() {
            return Self { given, seen: Cow::Borrowed(given), back: None };
        }
        let (mut seen, mut back) = (Vec::with_capacity(given.len() + 8), Vec::with_capacity(given.len() + 8));
        for (at, c, length, _) in crate::unicode::chars(given) {
            let encoded = c.encode_utf8(&mut [0; 4]).len();
            // A byte of a valid character keeps its place; the bytes of a replacement have that of the stray byte.
            back.extend((0..encoded).map(|nth| at + if encoded == length { nth } else { 0 }));
            seen.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
        back.push(given.len());
        Self { given, seen: Cow::Owned(seen), back: Some(back) }
    }

    /// What the engine sees.
    pub(super) fn seen(&self) -> &[u8] {
        &self.seen
    }

    fn place(&self, seen: usize) -> usize {
        self.back.as_ref().map_or(seen, |back| back.get(seen).copied().unwrap_or(self.given.len()))
    }

    /// The given bytes between two places of what is seen.
    pub(super) fn part(&self, start: usize, end: usize) -> &'t [u8] {
        self.given.get(self.place(start)..self.place(end)).unwrap_or_default()
    }

    /// The length of the character at a place; 0 at the end.
    pub(super) fn width(&self, at: usize) -> usize {
        crate::unicode::decode(self.seen.get(at..).unwrap_or_default()).map_or(0, |(_, length, _)| length)
    }

    /// Whether a place is between two characters.
    pub(super) fn is_boundary(&self, at: usize) -> bool {
        self.seen.get(at).is_none_or(|byte| byte & 0xc0 != 0x80)
    }
}
