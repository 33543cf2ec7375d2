//! The regular expressions of `spec.filter`: Go's syntax, as in `regexMatch` of templates, with a bound on the time they may take.

use go_std::regexp::{Regex, RegexError};

/// The smallest and the largest size of a compiled program as powers of two; in between the size is doubled.
const SIZES: std::ops::RangeInclusive<u32> = 11..=20;

/// A compiled expression and what matching it costs.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    source: String,
    compiled: Regex,
    /// The size of the compiled program in bytes, at most: each byte of a text may visit all of it.
    weight: usize,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Pattern {
    /// Compiles an expression.
    ///
    /// # Errors
    /// Go would refuse the text, or the compiled program is larger than 1 MiB.
    pub(crate) fn parse(source: &str) -> Result<Self, RegexError> {
        // The engine does not tell the size of a program, only whether it is below a limit.
        let mut too_large = RegexError::TooLarge { pattern: source.to_owned() };
        for weight in SIZES.map(|bits| 1_usize << bits) {
            match Regex::within(source.as_bytes(), weight) {
                Ok(compiled) => return Ok(Self { source: source.to_owned(), compiled, weight }),
                Err(error @ RegexError::TooLarge { .. }) => too_large = error,
                Err(error @ RegexError::Syntax { .. }) => return Err(error),
            }
        }
        Err(too_large)
    }

    /// How much it costs to match texts of so many bytes: linear in the texts and in the size of the program.
    #[must_use]
    pub(crate) fn work(&self, bytes: usize) -> usize {
        self.weight.saturating_mul(bytes)
    }

    /// The text as the user wrote it.
    #[must_use]
    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    /// Whether any part of the text matches.
    #[must_use]
    pub(crate) fn is_match(&self, text: &str) -> bool {
        self.compiled.is_match(text.as_bytes())
    }
}

#[cfg(test)]
mod tests;
