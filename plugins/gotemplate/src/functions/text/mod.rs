//! Functions of text: strings, their parts, paths, URLs, regular expressions, escapes.

pub(super) mod escape;
pub(super) mod paths;
pub(super) mod regexes;
pub(super) mod splitting;
pub(super) mod strings;
pub(super) mod urls;
