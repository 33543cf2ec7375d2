//! Every function with good, odd and failing arguments: what Go answered, kept in `functions.json`.

use orangery_plugin_gotemplate::eval::execute;
use orangery_plugin_gotemplate::functions::{Context, TABLE, find};
use orangery_plugin_gotemplate::parse::parse;
use orangery_plugin_gotemplate::value::{Map, Value as Ours};
use serde_json::Value;

/// These depend on the call itself; the other tests look at them.
const ELSEWHERE: [&str; 3] = ["ago", "randInt", "uid"];

fn ours(template: &str, inputs: &Value) -> Result<String, (&'static str, String)> {
    let map = if let Ours::Map(map) = Ours::from_json(inputs) { map } else { Map::nil() };
    let parsed = parse("resourceset", template, &find).map_err(|e| ("parse", e.to_string()))?;
    let mut context = Context::new(map, "0123456789abcdef".to_owned(), 0, 1);
    let output = execute(&parsed, &mut context).map_err(|e| ("exec", e.to_string()))?;
    Ok(String::from_utf8_lossy(&output.text).into_owned())
}

#[test]
fn every_function_answers_as_go_did() {
    let table: Value = serde_json::from_str(include_str!("functions.json")).unwrap_or_default();
    let cases = table.get("cases").and_then(Value::as_array).cloned().unwrap_or_default();
    let text = |case: &Value, key: &str| case.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut wrong = Vec::new();
    for case in &cases {
        let template = text(case, "template");
        let found = ours(&template, table.get("inputs").unwrap_or(&Value::Null));
        let right = match &found {
            Ok(out) => case.get("out").and_then(Value::as_str) == Some(out),
            Err((class, message)) => {
                // Of a nil without type Go shows a panic inside of its reflection.
                let argued = message.ends_with("len of nil pointer");
                text(case, "class") == *class && (argued || text(case, "err") == *message)
            }
        };
        if !right {
            wrong.push(format!("{case}\n  ours: {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    for function in TABLE.iter().filter(|f| !ELSEWHERE.contains(&f.name)) {
        let word = format!("<< {} ", function.name);
        assert!(cases.iter().any(|case| text(case, "template").starts_with(&word)), "{} has no case", function.name);
    }
}
