//! Where ours differs from Go on purpose, each with the reason. Nothing else may differ.

use super::ours::Failed;

/// One argued difference.
struct Exception {
    /// What Go's text must contain; empty if Go succeeds.
    go: &'static str,
    /// What ours must contain; empty if ours succeeds.
    ours: &'static str,
    why: &'static str,
}

const fn argued(go: &'static str, ours: &'static str, why: &'static str) -> Exception {
    Exception { go, ours, why }
}

const NO_BINARY: &str = "ours leaves out the binary form of a time, which no manifest can contain";
const TOO_MANY_RESULTS: &str = "ours leaves out the methods with results that a template cannot take";

/// Both refuse, in other words.
const WORDS: &[Exception] = &[
    argued("function Date has 3 return values; should be 1 or 2", "can't evaluate field Date", TOO_MANY_RESULTS),
    argued("function Clock has 3 return values; should be 1 or 2", "can't evaluate field Clock", TOO_MANY_RESULTS),
    argued("invalid function signature for ISOWeek", "can't evaluate field ISOWeek", TOO_MANY_RESULTS),
    argued("invalid function signature for Zone:", "can't evaluate field Zone", TOO_MANY_RESULTS),
    argued("invalid function signature for ZoneBounds", "can't evaluate field ZoneBounds", TOO_MANY_RESULTS),
    argued(
        "reflect: call of reflect.Value.Type on zero Value",
        "len of nil pointer",
        "Go shows a panic inside its reflection; ours says what is wrong",
    ),
    argued(
        "yaml: control characters are not allowed",
        "yaml: control characters are not allowed: U+",
        "ours goes on to name the character",
    ),
    argued(
        "",
        "has a line break (U+0085) or more than 1024 characters",
        "of two faults in one text ours may name the other",
    ),
    argued("yaml: invalid map key: map[", "invalid map key: a map", "Go dumps the whole key as a Go value"),
    argued("yaml: invalid map key: []", "invalid map key: a list", "Go dumps the whole key as a Go value"),
    argued("", "UTF-8 octet", "ours looks for characters that are cut in two before it takes the text apart"),
    argued("unsupported map key of type: uint64", "unsupported map key of type: uint64", "Go dumps key and value"),
    argued("unsupported map key of type: %!s(<nil>)", "unsupported map key of type: null", "Go's format is broken"),
    argued(
        "json: offset ",
        "",
        "of a text that begins with a brace Go reports what its JSON reader says, even if it is YAML",
    ),
    argued(
        "Object 'Kind' is missing in '{}'",
        "error converting YAML to JSON: ",
        "of a text that begins with a brace Go reports what its JSON reader says, even if it is YAML",
    ),
];

/// Our own limits, and what else we refuse.
const LIMITS: &[Exception] = &[
    argued("", "can't evaluate field MarshalBinary in type time.Time", NO_BINARY),
    argued("", "can't evaluate field AppendBinary in type time.Time", NO_BINARY),
    argued("", "can't evaluate field GobEncode in type time.Time", NO_BINARY),
    argued("", "larger than 8 MiB", "ours bounds what a template may write"),
    argued("", "does a loop never end?", "ours bounds how long a template may run"),
    argued("", "the sequence is longer than", "ours bounds how long a list may be"),
    argued("", "Object 'Kind' is missing in 'null'", "Flux Operator crashes on a null resource"),
];

/// What Go refuses and ours does not.
const ACCEPTED: &[Exception] = &[];

/// Why a template may give other text.
pub(super) fn of_texts(template: &str) -> Option<&'static str> {
    let clock = template.contains("durationRound") && template.contains("Date");
    clock.then_some("the time since a date depends on the clock")
}

/// Why both may refuse with other words.
pub(super) fn of_words(go: &str, ours: &Failed) -> Option<&'static str> {
    let found = WORDS.iter().find(|e| go.contains(e.go) && ours.message.contains(e.ours)).map(|e| e.why);
    let counted =
        || ours.says_without_lines(go).then_some("Go counts lines within a document, ours within the whole text");
    let numbers =
        || ours.says_without_numbers(go).then_some("Go shows numbers as they are between YAML and JSON, ours as read");
    found.or_else(counted).or_else(numbers)
}

/// Why one may refuse what the other does not, or in another step.
pub(super) fn of_results(go: &str, ours: Option<&Failed>) -> Option<&'static str> {
    match ours {
        Some(failed) => LIMITS.iter().find(|e| go.contains(e.go) && failed.message.contains(e.ours)).map(|e| e.why),
        None => ACCEPTED.iter().find(|e| go.contains(e.go)).map(|e| e.why),
    }
}
