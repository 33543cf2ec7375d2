//! Reporters written with the SDK: what they tell arrives where it is granted, and nowhere else.

use crate::bench;
use crate::forge::Forge;
use anyhow::Result;
use orangery_egress::SessionSpec;
use orangery_sandbox::{CallError, EnvironmentState, ReportRequest};
use serde_json::{Value, json};

fn request(kind: &str, session: SessionSpec, url: &str) -> ReportRequest {
    ReportRequest {
        consumer: "ResourceSet/test/one".into(),
        kind: kind.into(),
        url: url.into(),
        config: Value::Null,
        session,
        id: "42".into(),
        revision: "abc".into(),
        state: EnvironmentState::Failed,
        summary: "2 of 3 objects ready".into(),
        environment_url: Some("https://pr-42.example.com".into()),
    }
}

pub(crate) mod announces {
    use super::*;
    pub(crate) const GUEST: &str = "announces";

    #[tokio::test(flavor = "multi_thread")]
    async fn a_report_arrives_whole_through_the_granted_door() -> Result<()> {
        let forge = Forge::start().await?;
        let sandbox = bench::with(&["lists", GUEST]).await?;
        sandbox.report(request("Lists", forge.session("a-good-token")?, &forge.url)).await.result?;
        let seen = forge.seen().concat();
        let told = json!({"state": "failed", "commit": "abc", "summary": "2 of 3 objects ready", "seen": "https://pr-42.example.com"});
        assert!(seen.starts_with("POST /environments/42\n") && seen.ends_with(&told.to_string()), "{seen}");
        assert!(seen.contains("authorization: Bearer a-good-token"), "{seen}");
        Ok(())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_report_without_a_grant_is_an_error_that_names_the_grant() -> Result<()> {
        let forge = Forge::start().await?;
        let sandbox = bench::with(&["lists", GUEST]).await?;
        let receipt = sandbox.report(request("Lists", SessionSpec::default(), &forge.url)).await;
        let Err(CallError::Answered { said, .. }) = receipt.result else { anyhow::bail!("it passed") };
        assert_eq!(said.code.as_str(), "EgressDenied");
        assert!(said.message.as_str().contains(&format!("needs the grant `POST {}`", forge.url)), "{said}");
        assert!(forge.seen().is_empty());
        Ok(())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_configuration_that_it_does_not_know_is_refused_before_it_is_called() -> Result<()> {
        let forge = Forge::start().await?;
        let sandbox = bench::with(&["lists", GUEST]).await?;
        let config = json!({"colour": "red"});
        let receipt =
            sandbox.report(ReportRequest { config, ..request("Lists", forge.session("t-o-k-e-n")?, &forge.url) }).await;
        let said = receipt.result.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(said.starts_with("spec.config") && forge.seen().is_empty(), "{said}");
        Ok(())
    }
}

pub(crate) mod tends {
    use super::*;
    pub(crate) const GUEST: &str = "tends";

    #[tokio::test(flavor = "multi_thread")]
    async fn one_component_lists_and_reports() -> Result<()> {
        let forge = Forge::start().await?;
        let sandbox = bench::with(&[GUEST]).await?;
        let polled = bench::poll(&sandbox, "Tends", json!({})).await;
        assert_eq!(bench::told(&polled)?["branch"], "main");
        assert!(sandbox.can_report("Tends"));
        sandbox.report(request("Tends", forge.session("a-good-token")?, &forge.url)).await.result?;
        assert!(forge.seen().concat().ends_with(r#"{"tended":"42"}"#), "{:?}", forge.seen());
        let receipt = sandbox.report(request("Tends", SessionSpec::default(), &forge.url)).await;
        assert!(receipt.result.is_err() && forge.seen().len() == 1, "{:?}", receipt.result);
        Ok(())
    }
}
