//! Regular expressions: random patterns of RE2's syntax, valid or nearly, on random texts.

use super::calls::quoted;
use super::{Case, Random, values};
use serde_json::json;

const ATOMS: &[&str] = &[
    "a",
    "b",
    "c",
    ".",
    "x",
    "-",
    "[a-c]",
    "[^a]",
    "[[:alpha:]]",
    "[^[:digit:]x]",
    "[\\d_]",
    "[a-]",
    "[]a]",
    "[^]a]",
    "\\d",
    "\\D",
    "\\w",
    "\\W",
    "\\s",
    "\\S",
    "\\b",
    "\\B",
    "\\A",
    "\\z",
    "^",
    "$",
    "\\pL",
    "\\PN",
    "\\p{Greek}",
    "\\p{Lu}",
    "\\p{^Lu}",
    "é",
    "日",
    "\\.",
    "\\-",
    "\\x41",
    "\\x{e9}",
    "\\n",
    "\\t",
    "\\Qa.b\\E",
    "\\141",
    "\\0",
    "(?i:A)",
    "(?s:.)",
    "(?m:^)",
    "(?m:$)",
    "(?P<n>a)",
    "(?<m>b)",
    "(?:ab|c)",
    "(?i)",
    "(?-i)",
    "(?U)",
    "",
    "ab",
    "k",
    "s",
    "ſ",
    "[k-s]",
    "(?i:[k-s])",
    "(?i:ſ)",
    "\\/",
    "\\:",
    "[\\-a]",
    "[a\\]b]",
    "[[:^space:]]",
    "[\\pL\\d]",
    "[^\\n]",
    "\\v",
    "\\a",
    "\\f",
    " ",
    "[+--]",
    "[!-~]",
    "\\x{1F680}",
];
const ODD: &[&str] = &[
    "\\h",
    "\\C",
    "\\1",
    "\\8",
    "(?=a)",
    "(?<!a)",
    "[b-a]",
    "[",
    "]",
    "{",
    "}",
    "{2",
    "{,2}",
    "\\",
    "\\pX",
    "\\p{Nope}",
    "(?P<n>",
    "(?P<>a)",
    "(?P<1>a)",
    "(?z)",
    "(?",
    "[[:nope:]]",
    "[a-\\d]",
    "[\\d-z]",
    "x{1001}",
    "x{2,1}",
    "(x{500}){3}",
    "\\x{110000}",
    "\\xg",
    "\\Z",
    "\\G",
    "(?i",
    "(?i-)",
    "(?-)",
    "\\E",
    "\\Q",
    "(?#c)",
    "[a&&b]",
    "[a--b]",
    "\\u0041",
    "\\cA",
    "\\_",
    "\\é",
    "(?P=n)",
    "(?s-i:a)",
    "(?ii)",
    "\\y",
    "[:alpha:]",
    "\\xe9",
    "(|)",
    "(a|)",
    "|",
    "()",
    "(?:)",
];
const REPEATS: &[&str] =
    &["*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{0}", "{1,}", "{0,1}?", "{2}?", "**", "+*", "{2}{3}", "*+"];

fn pattern(random: &mut Random, depth: usize) -> String {
    let mut out = String::new();
    for _ in 0..=random.below(4) {
        match random.below(12) {
            0 if depth > 0 => out.push_str(&format!("({})", pattern(random, depth - 1))),
            1 if depth > 0 => {
                out.push_str(&format!("(?:{}|{})", pattern(random, depth - 1), pattern(random, depth - 1)));
            }
            2 if random.one_in(3) => out.push_str(random.pick(ODD)),
            3 => out.push('|'),
            _ => out.push_str(random.pick(ATOMS)),
        }
        if random.one_in(3) {
            let most = if random.one_in(12) { REPEATS.len() } else { 12 };
            out.push_str(REPEATS.get(random.below(most)).copied().unwrap_or("*"));
        }
    }
    out
}

/// One expression, one text, every function.
pub(crate) fn case(random: &mut Random) -> Case {
    let text = match random.below(4) {
        0 => values::text(random),
        _ => random.pieces(
            &[
                "a", "b", "c", "ab", "abc", "x", "-", " ", "\n", "1", "22", "_", "é", "日", "k", "\u{212a}", "S", "ſ",
                "A", "Ω", "\u{85}", "🚀", ".", "٣",
            ],
            9,
        ),
    };
    let pattern = quoted(&pattern(random, 2));
    let text = if random.one_in(12) { "\"a\\xffb\\xc3\"".to_owned() } else { quoted(&text) };
    let count = random.pick(&["-1", "-1", "0", "1", "2", "3"]);
    let with = random.pick(&[
        "\"<$0>\"",
        "\"${1}-$2\"",
        "\"$n$$\"",
        "\"\"",
        "\"$1x\"",
        "\"$\"",
        "\"${\"",
        "\"${n}${m}\"",
        "\"$01\"",
        "\"[$99]\"",
    ]);
    let must = random.pick(&["r", "mustR"]);
    let template = match random.below(6) {
        0 => format!("<< {must}egexMatch {pattern} {text} >>"),
        1 => format!("<< {must}egexFind {pattern} {text} | quote >>"),
        2 => format!("<< {must}egexFindAll {pattern} {text} {count} | toJson >>"),
        3 => format!("<< {must}egexReplaceAll {pattern} {text} {with} | quote >>"),
        4 => format!("<< {must}egexReplaceAllLiteral {pattern} {text} {with} | quote >>"),
        _ => format!("<< {must}egexSplit {pattern} {text} {count} | toJson >>"),
    };
    Case::text(template, json!({}))
}
