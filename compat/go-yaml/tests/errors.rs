//! An error keeps the library's words and says where and what to do.

use anyhow::Result;
use go_yaml::{Location, PathSegment, ReadError, decode_text, documents, from_str, locate, parse, plain_scalar};

#[expect(clippy::panic, reason = "that is how a test fails")]
fn refused(text: &str) -> ReadError {
    match from_str(text) {
        Ok(value) => panic!("{text:?} was read as {value}"),
        Err(error) => error,
    }
}

#[test]
fn a_syntax_error_has_the_librarys_words_and_the_exact_place() {
    let error = refused("a: 1\nb: 2\n  c: 3\n");
    assert_eq!(error.to_string(), "yaml: line 3: mapping values are not allowed in this context (line 3, column 4)");
    assert_eq!(error.location(), Some(Location { line: 3, column: 4 }));
    // For parser errors the library counts one line too few; the place in brackets is right.
    let error = refused("a:\n  - b\n  c: d\n");
    assert_eq!(error.to_string(), "yaml: line 2: did not find expected '-' indicator (line 3, column 3)");
}

#[test]
fn a_tab_as_indentation_is_named() {
    let error = refused("a:\n\tb: 1\n").to_string();
    assert!(error.contains("found character that cannot start any token"), "{error}");
    assert!(error.ends_with("line 2, column 1 is indented with a tab; use spaces"), "{error}");
}

#[test]
fn a_no_break_space_is_named() {
    let error = refused("a:\n  b: 1\n\u{A0}\u{A0}\nc: 2\n").to_string();
    assert!(
        error.ends_with("line 3, column 1 has a no-break space (U+00A0), as pasted from a web page; use a plain space"),
        "{error}"
    );
}

#[test]
fn a_curly_quote_is_named() {
    let error = refused("a: \u{201C}b: c\u{201D}\n").to_string();
    assert!(
        error.ends_with("line 1, column 4 has a curly double quote (U+201C), as pasted from a web page; use \""),
        "{error}"
    );
}

#[test]
fn a_control_character_is_an_error_also_in_a_comment() {
    let error = refused("a: 1\n# x\u{7}\n").to_string();
    assert_eq!(error, "yaml: control characters are not allowed (line 2, column 4)");
}

#[test]
fn half_a_surrogate_pair_is_an_error() {
    let error = refused("a: \"\\ud83d\\ude00\"\n").to_string();
    assert!(error.contains("found invalid Unicode character escape code"), "{error}");
}

#[test]
fn an_error_in_a_stream_has_its_place_in_the_whole_text() {
    let error = documents("a: 1\n---\nb: 2\n---\nc: d: e\n").unwrap_err();
    assert_eq!(error.location(), Some(Location { line: 5, column: 5 }));
    assert!(error.to_string().starts_with("yaml: line 5: mapping values are not allowed in this context"), "{error}");
}

#[test]
fn bytes_that_are_no_text_are_refused_with_their_place() -> Result<()> {
    let error = decode_text(b"a: 1\n# \xff\n").unwrap_err().to_string();
    assert!(error.contains("invalid leading UTF-8 octet (line 2, column 3)"), "{error}");
    assert!(decode_text(b"a\xc3").unwrap_err().to_string().contains("incomplete UTF-8 octet sequence"));
    assert!(decode_text(b"\xff\xfea").unwrap_err().to_string().contains("incomplete UTF-16 character"));
    assert!(decode_text(b"\xff\xfe\x00\xdc").unwrap_err().to_string().contains("unexpected low surrogate area"));
    Ok(())
}

#[test]
fn files_may_be_utf_8_with_a_mark_or_utf_16() -> Result<()> {
    let expected = serde_json::json!({"a": "é"});
    for bytes in [&b"\xef\xbb\xbfa: \xc3\xa9"[..], &b"\xff\xfea\0:\0 \0\xe9\0"[..], &b"\xfe\xff\0a\0:\0 \0\xe9"[..]] {
        assert_eq!(from_str(&decode_text(bytes)?)?, expected);
    }
    Ok(())
}

const MANIFEST: &str = "apiVersion: v1\nmetadata:\n  name: 101\n  labels:\n    pr: 0x10\n    when: 2024-01-01\n    quoted: \"7\"\n    none: ~\nspec:\n  inputs:\n  - id: 1\n  - {id: 2, name: \"x\"}\n";

#[test]
fn the_text_of_a_scalar_is_the_text_that_was_written() {
    for (path, text) in [
        (&["metadata", "name"][..], Some("101")),
        (&["metadata", "labels", "pr"], Some("0x10")),
        (&["metadata", "labels", "when"], Some("2024-01-01")),
        (&["metadata", "labels", "quoted"], Some("7")),
        (&["metadata", "labels", "none"], None),
        (&["metadata", "labels"], None),
        (&["metadata", "absent"], None),
    ] {
        assert_eq!(plain_scalar(MANIFEST, path).as_deref(), text, "{path:?}");
    }
}

#[test]
fn the_text_of_a_scalar_is_found_through_aliases_and_merges() {
    let text = "base: &b {name: 007}\nmetadata:\n  <<: *b\nother: *b\n";
    assert_eq!(plain_scalar(text, &["metadata", "name"]).as_deref(), Some("007"));
    assert_eq!(plain_scalar(text, &["other", "name"]).as_deref(), Some("007"));
    // A circle of merges is not followed for ever.
    assert_eq!(plain_scalar("a: &a {<<: *a}\n", &["a", "b"]), None);
}

#[test]
fn a_path_leads_to_its_line() {
    let at = |path: &[PathSegment]| locate(MANIFEST, path).map(|l| (l.line, l.column));
    assert_eq!(at(&["metadata".into(), "name".into()]), Some((3, 3)));
    assert_eq!(at(&["spec".into(), "inputs".into(), 0.into(), "id".into()]), Some((11, 5)));
    assert_eq!(at(&["spec".into(), "inputs".into(), 1.into()]), Some((12, 5)));
    assert_eq!(at(&["spec".into(), "inputs".into(), 1.into(), "name".into()]), Some((12, 13)));
    assert_eq!(at(&["spec".into(), "inputs".into(), 2.into()]), None);
    assert_eq!(at(&[]), Some((1, 1)));
    assert_eq!(locate("a: [", &["a".into()]), None);
}

#[test]
fn a_node_tells_what_was_written() -> Result<()> {
    let documents = parse("a: 'x'\n---\n- !!int \"5\"\n- 1.50\n- yes\n- |\n  t\n")?;
    assert_eq!(documents.len(), 2);
    let quoted = documents[0].get("a").unwrap();
    assert_eq!(
        (quoted.text(), quoted.style(), quoted.line(), quoted.column()),
        (Some("x"), go_yaml::Style::SingleQuoted, 1, 4)
    );
    let items = documents[1].items();
    assert_eq!(items[0].tag(), "tag:yaml.org,2002:int");
    assert_eq!(items[0].to_value()?, serde_json::json!(5));
    assert_eq!(items.iter().map(|i| i.coerced().unwrap()).collect::<Vec<_>>(), ["5", "1.5", "true", "t\n"]);
    assert_eq!(items[3].style(), go_yaml::Style::Literal);
    Ok(())
}
