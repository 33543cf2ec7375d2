//! Formats an error for stderr: what failed, and its causes without repetition.

/// The error and its causes in one line. Some errors include their cause in their own text, because they are also shown alone;
/// such a cause is not repeated.
#[must_use]
pub fn tell(error: &anyhow::Error) -> String {
    let mut told = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        if !told.contains(&cause) {
            told.push_str(": ");
            told.push_str(&cause);
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::anyhow;

    #[test]
    fn a_cause_is_told_once() {
        let error = anyhow!("no such file").context("cannot read x: no such file");
        assert_eq!(tell(&error), "cannot read x: no such file");
        assert_eq!(tell(&anyhow!("no such file").context("cannot read x")), "cannot read x: no such file");
    }
}
