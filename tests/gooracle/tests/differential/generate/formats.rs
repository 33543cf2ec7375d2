//! `printf`: every verb, with flags, widths, precisions and argument indexes, on every kind of value.

use super::calls::{operand, quoted};
use super::{Case, Random, values};

const VALUES: &[&str] = &[
    "1",
    "-7",
    "0",
    "255",
    "2.5",
    "-0.0",
    "1e20",
    "1e-7",
    "3.0",
    "100000.0",
    "1e6",
    "123456789.0",
    "inputs.f",
    "inputs.big",
    "inputs.s",
    "inputs.t",
    "inputs.b",
    "nil",
    "inputs.n",
    "inputs.l",
    "inputs.m",
    "inputs.list",
    "'x'",
    "0x1F600",
    "-1",
    "\"\"",
    "\"héllo\"",
    "\"\\xff\\x00z\"",
    "`a\"b`",
    "true",
    "1i",
    "(1+2i)",
    "2.5i",
    "(until 3)",
    "(list)",
    "(list 1 \"a\" nil)",
    "(splitList \",\" \"a,b\")",
    "(split \",\" \"a,b\")",
    "(index \"abc\" 1)",
    "(int64 9)",
    "(toDate \"2006\" \"2026\")",
    "(toDate \"2006\" \"2026\").Month",
    "(toDate \"2006\" \"2026\").Weekday",
    "((toDate \"2006\" \"2026\").Sub (toDate \"2006\" \"2025\"))",
    "(chunk 1 (list 1 2))",
    "(dict)",
    "(dict \"b\" 1 \"a\" (list 2.0))",
    "(fromJson inputs.js)",
    "(rest (list 1))",
    "0.1",
    "1e400",
    "9223372036854775807",
    "1114112",
    "55296",
    "inputs.nope",
];

/// A format and values for it.
pub(crate) fn case(random: &mut Random) -> Case {
    let inputs = values::inputs(random);
    let mut format = String::new();
    for _ in 0..=random.below(3) {
        format.push_str(random.pick(&["", "", "a", "%%", "é", "\n", "%!", "% "]));
        directive(random, &mut format);
    }
    let mut out = format!("<< printf {}", quoted(&format));
    for _ in 0..random.below(5) {
        out.push(' ');
        if random.one_in(12) {
            out.push_str(&operand(random, 1));
        } else {
            out.push_str(random.pick(VALUES));
        }
    }
    Case::text(out + " >>", inputs)
}

fn directive(random: &mut Random, out: &mut String) {
    out.push('%');
    for _ in 0..random.below(3) {
        out.push_str(random.pick(&["+", "-", "#", "0", " ", "", "+#"]));
    }
    out.push_str(random.pick(&["", "", "", "[1]", "[2]", "[9]", "[", "[x]", "[0]"]));
    out.push_str(random.pick(&["", "", "", "5", "12", "*", "[1]*", "1"]));
    out.push_str(random.pick(&["", "", "", ".", ".0", ".2", ".10", ".*", ".-1"]));
    out.push_str(random.pick(&["", "", "", "", "[1]"]));
    out.push_str(random.pick(&[
        "v", "v", "v", "d", "d", "s", "s", "q", "x", "X", "t", "T", "f", "F", "g", "G", "e", "E", "b", "o", "O", "c",
        "U", "w", "z", "é", "!", "",
    ]));
}
