//! Configurations: the schema names the field, and the plugin says what a schema cannot.

use crate::bench;
use crate::forge::Forge;
use anyhow::Result;
use orangery_core::{Disposition, Explain, Reason};
use orangery_sandbox::{CallError, PollReport, PollRequest};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_good_configuration_passes_and_an_odd_one_gets_a_remark() -> Result<()> {
    let sandbox = bench::with(&["lists", "renders"]).await?;
    assert!(sandbox.validate("Lists", &json!({"project": "web"})).await?.is_empty());
    assert!(sandbox.validate("Lists", &Value::Null).await?.is_empty());
    assert!(sandbox.validate("renders", &json!({"depth": 3})).await?.is_empty());
    let notes = sandbox.validate("Lists", &json!({"project": "odd"})).await?;
    assert_eq!(notes.iter().map(ToString::to_string).collect::<Vec<_>>(), ["an odd project (OddProject)"]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_speaks_first_and_names_the_field() -> Result<()> {
    let sandbox = bench::with(&["lists", "renders"]).await?;
    let Err(error) = sandbox.validate("Lists", &json!({"project": 7})).await else { anyhow::bail!("it passed") };
    assert!(matches!(&error, CallError::Config { error, .. } if error.field() == "spec.config.project"), "{error}");
    assert_eq!((error.reason(), error.disposition()), (Reason::InvalidSpec, Disposition::WaitForChange));
    let Err(error) = sandbox.validate("renders", &json!({"depth": "x"})).await else { anyhow::bail!("it passed") };
    assert!(error.to_string().starts_with("spec.renderer.config.depth: "), "{error}");
    let polled = bench::poll(&sandbox, "Lists", json!({"project": 7})).await;
    assert!(matches!(polled.result, Err(CallError::Config { .. })), "a poll checks it too");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_plugin_says_what_a_schema_cannot() -> Result<()> {
    let sandbox = bench::with(&["lists"]).await?;
    let Err(error) = sandbox.validate("Lists", &json!({"project": "forbidden"})).await else {
        anyhow::bail!("it passed")
    };
    assert_eq!(
        error.to_string(),
        "plugin lists 0.1.0 says: spec.config.project: this project is forbidden (Forbidden)"
    );
    assert_eq!(error.disposition(), Disposition::WaitForChange);
    let missing = sandbox.validate("Nobody", &json!({})).await;
    assert!(matches!(missing, Err(CallError::Missing { .. })));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_that_the_plugin_refuses_is_never_polled_with() -> Result<()> {
    let forge = Forge::start().await?;
    let sandbox = bench::with(&["lists"]).await?;
    let ask = async |config: Value| -> Result<PollReport> {
        let request = bench::question("Lists", config);
        Ok(sandbox.poll(PollRequest { url: forge.url.clone(), session: forge.session("a-token")?, ..request }).await)
    };
    for _ in 0..2 {
        let Err(error) = ask(json!({"project": "forbidden"})).await?.result else { anyhow::bail!("it passed") };
        assert!(matches!(&error, CallError::Answered { said, .. } if said.field.is_some()), "{error}");
        assert_eq!((error.reason(), error.disposition()), (Reason::InvalidSpec, Disposition::WaitForChange));
    }
    assert_eq!(forge.seen().len(), 0, "the token stayed at home");
    for _ in 0..2 {
        let report = ask(json!({"project": "odd"})).await?;
        assert!(report.result.is_ok(), "{:?}", report.result.err());
        assert_eq!(report.notes.iter().map(ToString::to_string).collect::<Vec<_>>(), ["an odd project (OddProject)"]);
    }
    assert!(ask(json!({"project": "web"})).await?.notes.is_empty());
    assert_eq!(forge.seen().len(), 3);
    Ok(())
}
