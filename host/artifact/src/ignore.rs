//! Which files stay out of an artifact: patterns of `.gitignore`, the last match of which wins.
//!
//! As in Flux, a file below an ignored folder is matched by itself: `base/` and then `!base/keep.yaml` keeps that file, which git
//! would not. `.sourceignore` is not read here; it goes into the artifact, and the source-controller reads it.

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::path::Path;

/// What is ignored where nothing else is asked for.
pub const DEFAULT: [&str; 12] = [
    ".git/",
    ".gitignore",
    ".gitmodules",
    ".gitattributes",
    "*.jpg",
    "*.jpeg",
    "*.gif",
    "*.png",
    "*.wmv",
    "*.flv",
    "*.tar.gz",
    "*.zip",
];

/// Patterns, in order.
#[derive(Debug, Clone)]
pub struct IgnoreRules {
    /// One for each pattern, so that their order decides before the depth of what they match.
    patterns: Vec<Gitignore>,
}

/// A pattern cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{pattern:?} is not a pattern of files to ignore; write it as in .gitignore")]
pub struct PatternError {
    pattern: String,
    #[source]
    source: ignore::Error,
}

impl IgnoreRules {
    /// Reads patterns.
    ///
    /// # Errors
    /// One of them is not a pattern.
    pub fn new<'a>(patterns: impl IntoIterator<Item = &'a str>) -> Result<Self, PatternError> {
        let one = |pattern: &str| {
            let fail = |source| PatternError { pattern: pattern.to_owned(), source };
            let mut builder = GitignoreBuilder::new("");
            builder.add_line(None, pattern).map_err(fail)?;
            builder.build().map_err(fail)
        };
        let patterns = patterns.into_iter().map(one).collect::<Result<_, _>>()?;
        Ok(Self { patterns })
    }

    /// Whether a path, relative to the root of the artifact, stays out.
    #[must_use]
    pub fn ignores(&self, path: &Path, is_folder: bool) -> bool {
        let decides = |pattern: &Gitignore| {
            let found = pattern.matched_path_or_any_parents(path, is_folder);
            (!found.is_none()).then(|| found.is_ignore())
        };
        self.patterns.iter().rev().find_map(decides).unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_match_wins_and_files_below_an_ignored_folder_are_matched_by_themselves() {
        let rules = |lines: &[&str]| IgnoreRules::new(lines.iter().copied()).unwrap();
        let ignores = |lines: &[&str], path: &str| rules(lines).ignores(Path::new(path), false);
        assert!(ignores(&DEFAULT, ".git/HEAD"));
        assert!(ignores(&DEFAULT, "docs/logo.png"));
        assert!(!ignores(&DEFAULT, ".github/workflows/ci.yml"));
        assert!(ignores(&["base/"], "base/a.yaml"));
        assert!(!ignores(&["base/", "!base/keep.yaml"], "base/keep.yaml"));
        assert!(ignores(&["!base/keep.yaml", "base/"], "base/keep.yaml"));
        assert!(!ignores(&["/*.txt"], "docs/note.txt"));
        assert!(!ignores(&["# a comment", ""], "a"));
        assert!(rules(&["base/"]).ignores(Path::new("base"), true));
        assert!(!ignores(&["base/"], "base"), "a file of the name of a folder");
    }

    #[test]
    fn a_pattern_that_cannot_be_read_is_named() {
        let said = IgnoreRules::new(["ok", "a[z-a]"]).unwrap_err().to_string();
        assert!(said.contains("a[z-a]"), "{said}");
    }
}
