//! Random texts and values that visit the corners: every style, odd indentation, look-alikes of other types, odd characters.

use serde_json::{Map, Number, Value};

use super::random::Random;
use super::words::{CHARACTERS, TOKENS, WORDS};

/// Any text made of tokens, mostly malformed.
pub(crate) fn soup(random: &mut Random) -> String {
    let count = 1 + random.below(14);
    (0..count).map(|_| if random.one_in(3) { random.pick(WORDS) } else { random.pick(TOKENS) }).collect()
}

/// A number-like, date-like or word-like scalar.
pub(crate) fn look_alike(random: &mut Random) -> String {
    const PARTS: &[&str] = &[
        "0",
        "1",
        "7",
        "8",
        "9",
        "12",
        "0x",
        "0b",
        "0o",
        "0X",
        "_",
        "+",
        "-",
        ".",
        "e",
        "E",
        "e+",
        "e-",
        ":",
        "59",
        "60",
        "T",
        "t",
        "Z",
        " ",
        "2024",
        "2001-2-3",
        "-",
        "10:20:30",
        "+05:00",
        "inf",
        "nan",
        "a",
        "F",
        "y",
        "n",
        "es",
        "o",
        "ff",
        "true",
        "null",
        "~",
        "000",
        "99999999999999999999",
    ];
    let count = 1 + random.below(6);
    (0..count).map(|_| random.pick(PARTS)).collect()
}

/// A text of any characters.
pub(crate) fn text(random: &mut Random) -> String {
    match random.below(6) {
        0 => random.pick(WORDS).to_owned(),
        1 => look_alike(random),
        2 => {
            // Long enough to fold, with blanks in odd places.
            let count = 5 + random.below(40);
            (0..count)
                .map(|_| {
                    random.pick(&["word", "a", "quick", " ", " ", " ", "  ", "é", "x-y", ": ", "'", "\"", "<< x >>"])
                })
                .collect()
        }
        3 => {
            let count = 1 + random.below(6);
            let line = |random: &mut Random| {
                random.pick(&["", "", "a", " a", "a ", "  b", "- c", "d: e", "#f", "\u{A0}", "long line of words"])
            };
            let lines: Vec<&str> = (0..count).map(|_| line(random)).collect();
            lines.join("\n")
        }
        4 => "k".repeat(60 + random.below(140)) + random.pick(&["", " tail of it", "é", "\u{2028}x"]),
        _ => {
            let count = random.below(10);
            (0..count).map(|_| random.pick(CHARACTERS)).collect()
        }
    }
}

fn number(random: &mut Random) -> Number {
    let float = |f: f64| Number::from_f64(f).unwrap_or_else(|| 0.into());
    match random.below(9) {
        0 => (random.below(100) as i64 - 50).into(),
        1 => (random.next() as i64).into(),
        2 => random.next().into(),
        3 => float(random.below(1_000_000) as f64 / 64.0),
        4 => float(random.below(1000) as f64 * 10f64.powi(random.below(40) as i32 - 20)),
        5 => float(f64::from_bits(random.next())),
        // As near to one decimal as to the next.
        7 => float((random.next() >> (10 + random.below(4))) as f64 / 4.0),
        6 => float((random.next() >> random.below(60)) as f64),
        _ => float(-(random.below(3) as f64)),
    }
}

fn key(random: &mut Random) -> String {
    match random.below(4) {
        0 => text(random),
        1 => {
            // Keys that the natural order has an opinion on.
            let count = 1 + random.below(4);
            (0..count)
                .map(|_| {
                    random.pick(&["v", "a", "1", "2", "10", "0", "00", "beta", "-", "_", ".", "/", "é", "٣", "Z", "²"])
                })
                .collect()
        }
        _ => random.pick(&["name", "metadata", "spec", "a", "b", "c", "app.kubernetes.io/name"]).to_owned(),
    }
}

/// A JSON value with strings from everywhere.
pub(crate) fn value(random: &mut Random, depth: usize) -> Value {
    match random.below(if depth == 0 { 6 } else { 10 }) {
        0 => Value::Null,
        1 => Value::Bool(random.one_in(2)),
        2 => Value::Number(number(random)),
        3..=5 => Value::String(text(random)),
        6 | 7 => {
            let count = random.below(4);
            (0..count).map(|_| value(random, depth - 1)).collect()
        }
        _ => {
            let count = random.below(5);
            Value::Object((0..count).map(|_| (key(random), value(random, depth - 1))).collect::<Map<_, _>>())
        }
    }
}
