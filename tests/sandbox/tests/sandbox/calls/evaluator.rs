//! What the host computes for others: the evaluator answers, keeps to its limits, and is not a plugin.

use crate::bench;
use anyhow::{Context, Result};
use orangery_core::{Disposition, Explain, Reason, Timestamp};
use orangery_sandbox::{CallError, EvaluationError, ExpressionProblem, Fault, Limits, PluginSource, Sandbox};
use serde_json::json;
use std::time::{Duration, Instant};

/// Runs for minutes: 8^24 steps.
fn endless() -> String {
    (0..24).fold("true".to_owned(), |inner, level| format!("[1,2,3,4,5,6,7,8].all(v{level}, {inner})"))
}

fn short() -> Limits {
    Limits { cpu: Duration::from_millis(300), ..Limits::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn expressions_are_parsed_and_evaluated() -> Result<()> {
    let sandbox = bench::evaluating(Limits::default()).await?;
    let mut evaluations = sandbox.evaluations("ResourceSet/test/one");
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    assert_eq!(evaluations.check_expressions(texts(&["a.b == 1", "true"])).await?, Ok(()));
    let bad = evaluations.check_expressions(texts(&["true", "a ==", "b =="])).await?;
    assert!(matches!(&bad, Err((1, why)) if !why.is_empty()), "{bad:?}");
    let object = json!({"status": {"phase": "Bound"}});
    assert_eq!(evaluations.holds("status.phase == 'Bound'", &object).await?, Ok(true));
    assert_eq!(evaluations.holds("status.phase == 'Lost'", &object).await?, Ok(false));
    let libraries = "sets.contains(['Bound'], [status.?phase.orValue('')]) && status.phase.lowerAscii() == 'bound'";
    assert_eq!(evaluations.holds(libraries, &object).await?, Ok(true));
    assert_eq!(evaluations.holds("status.phase", &object).await?, Err(ExpressionProblem::NotBoolean));
    let missing = evaluations.holds("status.absent == 'x'", &object).await?;
    assert!(matches!(missing, Err(ExpressionProblem::Unevaluable(_))), "{missing:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn schedules_are_found_and_one_that_never_comes_has_no_triggers() -> Result<()> {
    let sandbox = bench::evaluating(Limits::default()).await?;
    let mut evaluations = sandbox.evaluations("ResourceSetInputProvider/test/one");
    let (at, day) = (Timestamp::from_millis, 86_400_000);
    let found = evaluations.triggers("@daily", "UTC", at(day * 3 + 5)).await?.map_err(anyhow::Error::msg)?;
    assert_eq!((found.previous, found.next), (Some(at(day * 3)), Some(at(day * 4))));
    let tokyo = evaluations.triggers("0 6 * * *", "Asia/Tokyo", at(0)).await?.map_err(anyhow::Error::msg)?;
    assert_eq!(tokyo.next, Some(at(day - 3 * 3_600_000)));
    let never = evaluations.triggers("0 0 31 2 *", "UTC", at(0)).await?.map_err(anyhow::Error::msg)?;
    assert_eq!((never.previous, never.next), (None, None));
    assert!(evaluations.triggers("61 * * * *", "UTC", at(0)).await?.is_err());
    assert!(evaluations.triggers("@daily", "Mars/Olympus", at(0)).await?.is_err());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_expression_without_end_ends_and_is_not_tried_again_at_once() -> Result<()> {
    let sandbox = bench::evaluating(short()).await?;
    let begun = Instant::now();
    let error = sandbox.evaluations("ResourceSet/test/one").holds(&endless(), &json!({})).await.err();
    let error = error.context("it ended")?;
    assert_eq!(error, EvaluationError::Faulted(Fault::OutOfCpu { budget: Duration::from_millis(300) }));
    assert_eq!(error.disposition(), Disposition::WaitForChange);
    let first = begun.elapsed();
    let begun = Instant::now();
    let again = sandbox.evaluations("ResourceSet/test/other").holds(&endless(), &json!({})).await;
    assert_eq!(again, Err(error));
    assert!(begun.elapsed() < first / 5, "{:?} after {first:?}", begun.elapsed());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_evaluations_of_one_object_have_one_budget() -> Result<()> {
    let sandbox = bench::evaluating(short()).await?;
    let mut evaluations = sandbox.evaluations("ResourceSet/test/one");
    assert!(evaluations.holds(&endless(), &json!({})).await.is_err());
    let spent = evaluations.holds("true", &json!({})).await;
    assert_eq!(spent, Err(EvaluationError::Spent(Duration::from_millis(300))));
    let another = sandbox.evaluations("ResourceSet/test/other").holds("true", &json!({})).await?;
    assert_eq!(another, Ok(true), "another object has its own");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_expression_as_deep_as_four_kilobytes_and_one_that_wants_gigabytes_are_answers() -> Result<()> {
    let sandbox = bench::evaluating(Limits::default()).await?;
    let ordinary = format!("{}1 > 0", "1+".repeat(100));
    let answer = sandbox.evaluations("ResourceSet/test/ordinary").holds(&ordinary, &json!({})).await?;
    assert_eq!(answer, Ok(true), "a hundred terms are no matter");
    let deep = format!("{}1 > 0", "1+".repeat(2000));
    let answer = sandbox.evaluations("ResourceSet/test/deep").holds(&deep, &json!({})).await;
    let stopped = matches!(&answer, Err(EvaluationError::Faulted(Fault::OutOfStack | Fault::Trapped { .. })));
    assert!(stopped, "{answer:?}");
    let made = (0..12).fold("1".to_owned(), |inner, level| format!("[1,2,3,4,5,6,7,8].map(v{level}, {inner})"));
    let wide = sandbox.evaluations("ResourceSet/test/wide").holds(&format!("size({made}) > 0"), &json!({})).await;
    let stopped = matches!(
        &wide,
        Err(EvaluationError::Faulted(Fault::OutOfMemory { .. } | Fault::OutOfCpu { .. } | Fault::OutOfTime { .. }))
    );
    assert!(stopped, "{wide:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_evaluator_cannot_be_given_as_a_plugin() -> Result<()> {
    let sandbox = bench::sandbox(Limits::default())?;
    let refused = sandbox.admit(bench::evaluator().bytes, PluginSource::given("mine")).await;
    let said = refused.err().context("it was admitted")?.to_string();
    assert!(said.starts_with("it exports orangery:evaluator/evaluate@0.1.0; a plugin exports"), "{said}");
    assert!(sandbox.plugins().is_empty());
    Ok(())
}

/// The built-in plugins are admitted without this check, which would load the evaluator at every start.
#[tokio::test(flavor = "multi_thread")]
async fn the_schemas_of_the_built_in_plugins_can_be_used() -> Result<()> {
    let sandbox = bench::evaluating(Limits::default()).await?;
    for plugin in orangery_bundled::plugins() {
        sandbox.admit(plugin.bytes, PluginSource::given(plugin.name)).await.context(plugin.name)?;
    }
    Ok(())
}

async fn admitted(guest: &str) -> Result<Sandbox> {
    bench::limited(short(), &[guest]).await
}

pub(crate) mod levels {
    use super::*;
    pub(crate) const GUEST: &str = "levels";

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_schema_whose_references_double_sixty_times_ends() -> Result<()> {
        let sandbox = admitted(GUEST).await?;
        let Err(error) = sandbox.validate("Levels", &json!({})).await else { anyhow::bail!("it passed") };
        assert!(matches!(error, CallError::Schema { .. }), "{error}");
        assert_eq!((error.reason(), error.disposition()), (Reason::PluginFaulted, Disposition::WaitForChange));
        let said = "the configuration schema of plugin levels 0.1.0: the schema cannot be evaluated: the evaluation used up its 300ms of processor time; make it smaller";
        assert_eq!(error.to_string(), said);
        let polled = bench::poll(&sandbox, "Levels", json!({})).await;
        assert_eq!(polled.result.err(), Some(error), "a poll is refused too, and costs nothing");
        Ok(())
    }
}

pub(crate) mod patterns {
    use super::*;
    pub(crate) const GUEST: &str = "patterns";

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_schema_of_two_thousand_large_patterns_is_not_admitted() -> Result<()> {
        let sandbox = bench::evaluating(short()).await?;
        let said = bench::refusal(&sandbox, GUEST).await?;
        let begin = "the configuration of Patterns: the schema cannot be evaluated: the evaluation ";
        assert!(said.starts_with(begin) && said.ends_with("; make it smaller"), "{said}");
        assert!(sandbox.plugins().is_empty());
        Ok(())
    }
}
