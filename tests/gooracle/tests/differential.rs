//! Random templates through ours and through Go: equal bytes where Go succeeds, an error of the same class where not.
//!
//! `ORANGERY_FUZZ_SEED` and `ORANGERY_FUZZ_SECONDS` choose other and longer runs.

mod generate;

use anyhow::{Result, ensure};
use generate::Random;
use orangery_plugin_gotemplate::eval::execute;
use orangery_plugin_gotemplate::functions::{Context, find};
use orangery_plugin_gotemplate::parse::parse;
use orangery_plugin_gotemplate::value::Value as Ours;
use orangery_test_gooracle::Oracle;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// How many cases a normal run has.
const CASES: usize = 5000;

fn ours(template: &str, inputs: &Value) -> Result<Vec<u8>, (&'static str, String)> {
    let Ours::Map(map) = Ours::from_json(inputs) else { return Ok(Vec::new()) };
    let parsed = match parse("resourceset", template, &|name| find(name).is_some()) {
        Ok(parsed) => parsed,
        Err(error) => return Err(("parse", error.to_string())),
    };
    let mut context = Context::new(map, "0123456789abcdef".to_owned(), 0, 1);
    let result = execute(&parsed, &|name| find(name), &mut context);
    result.map(|o| o.text).map_err(|e| ("exec", e.to_string()))
}

fn decoded(base64: &str) -> Vec<u8> {
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut out, mut bits, mut count) = (Vec::new(), 0_u32, 0);
    for digit in base64.chars().filter_map(|c| alphabet.find(c)) {
        bits = bits << 6 | u32::try_from(digit).unwrap_or(0);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count & 0xff) as u8);
        }
    }
    out
}

/// What differs, if anything does.
fn difference(oracle: &mut Oracle, template: &str, inputs: &Value) -> Result<Option<String>> {
    let request = json!({"op": "render", "path": "resourcesTemplate", "template": template, "inputs": inputs});
    let theirs = oracle.ask(&request)?;
    let mine = ours(template, inputs);
    let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(match (theirs.get("ok").and_then(Value::as_str), mine) {
        (Some(text), Ok(mine)) => {
            let text = decoded(text);
            (text != mine).then(|| format!("go:   {:?}\nours: {:?}", shown(&text), shown(&mine)))
        }
        (Some(text), Err((_, error))) => Some(format!("go:   {:?}\nours: error {error}", shown(&decoded(text)))),
        (None, Ok(mine)) => {
            Some(format!("go:   error {}\nours: {:?}", theirs.get("err").unwrap_or(&Value::Null), shown(&mine)))
        }
        (None, Err((class, error))) => {
            let same = theirs.get("class").and_then(Value::as_str) == Some(class);
            (!same).then(|| format!("go:   {theirs}\nours: {class} {error}"))
        }
    })
}

#[test]
fn random_templates_give_what_go_gives() -> Result<()> {
    let number = |name: &str| std::env::var(name).ok().and_then(|v| v.parse::<u64>().ok());
    let mut random = Random::new(number("ORANGERY_FUZZ_SEED").unwrap_or(1));
    let until = number("ORANGERY_FUZZ_SECONDS").map(|s| Instant::now() + Duration::from_secs(s));
    let mut oracle = Oracle::start()?;
    let (mut cases, mut succeeded, mut failures) = (0, 0, Vec::new());
    while until.map_or(cases < CASES, |until| Instant::now() < until) && failures.len() < 60 {
        cases += 1;
        let (template, inputs) = random.case();
        succeeded += usize::from(ours(&template, &inputs).is_ok());
        if let Some(difference) = difference(&mut oracle, &template, &inputs)? {
            failures.push(format!("{template}\n  {inputs}\n{difference}"));
        }
    }
    println!("{succeeded} of {cases} templates render");
    ensure!(succeeded * 10 > cases, "only {succeeded} of {cases} templates render: the grammar asks too little");
    ensure!(failures.is_empty(), "{} of {cases} cases differ:\n\n{}", failures.len(), failures.join("\n\n"));
    Ok(())
}

#[test]
fn every_difference_once_found_stays_fixed() -> Result<()> {
    let cases: Vec<Value> = serde_json::from_str(include_str!("corpus.json"))?;
    let mut oracle = Oracle::start()?;
    for case in &cases {
        let template = case["template"].as_str().unwrap_or_default();
        let found = difference(&mut oracle, template, &case["inputs"])?;
        ensure!(found.is_none(), "{template}\n{}", found.unwrap_or_default());
    }
    Ok(())
}
