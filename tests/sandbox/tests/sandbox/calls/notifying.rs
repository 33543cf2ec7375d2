//! Notifiers: what they tell arrives where it is granted, and nowhere else.

use crate::bench;
use crate::forge::Forge;
use anyhow::Result;
use orangery_egress::SessionSpec;
use orangery_plugin_documents::{EnvironmentNotice, EnvironmentState, EventNotice, NotedObject, Severity};
use orangery_sandbox::{CallError, Notice, NotifyRequest};
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn environment() -> EnvironmentNotice {
    EnvironmentNotice {
        id: "42".into(),
        provider_type: "Lists".into(),
        url: String::new(),
        change_request: Some("42".into()),
        revision: "abc".into(),
        state: EnvironmentState::Failed,
        summary: "2 of 3 objects ready".into(),
        environment_url: Some("https://pr-42.example.com".into()),
        details: String::new(),
        since: None,
    }
}

fn event() -> Notice {
    let object = NotedObject { kind: "ResourceSet".into(), name: "previews".into(), ..NotedObject::default() };
    let (reason, message) = ("Ready".to_owned(), "done".to_owned());
    Notice::Event(EventNotice {
        object,
        severity: Severity::Info,
        reason,
        message,
        at: None,
        metadata: BTreeMap::new(),
    })
}

fn request(type_name: &str, session: SessionSpec, url: &str) -> NotifyRequest {
    NotifyRequest {
        consumer: "ResourceSet/test/one".into(),
        type_name: type_name.into(),
        url: url.into(),
        config: Value::Null,
        session,
        notice: Notice::Environment(environment()),
    }
}

pub(crate) mod announces {
    use super::*;
    pub(crate) const GUEST: &str = "announces";

    #[tokio::test(flavor = "multi_thread")]
    async fn a_notice_arrives_whole_where_it_is_granted() -> Result<()> {
        let forge = Forge::start().await?;
        let sandbox = bench::with(&["lists", GUEST]).await?;
        sandbox.notify(request("Lists", forge.session("a-good-token")?, &forge.url)).await.result?;
        let seen = forge.seen().concat();
        let told = json!({"state": "failed", "commit": "abc", "summary": "2 of 3 objects ready", "seen": "https://pr-42.example.com"});
        assert!(seen.starts_with("POST /environments/42\n") && seen.ends_with(&told.to_string()), "{seen}");
        assert!(seen.contains("authorization: Bearer a-good-token"), "{seen}");

        let notice = NotifyRequest { notice: event(), ..request("Lists", forge.session("a-good-token")?, &forge.url) };
        sandbox.notify(notice).await.result?;
        let seen = forge.seen();
        let last = seen.last().map(String::as_str).unwrap_or_default();
        assert!(
            last.starts_with("POST /events\n") && last.ends_with(r#"{"object":"previews","reason":"Ready"}"#),
            "{last}"
        );
        Ok(())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_notice_without_a_grant_is_an_error_that_names_the_grant() -> Result<()> {
        let forge = Forge::start().await?;
        let sandbox = bench::with(&["lists", GUEST]).await?;
        let report = sandbox.notify(request("Lists", SessionSpec::default(), &forge.url)).await;
        let Err(CallError::Answered { said, .. }) = report.result else { anyhow::bail!("it passed") };
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
        let report =
            sandbox.notify(NotifyRequest { config, ..request("Lists", forge.session("t-o-k-e-n")?, &forge.url) }).await;
        let said = report.result.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(said.starts_with("spec.config") && forge.seen().is_empty(), "{said}");
        Ok(())
    }
}

pub(crate) mod notifies {
    use super::*;
    pub(crate) const GUEST: &str = "notifies";

    #[tokio::test(flavor = "multi_thread")]
    async fn a_notifier_without_the_sdk_gets_the_documents_as_they_are_published() -> Result<()> {
        let forge = Forge::start().await?;
        let sandbox = bench::with(&[GUEST]).await?;
        sandbox.notify(request("Lists", forge.session("a-good-token")?, &forge.url)).await.result?;
        let document = serde_json::to_string(&environment())?;
        assert!(forge.seen().concat().ends_with(&format!("Lists environment {document}")), "{:?}", forge.seen());
        Ok(())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_channel_is_served_as_a_type_is_and_whoever_has_no_notifier_is_told_who_has() -> Result<()> {
        let forge = Forge::start().await?;
        let sandbox = bench::with(&[GUEST]).await?;
        let notice = NotifyRequest { notice: event(), ..request("bell", forge.session("a-good-token")?, &forge.url) };
        sandbox.notify(notice).await.result?;
        assert!(forge.seen().concat().contains("bell event {"), "{:?}", forge.seen());
        assert!(sandbox.notifier_of("Lists").is_ok() && sandbox.served_type("Lists").is_none());
        let report = sandbox.notify(request("Asks", SessionSpec::default(), &forge.url)).await;
        let said = report.result.err().map(|error| error.to_string()).unwrap_or_default();
        assert_eq!(
            said,
            "no loaded plugin serves notices of the type 'Asks'; loaded plugins tell those of: Lists, bell"
        );
        Ok(())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_notice_without_a_grant_is_refused() -> Result<()> {
        let forge = Forge::start().await?;
        let sandbox = bench::with(&[GUEST]).await?;
        let report = sandbox.notify(request("Lists", SessionSpec::default(), &forge.url)).await;
        let Err(CallError::Answered { said, .. }) = report.result else { anyhow::bail!("it passed") };
        assert!(said.message.as_str().contains("Denied"), "{said}");
        assert!(forge.seen().is_empty());
        Ok(())
    }
}

pub(crate) mod tends {
    use super::*;
    pub(crate) const GUEST: &str = "tends";

    #[tokio::test(flavor = "multi_thread")]
    async fn one_component_lists_and_notifies() -> Result<()> {
        let forge = Forge::start().await?;
        let sandbox = bench::with(&[GUEST]).await?;
        let polled = bench::poll(&sandbox, "Tends", json!({})).await;
        assert_eq!(bench::told(&polled)?["branch"], "main");
        assert!(sandbox.notifier_of("Tends").is_ok());
        sandbox.notify(request("Tends", forge.session("a-good-token")?, &forge.url)).await.result?;
        assert!(forge.seen().concat().ends_with(r#"{"tended":"42"}"#), "{:?}", forge.seen());
        let report = sandbox.notify(request("Tends", SessionSpec::default(), &forge.url)).await;
        assert!(report.result.is_err() && forge.seen().len() == 1, "{:?}", report.result);
        Ok(())
    }
}
