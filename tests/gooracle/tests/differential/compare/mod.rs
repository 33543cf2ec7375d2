//! What both answer, and whether it is the same.

mod exceptions;
mod objects;
mod ours;

use anyhow::Result;
use orangery_test_gooracle::Oracle;
pub(crate) use ours::decoded;
use ours::{Failed, Ours};
use serde_json::Value;

/// How often an answer that differs is asked for again: Go's maps have no order, and some answers depend on it.
const AGAIN: usize = 24;

/// What became of one case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Both succeed, with equal bytes.
    Equal,
    /// Both refuse, in the same step and with the same words.
    Refused,
    /// Both refuse in the same step; the words differ for a reason that is argued.
    RefusedInOtherWords(&'static str),
    /// The answers may differ, for a reason that is argued.
    Argued(&'static str),
    /// They differ.
    Differs(String),
}

/// The verdict about one request, given the oracle's answer.
pub(crate) fn verdict(oracle: &mut Oracle, request: &Value, theirs: &Value) -> Result<Verdict> {
    let mine = ours::answer(request);
    if theirs.get("crash").is_some() {
        return Ok(Verdict::Argued("Go crashes or never ends"));
    }
    let verdict = judge(request, &mine, theirs);
    if !matches!(verdict, Verdict::Differs(_)) {
        return Ok(verdict);
    }
    for _ in 0..AGAIN {
        let again = oracle.ask(request)?;
        if again != *theirs {
            return Ok(Verdict::Argued("Go's answer depends on the order of a map"));
        }
    }
    Ok(verdict)
}

fn judge(request: &Value, mine: &Result<Ours, Failed>, theirs: &Value) -> Verdict {
    let said = theirs.get("err").and_then(Value::as_str);
    match (mine, said) {
        (Ok(Ours::Text(mine)), None) => {
            let text = theirs.get("ok").and_then(Value::as_str).map(decoded).unwrap_or_default();
            if text == *mine {
                return Verdict::Equal;
            }
            if let Some(why) = exceptions::of_texts(request["template"].as_str().unwrap_or_default()) {
                return Verdict::Argued(why);
            }
            let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            Verdict::Differs(format!("go:   {:?}\nours: {:?}", shown(&text), shown(mine)))
        }
        (Ok(Ours::Objects(mine)), None) => match objects::difference(mine, theirs.get("ok").unwrap_or(&Value::Null)) {
            None => Verdict::Equal,
            Some(difference) => Verdict::Differs(difference),
        },
        (Err(failed), Some(said)) => {
            let class = theirs.get("class").and_then(Value::as_str).unwrap_or("none");
            if class != failed.class {
                return exceptions::of_results(said, Some(failed)).map_or_else(
                    || Verdict::Differs(format!("go:   {class} {said}\nours: {} {}", failed.class, failed.message)),
                    Verdict::Argued,
                );
            }
            if failed.says(said) {
                return Verdict::Refused;
            }
            exceptions::of_words(said, failed).map_or_else(
                || Verdict::Differs(format!("go:   {class} {said}\nours: {class} {}", failed.message)),
                Verdict::RefusedInOtherWords,
            )
        }
        (Err(failed), None) => exceptions::of_results("", Some(failed)).map_or_else(
            || Verdict::Differs(format!("go:   {}\nours: {} {}", shown(theirs), failed.class, failed.message)),
            Verdict::Argued,
        ),
        (Ok(mine), Some(said)) => exceptions::of_results(said, None).map_or_else(
            || Verdict::Differs(format!("go:   {said}\nours: {mine:?}\n      {}", request["op"])),
            Verdict::Argued,
        ),
    }
}

fn shown(theirs: &Value) -> String {
    let ok = theirs.get("ok").unwrap_or(&Value::Null);
    ok.as_str().map_or_else(|| ok.to_string(), |text| format!("{:?}", String::from_utf8_lossy(&decoded(text))))
}
