//! Collects the text of a scalar, borrowing from the input for as long as it is one unbroken piece of it.

use std::borrow::Cow;

/// What was collected so far: `owned` followed by `text[from..to]`.
pub(super) struct Gathered<'a> {
    text: &'a str,
    owned: String,
    from: usize,
    to: usize,
}

impl<'a> Gathered<'a> {
    pub(super) fn new(text: &'a str, at: usize) -> Self {
        Self { text, owned: String::new(), from: at, to: at }
    }

    /// Appends `text[from..to]`.
    #[inline]
    pub(super) fn range(&mut self, from: usize, to: usize) {
        if self.to == from {
            self.to = to;
        } else if self.owned.is_empty() && self.from == self.to {
            (self.from, self.to) = (from, to);
        } else {
            self.settle();
            (self.from, self.to) = (from, to);
        }
    }

    /// Appends text that differs from the input, such as an unescaped character.
    pub(super) fn push(&mut self, piece: &str) {
        self.settle();
        self.owned.push_str(piece);
    }

    pub(super) fn push_char(&mut self, c: char) {
        self.settle();
        self.owned.push(c);
    }

    fn settle(&mut self) {
        self.owned.push_str(self.text.get(self.from..self.to).unwrap_or_default());
        self.from = self.to;
    }

    pub(super) fn finish(self) -> Cow<'a, str> {
        let Self { text, mut owned, from, to } = self;
        let piece = text.get(from..to).unwrap_or_default();
        if owned.is_empty() {
            return Cow::Borrowed(piece);
        }
        owned.push_str(piece);
        Cow::Owned(owned)
    }
}
