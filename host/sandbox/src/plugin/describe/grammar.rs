//! The grammar of names, versions and origins in a manifest, and how untrusted text in it is shown.

use super::DescriptionError;
use crate::guest::text;
use orangery_egress::Origin;
use std::collections::BTreeSet;

/// The most entries of a list in a manifest.
pub(super) const MOST: usize = 64;
/// The most bytes of a name.
pub(super) const NAME_BYTES: usize = 63;
/// The most bytes of a type's name.
const TYPE_BYTES: usize = 128;
/// The most bytes of a sentence.
const SENTENCE_BYTES: usize = 1024;

/// Checks that a list is short and holds nothing twice.
pub(super) fn unique<T>(what: &'static str, list: &[T], name: impl Fn(&T) -> &str) -> Result<(), DescriptionError> {
    if list.len() > MOST {
        return Err(DescriptionError::TooMany { what, count: list.len() });
    }
    let mut seen = BTreeSet::new();
    match list.iter().map(name).find(|value| !seen.insert(*value)) {
        Some(twice) => Err(DescriptionError::Twice { what, value: shown(twice) }),
        None => Ok(()),
    }
}

/// Checks the name of a plugin, renderer or credential, for example `github`.
pub(super) fn label(field: &'static str, value: &str) -> Result<(), DescriptionError> {
    word(field, value, NAME_BYTES, is_label, "lower-case letters, digits and dashes, at most 63")
}

/// Checks a version, for example `1.2.3`.
pub(super) fn version(value: &str) -> Result<(), DescriptionError> {
    word("version", value, NAME_BYTES, is_version, "a semantic version such as 1.2.3")
}

/// Checks the name of a type, for example `GitHubPullRequest`.
pub(super) fn type_name(value: &str) -> Result<(), DescriptionError> {
    word("type", value, TYPE_BYTES, is_type, "CamelCase letters and digits, at most 128")
}

/// Checks the name of an attribute, for example `branch`.
pub(super) fn attribute(field: &'static str, value: &str) -> Result<(), DescriptionError> {
    word(field, value, NAME_BYTES, is_attribute, "letters, digits and underscores, at most 63")
}

/// Checks an origin, for example `https://api.github.com`.
pub(super) fn origin(value: &str) -> Result<(), DescriptionError> {
    match value.parse::<Origin>() {
        Ok(_) => Ok(()),
        Err(problem) => Err(DescriptionError::Origin { origin: shown(value), problem: problem.to_string() }),
    }
}

/// Turns a sentence for users into one bounded line, because it reaches terminals.
pub(super) fn sentence(text: &mut String) {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    text::cut(line.trim(), SENTENCE_BYTES).clone_into(text);
}

/// Untrusted text, bounded and escaped for a message.
pub(super) fn shown(value: &str) -> String {
    text::cut(value, 64).escape_debug().to_string()
}

fn word(
    field: &'static str,
    value: &str,
    most: usize,
    good: fn(&str) -> bool,
    rule: &'static str,
) -> Result<(), DescriptionError> {
    if !value.is_empty() && value.len() <= most && good(value) {
        return Ok(());
    }
    Err(DescriptionError::Word { field, value: shown(value), rule })
}

fn is_label(value: &str) -> bool {
    value.starts_with(|c: char| c.is_ascii_lowercase())
        && value.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn is_type(value: &str) -> bool {
    value.starts_with(|c: char| c.is_ascii_uppercase()) && value.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn is_attribute(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn is_version(value: &str) -> bool {
    let core = value.split(['-', '+']).next().unwrap_or_default();
    let numbers = core.split('.').collect::<Vec<_>>();
    numbers.len() == 3
        && numbers.iter().all(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-+".contains(&byte))
}
