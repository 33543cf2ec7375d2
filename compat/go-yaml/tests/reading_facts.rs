//! What go-yaml was seen to read: one test for each fact.

use anyhow::Result;
use go_yaml::{documents, from_str, from_str_all, to_string};
use serde_json::{Value, json};

/// Reads `k: <source>` and writes it again.
fn rewritten(source: &str) -> Result<String> {
    let text = to_string(&from_str(&format!("k: {source}\n"))?)?;
    Ok(text.trim_start_matches("k: ").trim_end_matches('\n').to_owned())
}

fn check(table: &[(&str, &str)]) -> Result<()> {
    for (source, expected) in table {
        assert_eq!(rewritten(source)?, *expected, "{source}");
    }
    Ok(())
}

#[test]
fn integers_come_in_every_base() -> Result<()> {
    check(&[
        ("0644", "420"),
        ("0o644", "420"),
        ("0x1F", "31"),
        ("0X1f", "31"),
        ("-0x1F", "-31"),
        ("0b101", "5"),
        ("0B1", "1"),
        ("-0b11", "-3"),
        ("1_000", "1000"),
        ("1__0", "10"),
        ("1_", "1"),
        ("0_7", "7"),
        ("089", "89"),
        ("00", "0"),
        ("+5", "5"),
        ("-0", "0"),
    ])
}

#[test]
fn integral_floats_become_integers() -> Result<()> {
    check(&[
        ("1.0", "1"),
        ("1e3", "1000"),
        ("1E5", "100000"),
        ("-0.0", "0"),
        ("5.", "5"),
        (".5e3", "500"),
        ("3.0e0", "3"),
        ("12e03", "12000"),
    ])?;
    assert_eq!(from_str("1.0")?, json!(1));
    assert_eq!(from_str("1e20")?, json!(1e20));
    assert!(from_str("9223372036854775808")?.is_f64());
    assert_eq!(from_str("9223372036854775807")?, json!(i64::MAX));
    Ok(())
}

#[test]
fn numbers_are_printed_as_the_reference_prints_them() -> Result<()> {
    check(&[
        (".5", "0.5"),
        ("-.5", "-0.5"),
        ("+.5", "0.5"),
        ("1.20", "1.2"),
        ("1.e5", "100000"),
        ("1_0.5", "10.5"),
        ("9223372036854775808", "9223372036854776000"),
        ("18446744073709551615", "1.8446744073709552e+19"),
        ("18446744073709551616", "1.8446744073709552e+19"),
        ("-9223372036854775809", "-9.223372036854776e+18"),
        ("9007199254740993", "9007199254740993"),
        ("1e20", "1e+20"),
        ("1e21", "1e+21"),
        ("1000000.5", "1.0000005e+06"),
        ("123456789.125", "1.23456789125e+08"),
        ("1e-5", "1e-05"),
        ("0.00001234", "1.234e-05"),
        ("12e45", "1.2e+46"),
        (".5_0", "0.5"),
    ])
}

#[test]
fn what_only_looks_like_a_number_stays_a_plain_string() -> Result<()> {
    for text in ["1e400", "1234e567", "0x1.8p3", "_1", "._5", "1e", "12e4567", "0x", "0b2"] {
        assert_eq!(from_str(text)?, json!(text));
        assert_eq!(rewritten(text)?, text);
    }
    Ok(())
}

#[test]
fn yaml_1_1_words_are_bools_and_null() -> Result<()> {
    for text in ["y", "Y", "yes", "On", "TRUE", "True"] {
        assert_eq!(from_str(text)?, json!(true), "{text}");
    }
    for text in ["n", "NO", "off", "False"] {
        assert_eq!(from_str(text)?, json!(false), "{text}");
    }
    for text in ["~", "null", "Null", "NULL", ""] {
        assert_eq!(from_str(text)?, Value::Null, "{text}");
    }
    for text in ["yEs", "tRue", "nULL", "nan", "infinity"] {
        assert_eq!(from_str(text)?, json!(text));
    }
    Ok(())
}

#[test]
fn keys_become_text() -> Result<()> {
    assert_eq!(from_str("{n: 5}")?, json!({"false": 5}));
    assert_eq!(
        from_str("y: 1\n0x10: 2\n3.14159265358979: 3\n2024-01-01: 4\n1.0: 5\n")?,
        json!({
            "true": 1, "16": 2, "3.1415927": 3, "2024-01-01": 4, "1": 5,
        })
    );
    Ok(())
}

#[test]
fn a_key_that_has_no_text_is_refused() {
    for (text, said) in [
        ("~: 1", "unsupported map key of type"),
        ("18446744073709551615: 1", "unsupported map key of type: uint64"),
        ("? [a]\n: 1", "invalid map key"),
        ("? {a: 1}\n: 1", "invalid map key"),
    ] {
        let error = from_str(text).unwrap_err().to_string();
        assert!(error.contains(said), "{text}: {error}");
    }
}

#[test]
fn the_last_of_equal_keys_wins() -> Result<()> {
    assert_eq!(from_str("a: 1\nb: 2\na: 3\n")?, json!({"a": 3, "b": 2}));
    // Also over a value that JSON could not have said.
    assert_eq!(from_str("a: .nan\na: 3\n")?, json!({"a": 3}));
    assert_eq!(from_str("a: {~: 1}\na: 3\n")?, json!({"a": 3}));
    assert_eq!(from_str("x: &x {b: [.nan]}\nx: 1\na: [*x]\na: {c: *x}\na: 3\n")?, json!({"x": 1, "a": 3}));
    Ok(())
}

#[test]
fn merge_keys_follow_source_order() -> Result<()> {
    let base = "d: &d {x: 1, w: 2}\n";
    assert_eq!(from_str(&format!("{base}e: {{w: 3, <<: *d}}"))?["e"], json!({"x": 1, "w": 2}));
    assert_eq!(from_str(&format!("{base}e: {{<<: *d, w: 3}}"))?["e"], json!({"x": 1, "w": 3}));
    assert_eq!(from_str("a: &a {x: 1}\nb: {<<: [*a, {x: 9, z: 2}]}")?["b"], json!({"x": 1, "z": 2}));
    assert_eq!(from_str("{\"<<\": 1}")?, json!({"<<": 1}));
    let error = from_str("a: {<<: 5}").unwrap_err().to_string();
    assert!(error.contains("map merge requires map or sequence of maps as the value"), "{error}");
    Ok(())
}

#[test]
fn tags_decide_the_type() -> Result<()> {
    check(&[
        ("!!str 5", "\"5\""),
        ("!!int \"5\"", "5"),
        ("!!float 5", "5"),
        ("!!bool \"yes\"", "true"),
        ("!!binary aGVsbG8=", "hello"),
        ("! 12", "\"12\""),
        ("!custom x", "x"),
        ("!!null \"\"", "null"),
        ("!!binary /w==", "\u{FFFD}"),
    ])?;
    let error = from_str("a: !!int x").unwrap_err().to_string();
    assert!(error.contains("cannot decode !!str `x` as a !!int"), "{error}");
    Ok(())
}

#[test]
fn json_has_no_nan() {
    for (text, said) in [(".nan", "NaN"), (".inf", "+Inf"), ("-.INF", "-Inf")] {
        let error = from_str(text).unwrap_err().to_string();
        assert!(error.contains(&format!("json: unsupported value: {said}")), "{error}");
    }
}

#[test]
fn only_the_first_document_counts_for_a_single_value() -> Result<()> {
    assert_eq!(from_str("a: 1\n---\nb: [\n")?, json!({"a": 1}));
    assert_eq!(from_str("---\n---\na: 1")?, Value::Null);
    assert_eq!(from_str("")?, Value::Null);
    assert_eq!(from_str("# only a comment\n")?, Value::Null);
    Ok(())
}

#[test]
fn all_documents_of_a_plain_stream_are_read() -> Result<()> {
    assert_eq!(
        from_str_all("a: 1\n---\n---\n- 2\n...\n--- x\n")?,
        [json!({"a": 1}), Value::Null, json!([2]), json!("x")]
    );
    assert!(from_str_all("a: 1\n---\nb: [\n").is_err());
    assert_eq!(from_str_all("")?, Vec::<Value>::new());
    Ok(())
}

fn values(text: &str) -> Result<Vec<Value>> {
    Ok(documents(text)?.into_iter().map(|document| document.value.into()).collect())
}

#[test]
fn a_rendered_stream_is_split_at_separator_lines() -> Result<()> {
    assert_eq!(
        values("---\na: 1\n--- # two\nb: |\n  ---\n---   \n# none\n---\n~\n")?,
        [json!({"a": 1}), json!({"b": "---\n"})]
    );
    for text in ["a: 1\n----\nb: 2", "a: 1\n--- foo\nb: 2", "a: 1\n---x\nb: 2"] {
        let error = documents(text).unwrap_err().to_string();
        assert!(error.contains("invalid Yaml document separator: ") && error.contains("line 2"), "{error}");
    }
    Ok(())
}

#[test]
fn what_follows_the_end_marker_is_dropped() -> Result<()> {
    assert_eq!(values("a: 1\n...\nb: 2\n---\nc: 3\n")?, [json!({"a": 1}), json!({"c": 3})]);
    Ok(())
}

#[test]
fn directives_fail_in_a_rendered_stream() {
    assert!(documents("%YAML 1.1\n---\na: 1\n").is_err());
    assert!(from_str("%YAML 1.1\n---\na: 1\n").is_ok());
}

#[test]
fn anchors_do_not_cross_documents() {
    let error = documents("a: &a 1\n---\nb: *a\n").unwrap_err().to_string();
    assert!(error.contains("unknown anchor 'a' referenced") && error.contains("line 3, column 4"), "{error}");
}

#[test]
fn json_documents_may_follow_each_other() -> Result<()> {
    assert_eq!(values("{\"a\":1}{\"b\":2}\n\n{\"c\":{}}")?, [json!({"a": 1}), json!({"b": 2}), json!({"c": {}})]);
    // After one the stream may go on as YAML, after two not.
    assert_eq!(values("{\"a\":1}\n---\nb: 2\n")?, [json!({"a": 1}), json!({"b": 2})]);
    let error = documents("{\"a\":1}\n{\"b\":2}\n---\nc: 3\n").unwrap_err().to_string();
    assert!(error.contains("invalid character '-' in numeric literal") && error.contains("line 3"), "{error}");
    assert_eq!(values("{a: b}\n---\nc: 3\n")?, [json!({"a": "b"}), json!({"c": 3})]);
    Ok(())
}

#[test]
fn a_document_knows_its_line_and_its_text() -> Result<()> {
    let found = documents("# head\n---\na: 1\n---\n\nb:\n  c: 101\n")?;
    let places: Vec<(u32, &str)> = found.iter().map(|d| (d.line, d.text.as_ref())).collect();
    assert_eq!(places, [(3, "a: 1\n"), (5, "\nb:\n  c: 101\n")]);
    assert_eq!(go_yaml::plain_scalar(&found[1].text, &["b", "c"]).as_deref(), Some("101"));
    let json = documents("{\"a\":1}\n {\"b\":2}")?;
    assert_eq!((json[1].line, json[1].text.as_ref()), (2, "{\"b\":2}"));
    Ok(())
}

/// A text of nothing but printable ASCII is read by fast paths; a character beyond ASCII at its end takes the slow ones.
#[test]
fn plain_texts_are_read_as_texts_with_other_characters_are() {
    let long = |letters: usize| format!("{}: 1\n", "k".repeat(letters));
    let stairs: String = (0..12_000).map(|level| format!("{}k:\n", " ".repeat(level % 7))).collect();
    let many = [
        "a: 1\nb:\n  c: x y\n  d:\n  - e: 1\n    f: 2\n  - g\n".to_owned(),
        "a:b: c\n:d: e\n-f: g\n?h: i\n".to_owned(),
        "a: b: c\n".to_owned(),
        "a\nb: c\n".to_owned(),
        "a: 1\nb\nc: 2\n".to_owned(),
        "a: 1\nb\n".to_owned(),
        "a:\n  b: 1\n c: 2\n".to_owned(),
        "a: 1\n  b: 2\n".to_owned(),
        "? a\n: b: c\n".to_owned(),
        "- a: 1\n  b: 2\n- - c: 3\n    d\n".to_owned(),
        "- a:\n- b: [c: d, e: f]\n- {g: h, i:j}\n".to_owned(),
        "a b: c\nd  e : f\n\"g\": h\n'i': j\n".to_owned(),
        "a:\n- b\nc: |\n  d: e\nf: g\n".to_owned(),
        "---\na: 1\n---\nb: 2\n...\nc: 3\n".to_owned(),
        "%TAG ! x\n---\na: 1\n".to_owned(),
        "a: &x 1\nb: *x\nc: !!str 2\n<<: {d: 1}\n".to_owned(),
        "a".to_owned(),
        "a:".to_owned(),
        "a: 1\n\tb: 2\n".to_owned(),
        long(1023),
        long(1024),
        long(1025),
        format!("a: 1\n{}", long(1025)),
        stairs,
    ];
    for text in many {
        let other = format!("{text}{}# \u{e9}\n", if text.ends_with('\n') { "" } else { "\n" });
        assert_eq!(from_str(&text), from_str(&other), "{text:?}");
    }
}
