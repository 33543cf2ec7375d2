//! The key of a provider's inputs under Permute: its name as an identifier.

use std::sync::LazyLock;

#[expect(clippy::expect_used, reason = "the expression is a constant, compiled by the tests")]
static SEPARATOR: LazyLock<regex::Regex> =
    LazyLock::new(|| regex::Regex::new(r"[\s\p{P}]").expect("constant expression"));

/// Lower-cases a name, turns white space and punctuation into `_`, and removes all other characters except ASCII
/// letters and digits. The result has no `_` at its ends and never two in a row.
#[must_use]
pub fn normalise(name: &str) -> String {
    let lower = name.to_lowercase();
    let separated = SEPARATOR.replace_all(&lower, "_");
    let kept: String =
        separated.chars().filter(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '_').collect();
    kept.split('_').filter(|word| !word.is_empty()).collect::<Vec<_>>().join("_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_identifiers() {
        for (name, key) in [
            ("provider-1", "provider_1"),
            ("My.App--Name", "my_app_name"),
            ("-a b-", "a_b"),
            ("a$b+c", "abc"),
            ("ünï-x", "n_x"),
            ("«q»", "q"),
            ("$", ""),
        ] {
            assert_eq!(normalise(name), key, "{name}");
        }
    }
}
