//! Random documents and streams: tidy ones, wild ones, damaged ones.

use serde_json::Value;

use super::generate::{look_alike, text, value};
use super::random::Random;
use super::words::{CHARACTERS, TOKENS, WORDS};

/// A mostly well-formed document in block style, with everything else inside.
pub(crate) fn document(random: &mut Random) -> String {
    let mut out = String::new();
    if random.one_in(2) {
        tidy(random, &mut out, 0, 4);
        return out;
    }
    if random.one_in(8) {
        out.push_str(random.pick(&["---\n", "--- # c\n", "# c\n", "\n", "%YAML 1.1\n---\n", "\u{FEFF}", "--- "]));
    }
    let anchored = random.one_in(3);
    if anchored {
        out.push_str("base: &a {x: 1, y: [2, 3]}\nother: &b\n  x: z\n  w: \"5\"\n");
    }
    node(random, &mut out, 0, 3, anchored);
    if random.one_in(8) {
        out.push_str(random.pick(&["...\n", "---\nb: 1\n", "...\nrest", "\n\n", "# end", "---", "\t", " "]));
    }
    if random.one_in(10) {
        out = out.replace('\n', random.pick(&["\r\n", "\r", "\u{85}"]));
    }
    out
}

/// Block style as people write it: nothing here is malformed.
fn tidy(random: &mut Random, out: &mut String, indent: usize, depth: usize) {
    let list = random.one_in(3);
    for n in 0..1 + random.below(4) {
        out.push_str(&" ".repeat(indent));
        match (list, random.below(4)) {
            (true, _) => out.push('-'),
            (false, 0) => out.push_str(&format!("{}:", Value::String(random.pick(WORDS).to_owned()))),
            (false, 1) => out.push_str(&format!("'{}':", random.pick(WORDS).replace('\'', "''"))),
            (false, _) => out.push_str(&format!("k{n}:")),
        }
        if depth > 0 && random.one_in(2) {
            let deeper = if list || random.one_in(2) { indent + 2 } else { indent + 1 + random.below(6) };
            out.push('\n');
            tidy(random, out, deeper, depth - 1);
            continue;
        }
        out.push(' ');
        let pad = " ".repeat(indent + 2);
        match random.below(8) {
            0 | 1 => out.push_str(random.pick(&[
                "yes",
                "n",
                "0644",
                "1.0",
                "1e3",
                "12:30",
                "2024-01-01",
                "~",
                "",
                "a b",
                "it's",
                "v1",
                "x#y",
                "0x1F",
                ".5",
            ])),
            2 => out.push_str(&value(random, 2).to_string().replace(['\u{7f}', '\u{9f}', '\u{FFFE}', '\u{85}'], "")),
            3 => out.push_str(&format!("'{}'", random.pick(WORDS).replace('\'', "''"))),
            4 => {
                let body =
                    random.pick(&["a\n%b\n", "a\n\n%b\n\n", "a\n%  b\n%c\n", "a\n%  b\n\n%  c\n%d\n\n\n", "\n%a\n"]);
                let head = random.pick(&["|", "|-", "|+", ">", ">-", ">+", "&x |", "!!str >"]);
                out.push_str(&format!("{head}\n{pad}{}", body.replace('%', &pad)));
            }
            5 => out.push_str(&format!("two\n{pad}lines\n\n{pad}and more")),
            6 => out.push_str(&format!("\"two\n{pad}lines \\\n{pad}  joined\\n\n\n{pad}\\u263A\"")),
            _ => out.push_str(random.pick(&[
                "{a: 1, b: [x, y]}",
                "[]",
                "[a, {b: c}]",
                "{}",
                "!!str 5",
                "!!int \"7\"",
                "&y z",
                "!!binary aGVsbG8=",
                "! 12",
            ])),
        }
        out.push_str(random.pick(&["\n", "\n", " # comment\n", "\n\n"]));
    }
}

fn node(random: &mut Random, out: &mut String, indent: usize, depth: usize, anchored: bool) {
    let pad = " ".repeat(indent);
    let count = 1 + random.below(4);
    let list = random.one_in(4);
    for n in 0..count {
        if random.one_in(12) {
            out.push_str(random.pick(&["\n", "  \n", "# comment\n", "\t\n", "   # odd\n"]));
        }
        out.push_str(&pad);
        if list {
            out.push_str(random.pick(&["- ", "- ", "-   ", "-\t", "-\n"]));
        } else if anchored && random.one_in(8) {
            out.push_str(random.pick(&["<<: *a\n", "<<: [*a, *b]\n", "<<: {q: 1}\n", "\"<<\": *a\n", "? *a\n"]));
            continue;
        } else if random.one_in(15) {
            out.push_str(&format!("? {}\n{pad}: ", random.pick(WORDS)));
        } else if random.one_in(6) {
            out.push_str(&format!("{}: ", random.pick(WORDS)));
        } else {
            out.push_str(&format!("k{n}:{}", random.pick(&[" ", " ", "  ", "\t"])));
        }
        if depth > 0 && random.one_in(3) {
            let deeper = if random.one_in(8) { indent } else { indent + 1 + random.below(4) };
            out.push('\n');
            node(random, out, deeper, depth - 1, anchored);
        } else {
            leaf(random, out, indent, anchored);
            out.push_str(random.pick(&["\n", "\n", "\n", " # c\n", "  \n"]));
        }
    }
}

fn leaf(random: &mut Random, out: &mut String, indent: usize, anchored: bool) {
    let pad = " ".repeat(indent + 1 + random.below(3));
    if random.one_in(10) {
        out.push_str(random.pick(&[
            "!!int ",
            "!!str ",
            "!!float ",
            "!!binary ",
            "!x ",
            "! ",
            "!!bool ",
            "&c ",
            "!!null ",
            "!!timestamp ",
        ]));
    }
    match random.below(12) {
        0..=3 => out.push_str(random.pick(WORDS)),
        4 => out.push_str(&look_alike(random)),
        5 => out.push_str(&format!("'{}'", random.pick(WORDS).replace('\'', "''"))),
        6 => out.push_str(&Value::String(text(random)).to_string()),
        7 => {
            let head = random.pick(&["|", "|-", "|+", ">", ">-", ">+", "|2", ">1", "| # c", "|9"]);
            let body =
                random.pick(&["a\n%b\n", "a\n\n%b\n\n", " a\n%b\n", "a\n% b\n%c", "\n%a", "a\u{2028}b\n%c\n", "\ta\n"]);
            out.push_str(&format!("{head}\n{pad}{}", body.replace('%', &pad)));
        }
        8 => out.push_str(random.pick(&[
            "{a: 1, b: [x, y]}",
            "[1, two, {three: 3}]",
            "{}",
            "[]",
            "[a: b, c]",
            "{a, b: }",
            "[ ,]",
            "{a: 1,}",
            "[\n a,\n b ]",
            "{\"a\":1}",
        ])),
        9 if anchored => out.push_str(random.pick(&["*a", "*b", "*c", "[*a, *a]"])),
        10 => out.push_str(&format!("a\n{pad}b\n\n{pad}c")),
        _ => out.push_str(&format!("\"a\n{pad}b \\\n{pad}  c\n\n{pad}d\"")),
    }
}

/// A document with a few characters changed.
pub(crate) fn mutated(random: &mut Random) -> String {
    let mut characters: Vec<char> = document(random).chars().collect();
    for _ in 0..1 + random.below(3) {
        let at = random.below(characters.len());
        match random.below(4) {
            0 if !characters.is_empty() => {
                characters.remove(at);
            }
            1 => characters.insert(at, ' '),
            _ => {
                let piece = if random.one_in(2) { random.pick(CHARACTERS) } else { random.pick(TOKENS) };
                characters.splice(at..at, piece.chars());
            }
        }
    }
    characters.into_iter().collect()
}

/// Documents with separators of all kinds between them, YAML and JSON.
pub(crate) fn stream(random: &mut Random) -> String {
    const SEPARATORS: &[&str] = &[
        "---\n",
        "--- # c\n",
        "---  \n",
        "--- x\n",
        "----\n",
        "\n",
        "...\n",
        " ---\n",
        "---\r\n",
        "---\t\n",
        "",
        " ",
        "---",
    ];
    let mut out = random.pick(&["", "", "", " ", "\n", "---\n", "\u{FEFF}", "# c\n", "\u{A0}"]).to_owned();
    for _ in 0..1 + random.below(4) {
        match random.below(8) {
            0 => out.push_str(&document(random)),
            1 => out.push_str(&value(random, 2).to_string()),
            2 | 3 => out.push_str(random.pick(&[
                "{\"a\":1}",
                "{\"a\":1.0,\"a\":-0.5}\n",
                "{a: b}\n",
                "{\"x\":\"\\ud83d\"}",
                "{\"x\":\"\\ud83d\\ude00\"}",
                "{\"b\":18446744073709551615}",
                "{\"c\":1e400}",
                "{}",
            ])),
            _ => out.push_str(random.pick(&[
                "a: 1\n",
                "b: |+\n  x\n\n",
                "null\n",
                "~\n",
                "# only\n",
                "c: |\n  x",
                "- 1\n",
                "text\n",
                "%YAML 1.1\n",
                "d: e",
            ])),
        }
        out.push_str(random.pick(SEPARATORS));
    }
    out
}
