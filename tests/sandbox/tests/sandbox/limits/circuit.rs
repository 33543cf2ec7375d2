//! The circuit, seen from outside: a plugin that keeps breaking is left alone, for the consumer it breaks for.

use crate::bench;
use anyhow::Result;
use orangery_core::{Disposition, Explain, Reason};
use orangery_sandbox::{CallError, Limits, PollRequest};
use serde_json::json;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn after_three_faults_a_plugin_is_left_alone_and_then_tried_again() -> Result<()> {
    let limits = Limits { circuit_first: Duration::from_millis(1500), ..Limits::default() };
    let sandbox = bench::limited(limits, &["panics", "echoes"]).await?;
    for _ in 0..3 {
        assert!(bench::fault(bench::poll(&sandbox, "Panics", json!({})).await).is_ok());
    }
    let report = bench::poll(&sandbox, "Panics", json!({})).await;
    let Err(open @ CallError::CircuitOpen { .. }) = report.result else { anyhow::bail!("{:?}", report.result) };
    assert_eq!(open.reason(), Reason::CircuitOpen);
    assert!(matches!(open.disposition(), Disposition::RetryAfter(wait) if wait <= Duration::from_millis(1500)));
    assert!(report.logs.is_empty() && report.usage.wall.is_zero(), "the plugin was not called");

    let neighbour = PollRequest { consumer: "another".into(), ..bench::question("Panics", json!({})) };
    assert!(bench::fault(sandbox.poll(neighbour).await).is_ok(), "another consumer has a circuit of its own");
    assert!(bench::poll(&sandbox, "Echoes", json!({})).await.result.is_ok(), "another plugin too");

    tokio::time::sleep(Duration::from_millis(1600)).await;
    assert!(bench::fault(bench::poll(&sandbox, "Panics", json!({})).await).is_ok(), "one try after the pause");
    let report = bench::poll(&sandbox, "Panics", json!({})).await;
    assert!(matches!(report.result, Err(CallError::CircuitOpen { .. })), "{:?}", report.result);
    Ok(())
}
