//! `readyExpr` means here what it means in cel-go, with the libraries that users of Flux Operator write: the standard one,
//! optional values, strings, sets and encoders.

use anyhow::{Context as _, Result, bail};
use orangery_plugin_evaluator::expression::{Error, holds};
use orangery_test_gooracle::Oracle;
use serde_json::{Value, json};

/// What an evaluation gives, for either side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Holds(bool),
    Unparsable,
    Unevaluable,
    NotBoolean,
}

/// Where ours is known to differ, and the answer it has. None of them makes an object ready that is not ready in Flux.
const DIFFERENT: &[(&str, Answer)] = &[
    // Go finds the missing argument when it plans the program, ours when it evaluates the call.
    ("status.phase.startsWith()", Answer::Unevaluable),
    // An alias of `exists_one` that this release of cel-go does not know yet.
    ("[1, 2, 2].existsOne(x, x == 1)", Answer::Holds(true)),
    // Go answers -1 for an offset behind the end of the text, ours says that it is out of range.
    ("metadata.name.indexOf('p', 9) == -1", Answer::Unevaluable),
];

/// An object with a field of each kind that Kubernetes objects have.
fn object() -> Value {
    json!({
        "apiVersion": "helm.toolkit.fluxcd.io/v2",
        "kind": "HelmRelease",
        "metadata": {
            "name": "pr-42", "namespace": "previews", "generation": 3,
            "labels": {"app.kubernetes.io/name": "shop", "tier": "web"},
            "annotations": {}, "creationTimestamp": "2026-11-20T08:00:00Z",
            "finalizers": ["a.io/x", "b.io/y"],
        },
        "spec": {
            "replicas": 3, "paused": false, "interval": "5m0s", "image": "registry.example.com/shop:1.4.2",
            "ports": [{"name": "http", "port": 80}, {"name": "https", "port": 443}], "weight": 0.5, "empty": null,
        },
        "status": {
            "observedGeneration": 3, "replicas": 3, "readyReplicas": 2, "phase": "Bound", "big": 9_007_199_254_740_993_i64,
            "conditions": [
                {"type": "Ready", "status": "True", "observedGeneration": 3, "message": "Helm install succeeded"},
                {"type": "Released", "status": "True", "observedGeneration": 2},
            ],
            "history": [], "token": "c2hvcA==", "words": ["one", "two", "three"],
        },
    })
}

fn ours(expression: &str, object: &Value) -> Answer {
    match holds(expression, &object.to_string()) {
        Ok(holds) => Answer::Holds(holds),
        Err(Error::Unparsable(_)) => Answer::Unparsable,
        Err(Error::Unevaluable(_)) => Answer::Unevaluable,
        Err(Error::NotBoolean) => Answer::NotBoolean,
    }
}

fn of_go(reply: &Value) -> Result<Answer> {
    if let Some(holds) = reply.get("ok") {
        return Ok(Answer::Holds(holds.as_bool().context("a boolean")?));
    }
    Ok(match reply.get("class").and_then(Value::as_str) {
        Some("parse") => Answer::Unparsable,
        Some("evaluate") => Answer::Unevaluable,
        Some("not-boolean") => Answer::NotBoolean,
        _ => bail!("the oracle: {reply}"),
    })
}

#[test]
fn an_expression_has_the_answer_of_cel_go() -> Result<()> {
    let object = object();
    let expressions: Vec<&str> = include_str!("ready_expressions.cel")
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with("//"))
        .collect();
    assert!(expressions.len() > 200, "the table was not read: {}", expressions.len());
    let requests: Vec<Value> =
        expressions.iter().map(|expression| json!({"op": "cel", "expression": expression, "object": object})).collect();
    let replies = Oracle::start()?.ask_all(&requests)?;
    let mut different = Vec::new();
    let mut seen = Vec::new();
    for (expression, reply) in expressions.iter().zip(&replies) {
        let (theirs, ours) = (of_go(reply)?, ours(expression, &object));
        seen.push(theirs);
        let known = DIFFERENT.iter().find(|(known, _)| known == expression);
        assert!(known.is_none() || ours != theirs, "{expression} no longer differs: remove it from the list");
        let expected = known.map_or(theirs, |(_, answer)| *answer);
        if ours != expected {
            different.push(format!("{expression}\n    Go {theirs:?} ({reply}), ours {ours:?}"));
        }
    }
    for kind in [Answer::Holds(true), Answer::Holds(false), Answer::Unparsable, Answer::Unevaluable, Answer::NotBoolean]
    {
        assert!(seen.contains(&kind), "the table has no expression that Go answers with {kind:?}");
    }
    assert!(different.is_empty(), "{} of {} differ:\n{}", different.len(), expressions.len(), different.join("\n"));
    Ok(())
}
