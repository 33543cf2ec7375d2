//! What go-yaml was seen to write: one test for each fact.

use anyhow::Result;
use go_yaml::{json_to_yaml, to_string};
use serde_json::{Value, json};

/// The text of a string as value of the key `k`.
fn written(text: &str) -> Result<String> {
    let yaml = to_string(&json!({ "k": text }))?;
    Ok(yaml.strip_prefix("k: ").unwrap_or(&yaml).strip_suffix('\n').unwrap_or_default().to_owned())
}

#[test]
fn strings_that_read_as_something_else_get_double_quotes() -> Result<()> {
    for text in [
        "",
        "y",
        "n",
        "yes",
        "No",
        "on",
        "OFF",
        "true",
        "false",
        "null",
        "~",
        "089",
        "0o7",
        "1_000",
        "+1",
        ".5",
        ".NaN",
        "+.inf",
        "0e1234",
        "12:30",
        "12:30:45",
        "190:20:30.15",
        "1:2.5",
        "2024-1-1",
        "2001-12-15 2:59:43.10",
        "0b-1",
    ] {
        assert_eq!(written(text)?, format!("\"{text}\""));
    }
    Ok(())
}

#[test]
fn harmless_strings_stay_plain() -> Result<()> {
    for text in [
        "yEs",
        "tRue",
        "nULL",
        "12:60",
        "1e400",
        "1234e567",
        "0b2",
        "0x",
        ".",
        "..",
        "+",
        "=",
        "<",
        "--",
        "-a",
        "?a",
        ":a",
        "a:b",
        "a#b",
        "it's",
        "a\\b",
        "~a",
        "infinity",
        "NaN",
        "1,000",
        "2024-01",
        "2024-13-01",
        "2024-01-01 10:00",
        "a[b]{c},d",
        "<< inputs.x >>",
        "<<",
    ] {
        assert_eq!(written(text)?, text);
    }
    Ok(())
}

#[test]
fn indicators_and_outer_blanks_get_single_quotes() -> Result<()> {
    for text in [
        "-",
        "- a",
        "----a",
        "...a",
        "? a",
        "?",
        ":",
        "a:",
        "a: b",
        "a #b",
        "#a",
        "@a",
        "`a",
        "%a",
        "!a",
        "&a",
        "*a",
        ">a",
        "|a",
        "{a}",
        "[a]",
        " a",
        "a ",
        " ",
        "\"a\"",
        "{\"a\": 1}",
        "k: << inputs.a >>",
    ] {
        assert_eq!(written(text)?, format!("'{text}'"));
    }
    assert_eq!(written("'a'")?, "'''a'''");
    Ok(())
}

#[test]
fn special_characters_are_escaped_in_double_quotes() -> Result<()> {
    for (character, text) in [
        ('\t', r#""a\tb""#),
        ('\r', r#""a\rb""#),
        ('\0', r#""a\0b""#),
        ('\x07', r#""a\ab""#),
        ('\x1b', r#""a\eb""#),
        ('\u{FEFF}', r#""a\uFEFFb""#),
        ('\u{10000}', r#""a\U00010000b""#),
        ('🚀', r#""a\U0001F680b""#),
        ('\u{85}', "a b"),
        ('\u{2028}', "'a\u{2028}  b'"),
        ('\u{2029}', "'a\u{2029}  b'"),
    ] {
        assert_eq!(written(&format!("a{character}b"))?, text);
    }
    for character in ['\u{A0}', '\u{AD}', '\u{200B}', '\u{202E}', '\u{E000}', '\u{FFFD}', 'é', '日'] {
        assert_eq!(written(&format!("a{character}b"))?, format!("a{character}b"));
    }
    assert_eq!(written("a\r\nb")?, r#""a\r\nb""#);
    assert_eq!(written("🚀 launch")?, r#""\U0001F680 launch""#);
    Ok(())
}

#[test]
fn control_characters_are_an_error() {
    for character in ['\u{7F}', '\u{80}', '\u{9F}', '\u{FFFE}', '\u{FFFF}'] {
        for value in [json!({"k": format!("a{character}b")}), json!({format!("a{character}b"): 1})] {
            let error = to_string(&value).unwrap_err().to_string();
            assert!(error.contains("yaml: control characters are not allowed"), "{error}");
            assert!(error.contains(&format!("U+{:04X}", u32::from(character))), "{error}");
        }
    }
}

#[test]
fn a_next_line_character_is_a_line_break_on_the_way() -> Result<()> {
    assert_eq!(written("a \u{85} b")?, "a b");
    assert_eq!(written("a\u{85}\u{85}b")?, "|-\n  a\n  b");
    let error = to_string(&json!("a\u{85}--- b")).unwrap_err().to_string();
    assert!(error.contains("found unexpected document indicator"), "{error}");
    let error = to_string(&json!({"a\u{85}b": 1})).unwrap_err().to_string();
    assert!(error.contains("did not find expected ',' or '}'"), "{error}");
    Ok(())
}

#[test]
fn lines_are_literal_blocks() -> Result<()> {
    for (text, expected) in [
        ("a\nb", "|-\n  a\n  b"),
        ("a\nb\n", "|\n  a\n  b"),
        ("a\n\n\n", "|+\n  a\n\n"),
        (" a\nb", "|2-\n   a\n  b"),
        ("\na", "|2-\n\n  a"),
        ("\n", "|2+\n"),
        ("a \nb", "\"a \\nb\""),
        ("a\n ", "\"a\\n \""),
        ("a\n\tb", "\"a\\n\\tb\""),
        ("a\u{a0}\n", "|\n  a\u{a0}"),
    ] {
        assert_eq!(written(text)?, expected, "{text:?}");
    }
    assert_eq!(to_string(&json!("a\nb"))?, "|-\n  a\n  b\n");
    Ok(())
}

#[test]
fn long_and_broken_keys_are_explicit() -> Result<()> {
    let (long, longer) = ("k".repeat(128), "k".repeat(129));
    assert_eq!(to_string(&json!({ &long: 1 }))?, format!("{long}: 1\n"));
    assert_eq!(to_string(&json!({ &longer: 1 }))?, format!("? {longer}\n: 1\n"));
    assert_eq!(to_string(&json!({ "é".repeat(64): 1 }))?, format!("{}: 1\n", "é".repeat(64)));
    assert!(to_string(&json!({ "é".repeat(65): 1 }))?.starts_with("? é"));
    assert_eq!(to_string(&json!({"m": {"a\nb": "r"}}))?, "m:\n  ? |-\n    a\n    b\n  : r\n");
    assert!(to_string(&json!({ "k".repeat(1022): 1 })).is_ok());
    assert!(to_string(&json!({ "k".repeat(1023): 1 })).is_err());
    // Counted in JSON text, where `<` takes six characters.
    assert!(to_string(&json!({ "<".repeat(171): 1 })).is_err());
    Ok(())
}

#[test]
fn lines_fold_at_the_first_single_space_after_column_80() -> Result<()> {
    let w = "w".repeat(90);
    assert_eq!(written(&format!("{w} a b"))?, format!("{w}\n  a b"));
    assert_eq!(written(&format!("{w}  a b"))?, format!("{w}  a\n  b"));
    assert_eq!(to_string(&json!({"k": [format!("{w} a")]}))?, format!("k:\n- {w}\n  a\n"));
    assert_eq!(written(&format!("\t{w}  x"))?, format!("\"\\t{w}\n  \\ x\""));
    assert_eq!(written(&format!("a: {w} b "))?, format!("'a: {w}\n  b '"));
    assert_eq!(written(&format!("{} a", "w".repeat(77)))?, format!("{} a", "w".repeat(77)));
    assert_eq!(written(&format!("{} a", "w".repeat(78)))?, format!("{}\n  a", "w".repeat(78)));
    Ok(())
}

#[test]
fn lists_stand_at_the_column_of_their_key() -> Result<()> {
    let value = json!({"a": [1, {"b": [[], {}], "c": null}, [2, [3]]], "d": {}, "e": []});
    assert_eq!(to_string(&value)?, "a:\n- 1\n- b:\n  - []\n  - {}\n  c: null\n- - 2\n  - - 3\nd: {}\ne: []\n");
    assert_eq!(to_string(&json!([[1, 2]]))?, "- - 1\n  - 2\n");
    Ok(())
}

#[test]
fn keys_are_in_natural_order() -> Result<()> {
    let value = json!({"a10": 0, "a2": 0, "a": 0, "B": 0, "b": 0, "-": 0, "a-b": 0, "ab": 0, "1": 0, "10": 0, "2": 0, "a02": 0});
    assert_eq!(to_string(&value)?.replace(": 0\n", " "), "'-' \"1\" \"2\" \"10\" B a a-b a2 a02 a10 ab b ");
    Ok(())
}

#[test]
fn keys_that_run_in_circles_have_one_order() -> Result<()> {
    let value = json!({"v1beta1": 0, "v2": 0, "v10": 0});
    let first = to_string(&value)?;
    for _ in 0..20 {
        let again: Value = serde_json::from_str(&value.to_string())?;
        assert_eq!(to_string(&again)?, first);
    }
    Ok(())
}

#[test]
fn unsigned_integers_and_floats_keep_their_text() -> Result<()> {
    assert_eq!(
        to_string(&json!([u64::MAX, i64::MIN, 1e6, 1.5, -0.0, 1e21, 123456.7]))?.replace("\n- ", " "),
        "- 18446744073709551615 -9223372036854775808 1000000 1.5 0 1e+21 123456.7\n"
    );
    Ok(())
}

#[test]
fn both_functions_give_the_same_bytes() -> Result<()> {
    let value = json!({"a": ["<b>", 1.0, "x\ny"]});
    assert_eq!(json_to_yaml(&value)?, to_string(&value)?);
    Ok(())
}
