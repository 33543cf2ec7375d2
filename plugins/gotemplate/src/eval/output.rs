//! What a template writes, and beside it what it would have written for harmless values.

use crate::value::Text;
use std::collections::BTreeSet;
use std::rc::Rc;

/// More than this no object needs; the host takes less.
const LIMIT: usize = 8 << 20;

/// The output of one execution.
#[derive(Debug, Default)]
pub struct Output {
    /// The text that was written so far.
    pub text: Vec<u8>,
    shadow: Option<Vec<u8>>,
    origins: BTreeSet<Rc<str>>,
}

/// A template that writes without end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the output is larger than 8 MiB")]
pub(super) struct TooLarge;

impl Output {
    /// The text with every harmful part of an untrusted value replaced, and the keys of those values; `None` if there
    /// is nothing to replace.
    pub fn shadow(&self) -> Option<(&[u8], &BTreeSet<Rc<str>>)> {
        self.shadow.as_deref().map(|shadow| (shadow, &self.origins))
    }

    pub(super) fn write(&mut self, text: &[u8]) -> Result<(), TooLarge> {
        if self.text.len() + text.len() > LIMIT {
            return Err(TooLarge);
        }
        self.text.extend_from_slice(text);
        if let Some(shadow) = &mut self.shadow {
            shadow.extend_from_slice(text);
        }
        Ok(())
    }

    pub(super) fn write_text(&mut self, text: &Text) -> Result<(), TooLarge> {
        let Some(taint) = text.taint().filter(|_| text.shadow() != text.bytes()) else {
            return self.write(text.bytes());
        };
        if self.text.len() + text.bytes().len() > LIMIT {
            return Err(TooLarge);
        }
        let before = &self.text;
        self.shadow.get_or_insert_with(|| before.clone()).extend_from_slice(&taint.shadow);
        self.text.extend_from_slice(text.bytes());
        self.origins.insert(taint.origin.clone());
        Ok(())
    }
}
