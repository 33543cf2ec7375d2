//! Input values: every JSON shape, and texts that visit the corners of YAML, Unicode and numbers.

use super::Random;
use super::words::{CHARACTERS, LOOK_ALIKES, TEXTS};
use serde_json::{Map, Number, Value, json};

/// The input of a case. Templates find every kind of value under a known key.
pub(crate) fn inputs(random: &mut Random) -> Value {
    json!({
        "s": text(random), "t": text(random), "i": random.below(4), "big": number(random), "f": float(random),
        "b": random.one_in(2), "n": null, "e": "", "l": [text(random), number(random), null, "z"],
        "m": {"k": text(random), "a": [1, {"x": "y"}], "n": {"z": number(random)}}, "u": random.pick(super::words::URLS),
        "d": random.pick(super::words::DATES), "v": structure(random), "js": value(random, 2).to_string(),
        "list": (0..random.below(6)).map(|_| value(random, 0)).collect::<Vec<_>>(),
    })
}

/// Any value but a number: templates loop over it.
fn structure(random: &mut Random) -> Value {
    let value = value(random, 3);
    if value.is_number() { json!([value]) } else { value }
}

/// Any value.
pub(crate) fn value(random: &mut Random, depth: usize) -> Value {
    match random.below(if depth == 0 { 7 } else { 10 }) {
        0 => Value::Null,
        1 => Value::Bool(random.one_in(2)),
        2 => number(random),
        3 => float(random),
        4..=6 => Value::String(text(random)),
        7 => (0..random.below(4)).map(|_| value(random, depth - 1)).collect(),
        _ => {
            let fields = (0..random.below(4)).map(|n| (key(random, n), value(random, depth - 1)));
            Value::Object(fields.collect::<Map<_, _>>())
        }
    }
}

/// A key: mostly a word, sometimes anything.
fn key(random: &mut Random, nth: usize) -> String {
    match random.below(8) {
        0 => text(random),
        1 => random.pick(LOOK_ALIKES).to_owned(),
        _ => format!("{}{nth}", random.pick(&["k", "name", "a-b", "x.y", "K", "é"])),
    }
}

/// An integer, or what is too large for one.
pub(crate) fn number(random: &mut Random) -> Value {
    match random.below(4) {
        0 => json!(random.next() as i64),
        1 => json!(random.below(1000)),
        _ => {
            let edges: [i128; 18] = [
                0,
                1,
                -1,
                42,
                255,
                256,
                65_536,
                1_000_000,
                i128::from(i32::MAX),
                i128::from(i32::MIN) - 1,
                1 << 53,
                (1 << 53) + 1,
                i128::from(i64::MAX),
                i128::from(i64::MIN),
                i128::from(i64::MAX) + 1,
                i128::from(u64::MAX),
                1_234_567_890_123,
                -1000,
            ];
            let at = random.below(edges.len());
            let edge = edges.get(at).copied().unwrap_or(0);
            i64::try_from(edge).map_or_else(|_| json!(edge as u64), |n| json!(n))
        }
    }
}

/// A number with a fraction, or beyond integers: an integral one is an integer by the time that it is an input.
pub(crate) fn float(random: &mut Random) -> Value {
    let edges = [
        0.1,
        0.5,
        -2.5,
        1.005,
        1e-7,
        1.5e-5,
        0.000_123_4,
        123_456.75,
        1_000_000.5,
        123_456_789.125,
        1e20,
        1e21,
        1.234e22,
        f64::MAX,
        f64::MIN_POSITIVE,
        5e-324,
        -0.25,
        1.0 / 3.0,
        1e100,
        99_999.999_999_9,
    ];
    let at = random.below(edges.len() + 4);
    let float = edges.get(at).copied().unwrap_or_else(|| f64::from_bits(random.next()));
    let integral = float.fract() == 0.0 && float.abs() < 9.3e18;
    if integral || !float.is_finite() { json!(0.5) } else { Number::from_f64(float).map_or(Value::Null, Value::Number) }
}

/// A text: words, look-alikes of other types, odd characters, long lines.
pub(crate) fn text(random: &mut Random) -> String {
    match random.below(10) {
        0..=3 => random.pick(TEXTS).to_owned(),
        4 | 5 => random.pick(LOOK_ALIKES).to_owned(),
        6 => {
            let count = random.below(3);
            let lines: Vec<&str> =
                (0..=count).map(|_| random.pick(&["", "a", " a", "a ", "- c", "d: e", "# f", "\tg", "it's"])).collect();
            lines.join("\n") + random.pick(&["", "", "\n", "\n\n"])
        }
        7 => random.pick(&["long ", "word-", "é", "x: ", "a\u{301}"]).repeat(20 + random.below(60)),
        _ => random.pieces(CHARACTERS, 10),
    }
}
