//! The table of functions that the renderer's own tests hold to, without Go: every function with good, odd and failing arguments,
//! and what Go answers.
//!
//! The table is a function of this file and of the Go libraries. `ORANGERY_BLESS=1` writes it anew.

use anyhow::{Context, Result, ensure};
use orangery_plugin_gotemplate::functions::{Function, TABLE};
use orangery_plugin_gotemplate::value::Type;
use orangery_test_gooracle::Oracle;
use serde_json::{Value, json};
use std::path::Path;

/// Their answers depend on the call itself: other tests look at them.
const ELSEWHERE: [&str; 3] = ["ago", "randInt", "uid"];
/// In Go they come in any order, so only maps of one key are asked about.
const UNORDERED: [&str; 2] = ["keys", "values"];

const TEXTS: &[&str] = &[
    "\"abc\"",
    "\"a,b-1\"",
    "\"\"",
    "\"Héllo wörld\"",
    "inputs.s",
    "\"[a-z]+\"",
    "\"/x/y.z\"",
    "\"1h30m\"",
    "\"aGk=\"",
    "\"{\\\"a\\\":[1,2.5]}\"",
    "\"2026-03-09\"",
    "\"https://u:p@h.io:8/a?q=1#f\"",
    "\"NBUQ====\"",
    "\"  x \"",
    "\"17.5\"",
];
const ANY: &[&str] = &[
    "1",
    "\"a\"",
    "2.5",
    "true",
    "nil",
    "(list 1 \"a\" nil 2.5)",
    "(dict \"k\" (list 1))",
    "inputs.i",
    "inputs.l",
    "inputs.s",
    "(until 3)",
    "\"1.5\"",
    "(splitList \",\" \"b,a\")",
    "inputs.f",
    "(toDate \"2006\" \"2026\")",
    "\"-7\"",
    "inputs.m",
];
/// What most parameters do not expect.
const ODD: &[&str] = &[
    "nil",
    "inputs.n",
    "true",
    "2.5",
    "\"x\"",
    "7",
    "inputs.i",
    "(list)",
    "(dict)",
    "inputs.l",
    "(split \",\" \"a,b\")",
    "'a'",
    "1i",
    "(toDate \"2006\" \"2026\")",
    "inputs.nope",
];

/// Calls that the rules below would not find.
#[rustfmt::skip]
const MORE: &[&str] = &[
    "printf \"%5.1f|%-4d|%q|%v\" 2.25 7 \"a\" (list 1 nil)", "printf \"%d %s\" \"x\" 1", "printf \"%[2]d %[1]v %!\" 1 2", "printf \"%x %X %o %b %c %U\" 255 255 8 5 65 9731",
    "printf \"%t %e %g %G\" true 1234.5 1e21 1e-7", "printf \"%T %T %T\" 1 \"a\" (list)", "printf \"%*d|%.*f\" 5 1 2 3.14159", "printf \"%s\"", "printf \"a\" 1",
    "regexMatch \"^[a-z]+$\" \"abc\"", "regexMatch \"(\" \"abc\"", "regexFindAll \"[0-9]\" \"a1b2c3\" 2", "regexFindAll \"x*\" \"axb\" -1", "regexSplit \"x*\" \"axbxc\" -1",
    "regexReplaceAll \"a(x*)b\" \"-ab-axxb-\" \"${1}W\"", "regexReplaceAll \"(?P<n>a)\" \"aa\" \"$n$$\"", "regexReplaceAllLiteral \"a\" \"banana\" \"$1\"", "mustRegexFind \"a++\" \"a\"",
    "regexFind \"\\\\d+\" \"a12\"", "regexQuoteMeta \"a.b*c\"", "dig \"a\" \"b\" 1 (dict \"a\" (dict \"b\" 2))", "dig \"a\" \"b\" 1 (dict \"a\" 2)", "dig \"a\" 1 (dict)", "dig \"a\" 1",
    "slice (list 1 2 3) 1", "slice (list 1 2 3) 1 2", "slice (list 1 2 3) 2 1", "slice (list 1 2 3) 0 9", "slice (regexFindAll \"[a-z]\" \"cab\" -1) 2 5", "slice (append (until 3) 9) 0 6",
    "round 2.345 2", "round -2.5 0", "round 0.5 0", "round 1.005 2", "round 2.45 1 0.9", "substr 1 3 \"hello\"", "substr -1 3 \"hello\"", "substr 2 -1 \"hello\"", "substr 3 1 \"hello\"",
    "trunc 3 \"hello\"", "trunc -3 \"hello\"", "trunc 9 \"hello\"", "indent 4 \"a\\n\\nb\"", "nindent 2 \"a\\nb\"", "repeat -1 \"a\"", "replace \"\" \"-\" \"abc\"", "plural \"one\" \"many\" 1",
    "toDate \"2006-01-02T15:04:05Z07:00\" \"2026-03-09T08:07:06.5+02:30\"", "mustToDate \"2006-01-02\" \"2026-02-30\"", "mustToDate \"15:04\" \"é\"", "mustDateModify \"-1.5h\" (toDate \"2006\" \"2026\")",
    "mustDateModify \"1x\" (toDate \"2006\" \"2026\")", "duration \"95\"", "duration inputs.i", "durationRound \"24h1s\"", "durationRound inputs.i", "unixEpoch (toDate \"2006\" \"1970\")",
    "urlParse \"https://u:p@h.io:8/a b?q=1#f\" | toJson", "urlParse \"::bad\"", "urlJoin (dict \"scheme\" \"http\" \"host\" \"h\" \"path\" \"/a b\" \"query\" \"q=1\" \"fragment\" \"f\" \"userinfo\" \"u:p@\")",
    "fromJson \"[1, 1e21, null, {\\\"b\\\":1,\\\"a\\\":2}]\"", "mustFromJson \"{\"", "toJson (dict \"b\" \"<&>\" \"a\" nil)", "toRawJson \"<&>\"", "toPrettyJson (dict \"a\" (list 1 (dict)))", "mustToJson 1i",
    "toYaml (dict \"b\" (list 1 \"yes\") \"a\" \"x: y\\n\")", "mustToYaml (list (list 1 2))", "html \"<a href='x'>\" nil", "js \"<b>'\\\"\\n\"", "urlquery \"a b&c\" 1", "print 1 2 \"a\" \"b\" 3",
    "println \"a\" 1", "html nil", "index (list 1 2) 1", "index (list 1 2) 2", "index (dict \"a\" (list 5)) \"a\" 0", "index nil 1", "index \"abc\" 1", "index (dict) 1", "len nil", "len 3", "len \"é\"",
    "eq 1 1.0", "eq 1 2 1", "eq \"a\" 1", "eq nil nil", "eq (list) (list)", "lt 1 2.0", "lt true false", "le 2 2", "gt \"b\" \"a\"", "ge 1 inputs.i", "ne nil 1", "and 1 0 2", "or 0 \"\" 3", "not (list)",
    "keys (dict \"a\" 1)", "values (dict \"a\" 1)", "keys", "keys nil", "values nil", "keys (dict)", "keys 1", "values 1", "values (dict) 1", "pick (dict \"a\" 1 \"b\" 2) \"a\" \"z\"", "omit (dict \"a\" 1 \"b\" 2) \"a\"",
    "pluck \"a\" (dict \"a\" 1) (dict \"b\" 2) (dict \"a\" nil)", "set (dict) \"a\" (list)", "set nil \"a\" 1", "unset (dict \"a\" 1) \"a\"", "get (dict \"a\" nil) \"a\"", "dict 1 2 nil", "chunk 2 (until 5)", "chunk 0 (until 5)",
    "concat (list 1) (until 2) (splitList \",\" \"a\")", "concat (list) (list)", "uniq (list 1 (int64 1) 1.0 1)", "without (list 1 2 1) 1", "has 3 (list 1 3)", "has 3 inputs.l", "sortAlpha (list 3 \"a\" nil 1)", "join \"-\" (list 1 nil \"a\")",
    "split \",\" \"a,b\"", "splitn \",\" 2 \"a,b,c\"", "splitList \"\" \"aé\"", "seq 3", "seq -2", "seq 0 2 6", "seq 5 1", "until -3", "untilStep 0 10 3", "untilStep 0 1 0", "toDecimal \"0777\"", "int \"0x1F\"", "int 1e300",
    "int64 \"9999999999999999999\"", "atoi \"9999999999999999999\"", "float64 \"1_000\"", "add 9223372036854775807 1", "div 7 0", "mod 7 0", "div -7 2", "mul 3037000500 3037000500", "max 1 2.9 \"3\"", "minf 1 0.5", "ceil -0.5", "floor -0.5",
    "slugify \"Ünïcödé & Co. @ 5% — x\"", "slugify \"🚀\"", "title \"it's a dog\"", "upper \"ßıǆ\"", "lower \"İΣ\"", "quote 1 nil \"a\\nb\\x00\"", "squote \"it's\" nil", "cat 1 nil \"b\" \"\"", "trimAll \"xy\" \"xyaxy\"", "toString (list 1 nil)",
    "b64dec \"%%%\"", "b64dec \"aG\\nk=\"", "b32dec \"x\"", "base \"\"", "dir \"/a/\"", "clean \"a/../../b\"", "ext \"a.tar.gz\"", "isAbs \"/a\"", "ternary 1 2 true", "ternary 1 2 nil", "default 1 \"\"", "default 1", "coalesce nil \"\" 3",
    "empty (dict)", "all 1 \"\" 2", "any 0 \"\" 2", "compact (list 0 1 \"\" nil 2)", "deepEqual (list 1) (list 1)", "deepEqual 1 (int64 1)", "typeIs \"int\" 1", "typeIsLike \"*int\" 1", "kindIs \"map\" (dict)", "typeOf (split \",\" \"a\")",
    "fail \"stop\"", "call 1", "call nil", "hello", "inputs.m", "biggest 1 3 2", "adler32sum \"Héllo\"", "sha1sum \"\"", "sha256sum \"a\"", "first (list)", "last nil", "rest \"abc\"", "initial (list)", "reverse (until 3)", "prepend (until 2) \"a\"", "append nil 1",
];

/// The input that all cases share.
fn inputs() -> Value {
    json!({"s": "it's: x", "i": 42, "f": 2.5, "n": null, "l": ["b", 1, null, "a"], "m": {"k": "v", "n": {"z": 1}}})
}

fn fitting(wanted: Type) -> &'static [&'static str] {
    match wanted {
        Type::Text => TEXTS,
        Type::Int => &["0", "1", "3", "-1", "2", "10"],
        Type::Bool => &["true", "false"],
        Type::Float => &["0.5", "1.5"],
        Type::Map => &["(dict \"k\" 1)", "inputs.m", "inputs", "(dict)"],
        Type::Time => &["(toDate \"2006-01-02\" \"2026-03-09\")"],
        _ => ANY,
    }
}

fn good(wanted: Type, nth: usize) -> &'static str {
    let values = fitting(wanted);
    values.get(nth % values.len()).copied().unwrap_or("1")
}

/// The calls of one function: arguments that fit in turn, each parameter with what does not, too few, too many, the last one piped.
fn calls(function: &Function) -> Vec<String> {
    let Function { name, params, variadic, .. } = function;
    let call = |args: &[&str]| [&[*name], args].concat().join(" ");
    // Different parameters walk through their values at different paces.
    let row =
        |nth: usize| -> Vec<&str> { params.iter().enumerate().map(|(at, p)| good(*p, nth * (at + 1) + at)).collect() };
    let mut out = vec![call(&[])];
    for nth in 0..8 {
        let mut args = row(nth);
        args.extend(variadic.iter().flat_map(|more| (0..nth % 3).map(move |extra| good(*more, nth + extra))));
        out.push(call(&args));
    }
    for (at, wanted) in params.iter().chain(variadic).enumerate() {
        let odd = ODD.iter().filter(|odd| *wanted != Type::Int || **odd != "'a'");
        for odd in odd {
            let mut args = row(1);
            args.truncate(at);
            args.push(odd);
            args.extend(row(1).iter().skip(at + 1));
            out.push(call(&args));
        }
    }
    let mut args = row(2);
    if let Some(last) = args.pop() {
        out.push(call(&args));
        out.push(format!("{last} | {}", call(&args)));
        args.push(last);
    }
    if variadic.is_none() {
        args.push("1");
        out.push(call(&args));
    }
    out
}

fn table(oracle: &mut Oracle) -> Result<String> {
    let mut templates: Vec<String> = Vec::new();
    for function in TABLE.iter().filter(|f| !ELSEWHERE.contains(&f.name)) {
        let word = format!("{} ", function.name);
        let more = MORE.iter().map(|call| (*call).to_owned()).filter(|call| format!("{call} ").starts_with(&word));
        let calls = if UNORDERED.contains(&function.name) { Vec::new() } else { calls(function) };
        templates.extend(calls.into_iter().chain(more).map(|call| format!("<< {call} >>")));
    }
    let mut seen = std::collections::HashSet::new();
    // The time since a date changes from day to day.
    let clock = |template: &str| template.contains("durationRound") && template.contains("toDate");
    templates.retain(|template| !clock(template) && seen.insert(template.clone()));
    let requests: Vec<Value> = templates
        .iter()
        .map(|template| json!({"op": "render", "path": "resourcesTemplate", "template": template, "inputs": inputs()}))
        .collect();
    let mut lines = Vec::with_capacity(templates.len());
    for (template, answer) in templates.iter().zip(oracle.ask_all(&requests)?) {
        lines.push(match answer.get("ok").and_then(Value::as_str) {
            Some(text) => {
                let out = String::from_utf8_lossy(&crate::compare::decoded(text)).into_owned();
                json!({"template": template, "out": out}).to_string()
            }
            None => json!({"template": template, "class": answer["class"], "err": answer["err"]}).to_string(),
        });
    }
    Ok(format!("{{\"inputs\":{},\"cases\":[\n{}\n]}}\n", inputs(), lines.join(",\n")))
}

#[test]
fn the_table_of_functions_is_what_go_answers() -> Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/gotemplate/tests/functions.json");
    let table = table(&mut Oracle::start()?)?;
    if std::env::var_os("ORANGERY_BLESS").is_some() {
        return std::fs::write(&path, table).with_context(|| format!("writing {}", path.display()));
    }
    let kept = std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    let changed = table.lines().zip(kept.lines()).find(|(new, old)| new != old);
    ensure!(
        table == kept,
        "the table of functions is out of date: run this test with ORANGERY_BLESS=1; the first line that differs is\n{changed:?}"
    );
    Ok(())
}
