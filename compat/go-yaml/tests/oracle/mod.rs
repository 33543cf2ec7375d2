//! The real Go library, asked through `tests/gooracle`: built once, one process for each test.
//!
//! A batch of questions is written by one thread while the answers are read, so no pipe can fill up.

#![allow(dead_code, reason = "every test file includes this module and uses a part of it")]

pub(crate) mod documents;
pub(crate) mod generate;
pub(crate) mod random;
pub(crate) mod words;

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

/// What the library says to one question.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answer {
    Ok(Value),
    Err(String),
}

impl Answer {
    /// The library's answer depends on its map order, or it crashed: there is nothing to agree with.
    pub(crate) fn is_no_answer(&self) -> bool {
        matches!(self, Self::Err(said) if said.starts_with("unstable:") || said.starts_with("panic:"))
    }
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/gooracle")
}

fn program() -> Result<&'static Path> {
    static PROGRAM: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let built = PROGRAM.get_or_init(|| {
        let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("gooracle-yaml");
        // Test binaries build side by side: each into its own file, then into place.
        let fresh = program.with_extension(std::process::id().to_string());
        let build = || -> Result<()> {
            let done = Command::new("go")
                .args(["build", "-o"])
                .arg(&fresh)
                .arg(".")
                .current_dir(source())
                .env("GOTOOLCHAIN", "local")
                .output()
                .context("cannot run `go`; the tests need a Go toolchain to compare with the real library")?;
            ensure!(done.status.success(), "go build failed:\n{}", String::from_utf8_lossy(&done.stderr));
            std::fs::rename(&fresh, &program)?;
            Ok(())
        };
        build().map(|()| program).map_err(|error| format!("{error:#}"))
    });
    match built {
        Ok(path) => Ok(path),
        Err(error) => bail!("{error}"),
    }
}

/// Asks all questions, gives all answers in order.
pub(crate) fn ask(questions: &[Value]) -> Result<Vec<Answer>> {
    let mut child =
        Command::new(program()?).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().context("start gooracle")?;
    let mut stdin = child.stdin.take().context("stdin")?;
    let stdout = BufReader::new(child.stdout.take().context("stdout")?);
    let lines: Vec<String> = questions.iter().map(Value::to_string).collect();
    let writer = std::thread::spawn(move || -> std::io::Result<()> {
        for line in lines {
            stdin.write_all(line.as_bytes())?;
            stdin.write_all(b"\n")?;
        }
        Ok(())
    });
    let mut answers = Vec::with_capacity(questions.len());
    for line in stdout.lines() {
        let mut answer: Value = serde_json::from_str(&line?)?;
        answers.push(match answer.get("err").and_then(Value::as_str) {
            Some(error) => Answer::Err(error.to_owned()),
            None => Answer::Ok(answer.get_mut("ok").map(Value::take).unwrap_or_default()),
        });
    }
    writer.join().map_err(|_| anyhow::anyhow!("the writing thread failed"))??;
    child.wait()?;
    ensure!(answers.len() == questions.len(), "{} answers to {} questions", answers.len(), questions.len());
    Ok(answers)
}

pub(crate) fn read_question(text: &str) -> Value {
    json!({"op": "yaml-read", "text": text})
}

pub(crate) fn stream_question(text: &str) -> Value {
    json!({"op": "yaml-stream", "text": text})
}

pub(crate) fn write_question(value: &Value) -> Value {
    json!({"op": "yaml-write", "json": value})
}

/// Our value in the form the oracle gives: numbers with their type.
pub(crate) fn typed(value: &Value) -> Value {
    match value {
        Value::Number(n) if n.is_f64() => {
            let text = format!("{:e}", n.as_f64().unwrap_or(f64::NAN));
            let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
            let exponent: i32 = exponent.parse().unwrap_or(0);
            let sign = if exponent < 0 { '-' } else { '+' };
            json!({"float": format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs())})
        }
        Value::Number(n) => json!({"int": n.to_string()}),
        Value::Array(list) => list.iter().map(typed).collect(),
        Value::Object(map) => Value::Object(map.iter().map(|(k, v)| (k.clone(), typed(v))).collect()),
        other => other.clone(),
    }
}

/// Our answer to a `yaml-read` question.
pub(crate) fn our_read(text: &str) -> Answer {
    match go_yaml::from_str(text) {
        Ok(value) => Answer::Ok(typed(&value)),
        Err(error) => Answer::Err(error.to_string()),
    }
}

/// Our answer to a `yaml-stream` question.
pub(crate) fn our_stream(text: &str) -> Answer {
    match go_yaml::documents(text) {
        Ok(documents) => Answer::Ok(documents.into_iter().map(|d| typed(&d.value.into())).collect()),
        Err(error) => Answer::Err(error.to_string()),
    }
}

/// Our answer to a `yaml-write` question.
pub(crate) fn our_write(value: &Value) -> Answer {
    match go_yaml::to_string(value) {
        Ok(text) => Answer::Ok(Value::String(text)),
        Err(error) => Answer::Err(error.to_string()),
    }
}

/// Same value, or both refuse.
pub(crate) fn agree(ours: &Answer, theirs: &Answer) -> bool {
    match (ours, theirs) {
        _ if theirs.is_no_answer() => true,
        (Answer::Ok(a), Answer::Ok(b)) => same(a, b),
        (Answer::Err(_), Answer::Err(_)) => true,
        _ => false,
    }
}

/// Equal, floats by value: their text may have another last digit.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            let float = |map: &serde_json::Map<String, Value>| map.get("float")?.as_str()?.parse::<f64>().ok();
            if let (1, 1, Some(a), Some(b)) = (a.len(), b.len(), float(a), float(b)) {
                return a.to_bits() == b.to_bits();
            }
            a.len() == b.len() && a.iter().zip(b).all(|((k, a), (l, b))| k == l && same(a, b))
        }
        _ => a == b,
    }
}
