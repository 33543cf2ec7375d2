//! One regular expression has one meaning: in `spec.filter.includeBranch`, in `regexMatch` of a template, and in Go.

use anyhow::{Context as _, Result, ensure};
use orangery_core::selection::{Filter, FilterSpec, LimitRule, NameKind, ServedType};
use orangery_plugin_gotemplate::eval::execute;
use orangery_plugin_gotemplate::functions::{Context, find};
use orangery_plugin_gotemplate::parse::parse;
use orangery_plugin_gotemplate::value::{Map, Value as Variable};
use orangery_test_gooracle::Oracle;
use serde_json::{Value, json};

/// Valid expressions, where the syntax of Go and that of other engines differ.
const VALID: &[&str] = &[
    "",
    "^feat/",
    "^(main|release-.*)$",
    r"^v\d+\.\d+\.\d+$",
    r"^\d$",
    r"^\w$",
    r"^[\w]$",
    r"^[^\W]$",
    r"^\s$",
    r"e\b",
    r"\B",
    r"^\pL$",
    r"\p{Greek}",
    r"\p{^Lu}",
    r"\PN",
    r"^[a&&b]+$",
    "^[a~~b]$",
    "^[[a]+$",
    "^[]a]+$",
    "^[^]a]",
    r"^[a\-z]+$",
    r"^[a\]b]+$",
    "^[[:word:]-]+$",
    "[[:^space:]]",
    "[:alpha:]",
    r"[\pL\d]",
    r"[+--]",
    r"\_",
    "[!-~]",
    r"^\Qa.b\E$",
    r"\Qa.b\E+",
    r"\Qa.b",
    r"^\101\x42\x{43}$",
    r"\0",
    r"\x{1F680}",
    r"\x{d800}",
    r"[\x{d800}]",
    r"[^\x{d800}]",
    r"[\x{d000}-\x{d900}\x{dfff}-\x{fffd}]",
    r"\x{d800}*a",
    "^a{,5}$",
    "^a{2,3}$",
    "a{2,3}?",
    "x{,2}",
    "{",
    "}",
    "{2",
    "a{01}",
    r"^\<x\>$",
    "(?i)k",
    "(?i:ſ)",
    "(?i:[k-s])",
    "(?ii)a",
    "(?s-i:a)",
    "(?-s).",
    "(?s).",
    "(?m)^b",
    "a$",
    "(?U)a+",
    "(?U)a+?b",
    "a(?i)+",
    "a(?i)+(?U)b*",
    "(?P<n>a)|(?P<n>b)",
    "(?<m>b)",
    "^(?P<x>a)(?:b)(?i:C)$",
    "(|)",
    "()",
    "(?:)",
    "|",
    r"\/",
    r"\:",
    r"\-",
    r"\v",
    r"\a",
    "x{1000}",
    "(x{10}){100}",
    "é",
    "日",
];
/// Expressions that Go refuses.
const INVALID: &[&str] = &[
    "(",
    ")",
    "a)",
    "a**",
    "a++",
    "a+*",
    "x{2}{3}",
    "x{1001}",
    "x{3,2}",
    "(x{500}){3}",
    r"(\pL{100}){100}",
    r"\1",
    r"\8",
    r"\h",
    r"\C",
    r"\Z",
    r"\G",
    r"\y",
    r"\u0041",
    r"\cA",
    r"\é",
    r"\x",
    r"\xg",
    r"\x{110000}",
    r"\E",
    r"\",
    "(?=a)",
    "(?<!a)",
    "(?#c)",
    "(?P=n)",
    "(?x)a",
    "(?z)",
    "(?R)a",
    "(?u)a",
    "(?",
    "(?i",
    "(?-)",
    "(?i-)",
    "(?P<n",
    "(?P<>a)",
    "(?P<1-2>a)",
    "[b-a]",
    "[a--b]",
    "[a",
    "[",
    r"[a-\d]",
    "[[:wrong:]]",
    "*",
    "*a",
    "(?i)*",
    "|*",
    r"\pX",
    r"\p{Nope}",
    r"\p{Greek",
];
const TEXTS: &[&str] = &[
    "",
    "a",
    "aa",
    "aaa",
    "aab",
    "ab",
    "abc",
    "ABC",
    "b",
    "a&b",
    "a-z",
    "]a",
    "[a",
    "~",
    "a\n",
    "\nb",
    "feat/x",
    "my-feat-1",
    "main",
    "release-1.2",
    "v1.2.3",
    "12",
    "٣",
    "é",
    "eé",
    "e",
    "\u{a0}",
    " ",
    "\t",
    "\u{85}",
    "a.b",
    "a.bb",
    "axb",
    "a{,5}",
    "a{01}",
    "x{,2}",
    "{",
    "}",
    "<x>",
    "k",
    "K",
    "\u{212a}",
    "S",
    "ſ",
    "Ω",
    "日",
    "🚀",
    "\u{fffd}",
    "a_9-",
    "[:alpha:]",
    "\u{0}",
    "\u{7}",
    "\u{b}",
    "/",
    ":",
    "-",
    "+",
    ",",
];

/// What an expression says to a text, or why it is refused.
type Answer = Result<bool, String>;

fn filter(pattern: &str) -> Result<Filter, String> {
    let branches = ServedType {
        name: "GitHubBranch".into(),
        name_kind: NameKind::Branch,
        name_attribute: "branch".into(),
        labelled: false,
        limit_rule: LimitRule::Admit,
    };
    let spec = FilterSpec { include_branch: Some(pattern.to_owned()), ..FilterSpec::default() };
    Filter::parse(&spec, &branches).map_err(|error| error.to_string())
}

/// `regexMatch` answers false for what it cannot read; `mustRegexMatch` says why.
const TEMPLATE: &str = "<< mustRegexMatch inputs.pattern inputs.text >>";

fn template(inputs: &Value) -> Result<Answer> {
    let map = if let Variable::Map(map) = Variable::from_json(inputs) { map } else { Map::nil() };
    let parsed = parse("resourceset", TEMPLATE, &find).map_err(|error| anyhow::anyhow!("{error}"))?;
    let mut context = Context::new(map, String::new(), 0, 1);
    Ok(match execute(&parsed, &mut context) {
        Ok(output) => Ok(output.text == b"true"),
        Err(error) => Err(error.to_string()),
    })
}

fn go(answer: &Value) -> Result<Answer> {
    if let Some(error) = answer.get("err").and_then(Value::as_str) {
        return Ok(Err(error.to_owned()));
    }
    // The oracle answers in base64.
    match answer.get("ok").and_then(Value::as_str).context("an answer")? {
        "dHJ1ZQ==" => Ok(Ok(true)),
        "ZmFsc2U=" => Ok(Ok(false)),
        other => anyhow::bail!("Go answers {other}"),
    }
}

/// The part of an error that says what is wrong with the expression.
fn words(error: &str) -> &str {
    error.find("error parsing regexp: ").and_then(|at| error.get(at..)).unwrap_or(error)
}

fn request(pattern: &str, text: &str) -> Value {
    json!({"op": "render", "path": "resourcesTemplate", "template": TEMPLATE, "inputs": {"pattern": pattern, "text": text}})
}

#[test]
fn an_expression_matches_the_same_in_a_filter_in_a_template_and_in_go() -> Result<()> {
    let mut oracle = Oracle::start()?;
    let mut differences = Vec::new();
    for pattern in VALID.iter().filter(|pattern| !pattern.is_empty()) {
        let filter = filter(pattern);
        let requests: Vec<Value> = TEXTS.iter().map(|text| request(pattern, text)).collect();
        for (text, (request, answer)) in TEXTS.iter().zip(requests.iter().zip(oracle.ask_all(&requests)?)) {
            let answers = (
                filter.as_ref().map(|filter| filter.wants::<&str>(text, &[])).map_err(Clone::clone),
                template(request.get("inputs").unwrap_or(&Value::Null))?,
                go(&answer)?,
            );
            if answers.0.is_err() || answers.0 != answers.1 || answers.1 != answers.2 {
                differences.push(format!("`{pattern}` on {text:?}: filter, template, Go: {answers:?}"));
            }
        }
    }
    ensure!(differences.is_empty(), "{}", differences.join("\n"));
    Ok(())
}

#[test]
fn an_expression_is_refused_with_the_same_words_in_a_filter_in_a_template_and_in_go() -> Result<()> {
    let mut oracle = Oracle::start()?;
    let mut differences = Vec::new();
    for pattern in INVALID {
        let request = request(pattern, "a");
        let answers = (
            filter(pattern).map(|filter| filter.wants::<&str>("a", &[])),
            template(request.get("inputs").unwrap_or(&Value::Null))?,
            go(&oracle.ask(&request)?)?,
        );
        let (Err(filter), Err(template), Err(go)) = &answers else {
            differences.push(format!("`{pattern}`: filter, template, Go: {answers:?}"));
            continue;
        };
        if words(filter) != words(template) || words(template) != words(go) {
            differences.push(format!("`{pattern}`:\n  filter:   {filter}\n  template: {template}\n  Go:       {go}"));
        }
    }
    ensure!(differences.is_empty(), "{}", differences.join("\n"));
    Ok(())
}

#[test]
fn both_refuse_a_program_that_is_too_large_and_the_filter_earlier() -> Result<()> {
    let large = r"(\pL{10}){100}";
    let error = filter(large).err().unwrap_or_default();
    let words = format!("error parsing regexp: expression too large: `{large}`");
    ensure!(error == format!("invalid includeBranch regex: {words}"), "{error}");
    let error = template(&json!({"pattern": large, "text": "a"}))?.err().unwrap_or_default();
    ensure!(error.ends_with(&words), "{error}");
    // This one fits into the 4 MiB of a template, and not into the 1 MiB of a filter, which bounds the work on an answer of a forge.
    let medium = r"\pL{40}";
    let (filter, template) = (filter(medium).err(), template(&json!({"pattern": medium, "text": "a"}))?);
    ensure!(filter.is_some() && template == Ok(false), "{filter:?} {template:?}");
    Ok(())
}
