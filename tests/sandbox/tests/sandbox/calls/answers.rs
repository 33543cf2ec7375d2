//! Answers that break the rules are rejected whole; those that do not are passed on as they are.

use crate::bench;
use anyhow::Result;
use orangery_core::{PollOutcome, UnreadableItem};
use orangery_sandbox::{CallError, PollRequest};
use serde_json::json;

pub(crate) mod echoes {
    use super::*;
    pub(crate) const GUEST: &str = "echoes";

    #[tokio::test(flavor = "multi_thread")]
    async fn complete_and_partial_stay_what_they_are() -> Result<()> {
        let sandbox = bench::with(&[GUEST]).await?;
        let inputs = json!([["a", r#"{"branch":"a"}"#]]);
        let complete = bench::poll(&sandbox, "Echoes", json!({"inputs": inputs})).await.result?;
        assert!(matches!(complete, PollOutcome::Complete(found) if found.inputs.len() == 1));
        let partial = bench::poll(&sandbox, "Echoes", json!({"inputs": inputs, "outcome": "partial"})).await.result?;
        assert!(matches!(partial, PollOutcome::Partial(found) if found.inputs.len() == 1));
        Ok(())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn one_bad_input_rejects_the_whole_answer() -> Result<()> {
        let sandbox = bench::with(&[GUEST]).await?;
        for (bad, problem) in [
            (json!(["b", "{"]), "input 'b' is not a JSON object: EOF"),
            (json!(["b", "[1]"]), "input 'b' is not a JSON object: it is another kind of value"),
            (json!(["b", "{\"a\":1} trailing"]), "input 'b' is not a JSON object: trailing characters"),
        ] {
            let config = json!({"inputs": [["good", "{}"], bad]});
            let request = PollRequest { consumer: problem.into(), ..bench::question("Echoes", config) };
            let said = bench::fault(sandbox.poll(request).await)?.to_string();
            assert!(said.contains(problem), "{said}");
        }
        Ok(())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn r06_equal_ids() -> Result<()> {
        let sandbox = bench::with(&[GUEST]).await?;
        let config = json!({
            "inputs": [["7", "{\"branch\":\"a\"}"], ["7", "{\"branch\":\"b\"}"]],
            "unreadable": [["8", null, "no\ncommit"], [null, null, ""]],
        });
        let PollOutcome::Complete(found) = bench::poll(&sandbox, "Echoes", config).await.result? else {
            anyhow::bail!("not complete")
        };
        assert_eq!(found.inputs.iter().map(|input| input.id.as_str()).collect::<Vec<_>>(), ["7", "7"]);
        let eight = UnreadableItem { id: Some("8".into()), name: None, problem: "no commit".into() };
        assert_eq!(found.unreadable, [eight, UnreadableItem::default()]);
        Ok(())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_deeply_nested_answer_is_an_error_and_not_a_crash() -> Result<()> {
        let sandbox = bench::with(&[GUEST]).await?;
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
        let report = bench::poll(&sandbox, "Echoes", json!({"inputs": [["a", deep]]})).await;
        assert!(bench::fault(report)?.to_string().contains("recursion limit"));
        Ok(())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn nothing_of_one_call_is_left_in_the_next() -> Result<()> {
        let sandbox = bench::with(&[GUEST]).await?;
        let first = bench::poll(&sandbox, "Echoes", json!({"inputs": [["a", "{}"]]})).await;
        let second = bench::poll(&sandbox, "Echoes", json!({"inputs": [["b", "{}"]]})).await;
        assert_eq!(first.usage.memory_bytes, second.usage.memory_bytes);
        assert!(matches!(second.result?, PollOutcome::Complete(found) if found.inputs.len() == 1));
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_type_that_nobody_serves_is_an_error_that_lists_those_that_are_served() -> Result<()> {
    let sandbox = bench::with(&["echoes", "fails"]).await?;
    let report = bench::poll(&sandbox, "Nothing", json!({})).await;
    let said = report.result.err().map(|error| error.to_string());
    assert_eq!(
        said.as_deref(),
        Some("no loaded plugin serves the type 'Nothing'; loaded plugins serve: Echoes, Fails")
    );
    let nobody = bench::with(&[]).await?;
    let report = bench::poll(&nobody, "Nothing", json!({})).await;
    assert!(matches!(report.result, Err(CallError::Missing { .. })));
    Ok(())
}
