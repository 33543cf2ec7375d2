//! The name of a new plugin, and the forms in which its files have it.

use std::fmt;
use std::str::FromStr;

/// Longer names make file names that nobody reads.
const MOST: usize = 40;
/// Words that cargo or Rust give a meaning of their own.
const TAKEN: [&str; 43] = [
    "abstract", "alloc", "as", "async", "await", "become", "box", "break", "const", "continue", "core", "crate", "do",
    "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro",
    "match", "mod", "move", "mut", "pub", "return", "self", "static", "std", "struct", "super", "test", "trait",
    "true", "type",
];
const MORE_TAKEN: [&str; 10] =
    ["try", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield", "override"];

/// `my-forge`: the name of a package and of a plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginName(String);

/// Why a name cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// It has another form.
    #[error(
        "write lower-case letters, digits and single dashes, beginning with a letter, at most {MOST} characters, such as my-forge"
    )]
    Form,
    /// Rust or cargo understand something else by it.
    #[error("Rust or cargo use this word themselves; choose another, such as {0}-environments")]
    Taken(String),
    /// A crate that the plugin needs has this name.
    #[error("a crate that the plugin depends on has this name; choose another, such as {0}-environments")]
    Dependency(String),
}

impl PluginName {
    /// The value of `spec.type`: `MyForge`.
    #[must_use]
    pub fn type_name(&self) -> String {
        let upper =
            |word: &str| word.chars().take(1).flat_map(char::to_uppercase).chain(word.chars().skip(1)).collect();
        self.0.split('-').map::<String, _>(upper).collect()
    }

    /// The name of the library: `my_forge`.
    #[must_use]
    pub fn library(&self) -> String {
        self.0.replace('-', "_")
    }
}

impl FromStr for PluginName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let word = |word: &str| {
            !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        };
        if text.len() > MOST
            || !text.starts_with(|first: char| first.is_ascii_lowercase())
            || !text.split('-').all(word)
        {
            return Err(NameError::Form);
        }
        if TAKEN.contains(&text) || MORE_TAKEN.contains(&text) {
            return Err(NameError::Taken(text.to_owned()));
        }
        if super::lock::dependencies().any(|name| name == text) {
            return Err(NameError::Dependency(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for PluginName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_three_forms() {
        let name: PluginName = "my-forge2".parse().unwrap();
        assert_eq!((name.to_string().as_str(), name.library().as_str()), ("my-forge2", "my_forge2"));
        assert_eq!(name.type_name(), "MyForge2");
        assert_eq!("gitea".parse::<PluginName>().unwrap().type_name(), "Gitea");
    }

    #[test]
    fn a_bad_name_is_refused_with_what_is_allowed() {
        let long = "a".repeat(MOST + 1);
        for bad in ["", "My", "my_forge", "-a", "a-", "a--b", "1a", "a/b", "../a", "ä", "a b", long.as_str()] {
            let error = bad.parse::<PluginName>().unwrap_err();
            assert!(error.to_string().contains("such as my-forge"), "{bad}: {error}");
        }
        for taken in ["static", "test", "type", "yield"] {
            assert_eq!(taken.parse::<PluginName>(), Err(NameError::Taken(taken.to_owned())));
        }
        for dependency in ["serde", "schemars", "orangery-plugin-sdk", "syn"] {
            assert_eq!(dependency.parse::<PluginName>(), Err(NameError::Dependency(dependency.to_owned())));
        }
    }
}
