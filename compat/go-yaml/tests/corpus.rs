//! The golden corpus: texts and values with the answers of the real library, checked in. Needs no Go.
//!
//! Each file is a list of `{"in": …, "ok": …}` or `{"in": …, "err": …}`. `ORANGERY_CORPUS=ask` asks the library again and rewrites
//! the files; new cases are added as `{"in": …}`.

mod oracle;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use oracle::{Answer, agree, ask, our_read, our_stream, our_write, read_question, stream_question, write_question};
use serde_json::{Value, json};

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(name)
}

fn input(case: &Value) -> &Value {
    case.get("in").unwrap_or(&Value::Null)
}

fn text(input: &Value) -> &str {
    input.as_str().unwrap_or_default()
}

fn check(name: &str, question: fn(&Value) -> Value, ours: fn(&Value) -> Answer) -> Result<()> {
    let path = file(name);
    let content = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let mut cases: Vec<Value> = serde_json::from_str(&content)?;
    if std::env::var_os("ORANGERY_CORPUS").is_some_and(|v| v == "ask") {
        let questions: Vec<Value> = cases.iter().map(|case| question(input(case))).collect();
        let answers = ask(&questions)?;
        cases = std::iter::zip(cases, answers)
            .map(|(case, answer)| match answer {
                Answer::Ok(value) => json!({"in": input(&case), "ok": value}),
                Answer::Err(said) => json!({"in": input(&case), "err": said}),
            })
            .collect();
        // One case a line: a difference shows which case changed.
        let lines: Vec<String> = cases.iter().map(Value::to_string).collect();
        std::fs::write(&path, format!("[\n{}\n]\n", lines.join(",\n")))?;
    }
    ensure!(!cases.is_empty(), "{name} is empty");
    let mut differences = Vec::new();
    for case in &cases {
        let theirs = match (case.get("ok"), case.get("err").and_then(Value::as_str)) {
            (Some(value), None) => Answer::Ok(value.clone()),
            (None, Some(said)) => Answer::Err(said.to_owned()),
            _ => anyhow::bail!("{name}: a case has no answer yet: {case}; run with ORANGERY_CORPUS=ask"),
        };
        let ours = ours(input(case));
        if !agree(&ours, &theirs) {
            differences.push(format!("{}\n   ours {ours:?}\n theirs {theirs:?}", input(case)));
        }
    }
    ensure!(differences.is_empty(), "{name}: {} differences:\n{}", differences.len(), differences.join("\n"));
    Ok(())
}

#[test]
fn texts_of_the_corpus_mean_what_they_meant() -> Result<()> {
    check("read.json", |input| read_question(text(input)), |input| our_read(text(input)))
}

#[test]
fn streams_of_the_corpus_have_the_documents_they_had() -> Result<()> {
    check("stream.json", |input| stream_question(text(input)), |input| our_stream(text(input)))
}

#[test]
fn values_of_the_corpus_are_written_as_they_were() -> Result<()> {
    check("write.json", write_question, our_write)
}
