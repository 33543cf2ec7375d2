//! Go's regular expressions, where they differ from Rust's.

use super::*;

fn matches(pattern: &str, text: &str) -> bool {
    Pattern::parse(pattern).unwrap().is_match(text)
}

#[test]
fn perl_classes_are_ascii_as_in_go() {
    assert!(!matches(r"^\d$", "٣"));
    assert!(!matches(r"^\w$", "é"));
    assert!(!matches(r"^[\w]$", "é"));
    assert!(matches(r"^[^\W]$", "a"));
    assert!(!matches(r"^\s$", "\u{a0}"));
    assert!(matches(r"e\b", "eé"));
    assert!(matches(r"^\pL$", "é"));
}

#[test]
fn classes_have_no_set_operations() {
    assert!(matches("^[a&&b]+$", "a&b"));
    assert!(matches("^[a~~b]$", "~"));
    assert!(matches("^[[a]+$", "[a"));
    assert!(matches(r"^[]a]+$", "]a"));
    assert!(matches(r"^[a\-z]+$", "a-z"));
    assert!(matches("^[[:word:]-]+$", "a_9-"));
}

#[test]
fn quoting_octal_and_literal_braces_work() {
    assert!(matches(r"^\Qa.b\E$", "a.b"));
    assert!(!matches(r"^\Qa.b\E$", "axb"));
    assert!(matches(r"^\101\x42\x{43}$", "ABC"));
    assert!(matches("^a{,5}$", "a{,5}"));
    assert!(matches("^a{2,3}$", "aaa"));
    assert!(matches(r"^\<x\>$", "<x>"));
    assert!(matches(r"\B", "ab"));
}

#[test]
fn what_go_refuses_is_refused() {
    for pattern in [
        "(",
        "a**",
        "a++",
        "x{1001}",
        "x{3,2}",
        r"\1",
        r"\h",
        r"\C",
        "(?=a)",
        "(?<!a)",
        "(?x)a",
        "[b-a]",
        "[a",
        r"\",
        "[[:wrong:]]",
        "(?P<n",
        "*a",
    ] {
        assert!(Pattern::parse(pattern).is_err(), "{pattern}");
    }
}

#[test]
fn matching_is_unanchored_and_dollar_is_the_very_end() {
    assert!(matches("feat", "my-feat-1"));
    assert!(!matches("a$", "a\n"));
    assert!(matches("(?i)k", "\u{212A}"));
    assert!(matches("^(?P<x>a)(?:b)(?i:C)$", "abc"));
}

#[test]
fn the_work_of_a_pattern_grows_with_its_program_and_with_the_text() {
    let work = |pattern: &str| Pattern::parse(pattern).unwrap().work(1);
    for ordinary in ["^feat/", "^(main|release-.*)$", r"^v\d+\.\d+\.\d+$"] {
        assert!(work(ordinary) <= 16 << 10, "{ordinary}: {}", work(ordinary));
    }
    assert!(work(r"\pL{20}") >= 256 << 10, "{}", work(r"\pL{20}"));
    assert_eq!(Pattern::parse("a").unwrap().work(usize::MAX), usize::MAX);
    assert!(matches!(Pattern::parse(r"(\pL{10}){100}"), Err(RegexError::TooLarge { .. })));
    // Go multiplies nested counts, and 1000 is the most.
    assert!(matches!(Pattern::parse(r"(\pL{100}){100}"), Err(RegexError::Syntax { .. })));
}
