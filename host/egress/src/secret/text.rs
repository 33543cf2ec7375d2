//! A secret value that cannot be printed by accident.

use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

/// One secret value: zeroed when the last clone is dropped, `***` when printed.
///
/// ```
/// use orangery_egress::SecretText;
/// let secret = SecretText::line(b"  hunter2\n")?;
/// assert_eq!(secret.expose(), "hunter2");
/// assert_eq!(format!("{secret:?}"), "***");
/// assert!(SecretText::line(b"hun\nter2").is_err());
/// # Ok::<(), orangery_egress::SecretTextError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct SecretText(Arc<Zeroizing<String>>);

/// The problem with a secret value. The text never holds the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretTextError {
    /// The value is empty or only white space.
    #[error("is empty")]
    Empty,
    /// The value is not text.
    #[error("is not valid UTF-8")]
    NotText,
    /// The value has a character that would end a header line.
    #[error("has control characters")]
    ControlCharacters,
}

impl SecretText {
    /// A value for one header line. White space around it is removed, because editors and `echo` add newlines.
    ///
    /// # Errors
    /// The value is empty, is not text, or has control characters inside.
    pub fn line(bytes: &[u8]) -> Result<Self, SecretTextError> {
        let secret = Self::block(bytes)?;
        if secret.expose().chars().any(char::is_control) {
            return Err(SecretTextError::ControlCharacters);
        }
        Ok(secret)
    }

    /// A value of several lines, for example a private key in PEM form.
    ///
    /// # Errors
    /// The value is empty or is not text.
    pub fn block(bytes: &[u8]) -> Result<Self, SecretTextError> {
        let text = std::str::from_utf8(bytes).map_err(|_| SecretTextError::NotText)?.trim();
        if text.is_empty() {
            return Err(SecretTextError::Empty);
        }
        Ok(Self(Arc::new(Zeroizing::new(text.to_owned()))))
    }

    /// The secret value. The caller must not print or store it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_around_a_token_is_cut_off() {
        assert_eq!(SecretText::line(b"\n ghp_abc \r\n").unwrap().expose(), "ghp_abc");
    }

    #[test]
    fn a_newline_inside_a_token_is_refused_without_the_value() {
        let error = SecretText::line(b"ghp_abc\r\nX-Evil: 1").unwrap_err();
        assert_eq!(error.to_string(), "has control characters");
    }

    #[test]
    fn an_empty_and_a_binary_value_are_refused() {
        assert_eq!(SecretText::line(b" \n").unwrap_err(), SecretTextError::Empty);
        assert_eq!(SecretText::line(b"\xff\xfe").unwrap_err(), SecretTextError::NotText);
    }

    #[test]
    fn neither_debug_nor_a_container_prints_it() {
        assert_eq!(format!("{:?}", Some(SecretText::line(b"hunter2").unwrap())), "Some(***)");
    }
}
