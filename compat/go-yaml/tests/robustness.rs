//! No input panics, overflows the stack or takes more than linear time.

mod oracle;

use std::time::{Duration, Instant};

use anyhow::Result;
use go_yaml::{MAX_DEPTH, MAX_SIZE, ReadError, WriteError, documents, from_str, from_str_all, parse, to_string};
use oracle::random::Random;
use oracle::{documents as streams, generate};
use serde_json::{Value, json};

/// A stack as small as that of a WebAssembly guest.
fn on_a_small_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let thread = std::thread::Builder::new().stack_size(1 << 20).spawn(work)?;
    thread.join().map_err(|_| anyhow::anyhow!("panicked"))
}

fn read_every_way(text: &str) {
    let _ = from_str(text);
    let _ = from_str_all(text);
    let _ = documents(text);
    if let Ok(nodes) = parse(text) {
        for node in nodes {
            let _ = (node.get("a"), node.plain_scalar(&["a", "b"]), node.coerced());
        }
    }
}

#[test]
fn any_bytes_are_read_or_refused() -> Result<()> {
    on_a_small_stack(|| {
        let mut random = Random::new(7);
        for _ in 0..4_000 {
            let bytes: Vec<u8> = (0..random.below(60)).map(|_| random.next() as u8).collect();
            if let Ok(text) = go_yaml::decode_text(&bytes) {
                read_every_way(&text);
            }
            read_every_way(&String::from_utf8_lossy(&bytes));
            let ascii: String = bytes.iter().map(|b| char::from(b % 96 + 32)).collect();
            read_every_way(&ascii);
        }
    })
}

#[test]
fn any_text_is_read_or_refused() -> Result<()> {
    on_a_small_stack(|| {
        let mut random = Random::new(8);
        for _ in 0..1_500 {
            read_every_way(&streams::mutated(&mut random));
            read_every_way(&generate::soup(&mut random));
            read_every_way(&streams::stream(&mut random));
        }
    })
}

#[test]
fn what_was_written_reads_back() -> Result<()> {
    let mut random = Random::new(9);
    let mut written = 0;
    for _ in 0..5_000 {
        let value = generate::value(&mut random, 4);
        // The library writes a key `<<` without quotes and reads it as a merge.
        if value.to_string().contains("\"<<\":") {
            continue;
        }
        let Ok(text) = to_string(&value) else { continue };
        // Once through, the value is what YAML can say (big integers are floats); from then on it must not change.
        let first = from_str(&text)?;
        assert_eq!(from_str(&to_string(&first)?)?, first, "{value}");
        written += 1;
    }
    assert!(written > 4_000, "{written}");
    Ok(())
}

#[test]
fn nesting_is_bounded_for_reading() -> Result<()> {
    on_a_small_stack(|| {
        let deepest = "[".repeat(MAX_DEPTH) + &"]".repeat(MAX_DEPTH);
        assert!(from_str(&deepest).is_ok());
        let lines = |count: usize| (0..count).map(|n| " ".repeat(n) + "a:\n").collect::<String>();
        let items = |count: usize| "- ".repeat(count) + "x";
        for text in [
            "[".repeat(MAX_DEPTH + 1),
            "{a: ".repeat(20_000),
            "[".repeat(200_000),
            lines(MAX_DEPTH + 1),
            items(20_000),
            "? ".repeat(20_000),
        ] {
            assert!(from_str(&text).is_err(), "{}", &text[..20]);
            assert!(documents(&text).is_err(), "{}", &text[..20]);
        }
        assert!(matches!(from_str(&lines(MAX_DEPTH + 1)), Err(ReadError::TooDeep { limit: MAX_DEPTH, .. })));
    })
}

#[test]
fn nesting_is_bounded_for_writing() -> Result<()> {
    on_a_small_stack(|| {
        let nested = |depth: usize| (0..depth).fold(json!(1), |inner, _| Value::Array(vec![inner]));
        assert!(to_string(&nested(MAX_DEPTH)).is_ok());
        assert_eq!(to_string(&nested(MAX_DEPTH + 1)), Err(WriteError::TooDeep { limit: MAX_DEPTH }));
    })
}

#[test]
fn aliases_cannot_multiply() -> Result<()> {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for n in 1..10 {
        let aliases = vec![format!("*a{}", n - 1); 10].join(", ");
        bomb += &format!("a{n}: &a{n} [{aliases}]\n");
    }
    let error = from_str(&bomb).unwrap_err().to_string();
    assert!(error.contains("document contains excessive aliasing"), "{error}");

    // Few nodes, but each a long text: the library shares it, a copy for each alias must not fill the memory.
    let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(1 << 20), vec!["*a"; 200].join(", "));
    let error = from_str(&long).unwrap_err().to_string();
    assert!(error.contains("document contains excessive aliasing"), "{error}");

    let error = from_str("a: &a [*a]").unwrap_err().to_string();
    assert!(error.contains("anchor 'a' value contains itself"), "{error}");
    let error = from_str("a: &a {<<: *a}").unwrap_err().to_string();
    assert!(error.contains("anchor 'a' value contains itself"), "{error}");
    Ok(())
}

#[test]
fn a_text_that_is_too_long_is_refused() {
    let text = " ".repeat(MAX_SIZE + 1);
    assert_eq!(from_str(&text), Err(ReadError::TooLarge { size: MAX_SIZE + 1, limit: MAX_SIZE }));
}

/// How long each way of reading takes for `count` copies of a piece.
fn time(piece: &str, count: usize) -> Duration {
    let text = piece.repeat(count);
    let start = Instant::now();
    read_every_way(&text);
    start.elapsed()
}

#[test]
fn time_grows_with_the_length_of_the_text() {
    for piece in [
        "a: b\n",
        "- x\n",
        "[",
        "{",
        "]",
        "[]",
        "{}",
        "a: [b, {c: d}]\n",
        "? a\n",
        "- ",
        "\"a\" ",
        "'",
        "\"\n",
        "# c\n",
        "a ",
        "a\n",
        "\n",
        "\t",
        "---\n",
        "--- x\n",
        "...\n",
        "&a ",
        "*a ",
        "!a ",
        "!!int 5\n",
        "|\n a\n",
        "- |+\n\n\n",
        "k: >\n a\n  b\n\n",
        "{\"a\":1}",
        "{\"a\":1}\n",
        "\u{85}",
        "\u{FEFF}",
        "\u{2028}",
        "é",
        "\\",
        ",",
        ":",
        ": ",
        "a:",
        "? ",
        "%TAG !a! b\n",
        "<<: {a: 1}\n",
        "[a: ",
        "{a, ",
        "\"\\ud83d\"",
        "- - - - - - - -\n",
        "x: &a 1\ny: *a\n",
        "x: &a 1\n---\n",
    ] {
        let count = 25_000 / piece.len();
        // Four times the text: sixteen times the time would be quadratic. The machine may be busy with something else, so
        // the best of a few tries counts, and the floor keeps noise out.
        let mut tries = Vec::new();
        let linear = (0..6).any(|_| {
            let (short, long) = (time(piece, count), time(piece, count * 4));
            tries.push((short, long));
            long < short.max(Duration::from_millis(15)) * 10
        });
        assert!(linear, "{piece:?}: {tries:?}");
    }
}

#[test]
fn writing_time_grows_with_the_size_of_the_value() {
    let value = |count: usize| {
        let map: serde_json::Map<String, Value> =
            (0..count).map(|n| (format!("v{}beta{n}", n % 7), json!("word ".repeat(n % 40)))).collect();
        Value::Object(map)
    };
    let time = |count: usize| {
        let value = value(count);
        let start = Instant::now();
        let _ = to_string(&value);
        start.elapsed()
    };
    let linear = (0..6).any(|_| time(8_000) < time(2_000).max(Duration::from_millis(15)) * 10);
    assert!(linear, "four times the keys took more than ten times as long, six times");
}
