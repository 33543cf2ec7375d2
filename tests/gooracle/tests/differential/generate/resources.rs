//! Entries of `resources`: objects whose leaves and keys hold actions.

use super::calls::pipeline;
use super::words::LOOK_ALIKES;
use super::{Case, Random, values};
use serde_json::{Map, Value, json};

/// Actions as people write them, and less usual ones.
const ACTIONS: &[&str] = &[
    "<< inputs.s >>",
    "<< inputs.s | quote >>",
    "<< inputs.t >>",
    "<< inputs.t | quote >>",
    "<< inputs.i >>",
    "<< inputs.big >>",
    "<< inputs.f >>",
    "<< inputs.b >>",
    "<< inputs.n >>",
    "<< inputs.e >>",
    "<< inputs.l >>",
    "<< inputs.m >>",
    "<< inputs.m.k >>",
    "<< inputs.v | toJson >>",
    "<< inputs.v | toYaml | nindent 2 >>",
    "<< inputs.s | slugify >>",
    "<< inputs.s | trunc 7 >>",
    "<< inputs.s | default \"x\" >>",
    "<< inputs.nope >>",
    "<< inputs.m.nope >>",
    "<< inputs.s.x >>",
    "<<- inputs.s ->>",
    "<< inputs.s | squote >>",
    "<< `raw text` >>",
    "<< \"a b\" | upper >>",
    "<< nope >>",
    "<< if inputs.b >>yes<< else >>no<< end >>",
    "<< range inputs.l >><< . >>,<< end >>",
    "<< uid >>",
    "<< inputs | toJson >>",
    "<< inputs.list | toJson >>",
    "<< printf \"%s-%d\" inputs.s inputs.i >>",
    "<< inputs.t | toJson >>",
    "<< inputs.t | b64enc >>",
    "<< inputs.js >>",
    "<< inputs.d >>",
    "<< inputs.u >>",
    "<< inputs.s | indent 4 >>",
    "<< $x := inputs.s >><< $x >>",
    "<< \"\\n---\\nkind: B\\n\" >>",
    "<< with inputs.nope >>x<< end >>",
    "<<",
    "<< end >>",
    "<< fail \"stop\" >>",
    "<< inputs.v >>",
    "<< \"<<\" >>",
    "<</* c */>>",
    "<< toYaml inputs.l | nindent 4 >>",
    "<< toYaml inputs.m | indent 4 >>",
    "<< inputs.s | replace \"one two three four five six seven eight\" \"b\" >>",
    "<< print `one two three four five` | quote >>",
    "<< 1e6 >>",
    "<< 017 >>",
    "<< list 1 \"a\" | toJson >>",
    "<< true >>",
    "<< nil >>",
    "<< \"\" >>",
    "<< inputs.m.n.z >>",
    "<< toDate \"2006-01-02\" inputs.d >>",
    "<< inputs.s | trim >>",
];
const TEXTS: &[&str] = &[
    "",
    "",
    "",
    "app-",
    "https://",
    "x: ",
    " #",
    "'",
    "\"",
    "\n",
    "a\nb\n",
    " ",
    "- ",
    "🚀 ",
    "\t",
    "[",
    "{",
    "k: v\n",
    "e",
    "0",
    "1.",
    "0x",
    "12e",
    "~",
    "!",
    "&",
    "*",
    "%",
    "@",
    "`",
    "---\n",
    ",",
    "}",
    "]",
    "é",
    "a long line of words that goes on and on until it has to be folded somewhere ",
    "wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww ",
    "\u{85}",
    "\u{2028}",
    "\\",
    ":",
    "? ",
    "|",
    ">",
    "  ",
    "\r\n",
    "#!/bin/sh\nset -e\n",
];
const KEYS: &[&str] = &[
    "name",
    "image",
    "tag",
    "replicas",
    "a.b/c",
    "port-1",
    "y",
    "on",
    "1",
    "0x10",
    "1.5",
    "a b",
    "k: v",
    "é",
    "🚀",
    "<<",
    "~",
    "",
    "#k",
    "v10",
    "v2",
    "A",
    "_z",
    "<< inputs.s >>",
    "<< inputs.s | quote >>",
    "<< inputs.i >>",
    "k-<< inputs.s | slugify >>",
    "items",
    "data",
    "spec",
    "it's",
    "a\nb",
    "null",
    "2024-01-01",
];

/// An entry and its input.
pub(crate) fn case(random: &mut Random) -> Case {
    let inputs = (!random.one_in(25)).then(|| values::inputs(random));
    Case::resource(entry(random), inputs)
}

fn entry(random: &mut Random) -> Value {
    if random.one_in(60) {
        return values::value(random, 2);
    }
    let mut object = Map::new();
    if !random.one_in(25) {
        object.insert(
            "apiVersion".to_owned(),
            json!(random.pick(&["v1", "v1", "apps/v1", "a/b/c", "<< inputs.s >>", "1", ""])),
        );
    }
    if !random.one_in(25) {
        object.insert(
            "kind".to_owned(),
            json!(random.pick(&["ConfigMap", "A", "A", "List", "Kustomization", "<< inputs.s >>", "no", "", "12"])),
        );
    }
    if random.one_in(15) {
        object.insert("metadata".to_owned(), node(random, 1));
    } else if !random.one_in(15) {
        object.insert("metadata".to_owned(), metadata(random));
    }
    for _ in 0..random.below(3) {
        object.insert(random.pick(&["spec", "data", "stringData", "items", "rules", "x"]).to_owned(), node(random, 3));
    }
    Value::Object(object)
}

fn metadata(random: &mut Random) -> Value {
    let mut metadata = Map::new();
    metadata.insert("name".to_owned(), if random.one_in(3) { leaf(random) } else { json!("a") });
    if random.one_in(4) {
        metadata.insert("namespace".to_owned(), leaf(random));
    }
    for key in ["labels", "annotations"] {
        if random.one_in(4) {
            let count = random.below(3);
            let map = (0..count).map(|_| (random.pick(&["app", "pr", "a/b", "x"]).to_owned(), leaf(random)));
            metadata.insert(key.to_owned(), Value::Object(map.collect()));
        }
    }
    Value::Object(metadata)
}

fn node(random: &mut Random, depth: usize) -> Value {
    match random.below(if depth == 0 { 1 } else { 4 }) {
        0 => leaf(random),
        1 => (0..random.below(4)).map(|_| node(random, depth - 1)).collect(),
        _ => {
            let count = random.below(4);
            let fields = (0..count).map(|_| {
                let key = if random.one_in(8) { values::text(random) } else { random.pick(KEYS).to_owned() };
                (key, node(random, depth - 1))
            });
            Value::Object(fields.collect())
        }
    }
}

fn leaf(random: &mut Random) -> Value {
    match random.below(10) {
        0 => values::value(random, 0),
        1 => json!(random.pick(LOOK_ALIKES)),
        2 => json!(values::text(random)),
        3 => json!(format!("<< {} >>", pipeline(random, 1))),
        4 | 5 => {
            let mut text = String::new();
            for _ in 0..=random.below(3) {
                text.push_str(random.pick(TEXTS));
                text.push_str(random.pick(ACTIONS));
            }
            text.push_str(random.pick(TEXTS));
            json!(text)
        }
        _ => json!(format!("{}{}", random.pick(TEXTS), random.pick(ACTIONS))),
    }
}

/// An action, for other grammars.
pub(crate) fn action(random: &mut Random) -> String {
    let most = if random.one_in(3) { ACTIONS.len() } else { 14 };
    ACTIONS.get(random.below(most)).copied().unwrap_or_default().to_owned()
}
