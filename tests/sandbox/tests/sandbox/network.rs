//! The door: what is granted works, everything else is an answer that says what is missing.

use crate::bench;
use crate::forge::Forge;
use anyhow::{Context, Result};
use orangery_egress::{HttpLimits, SessionSpec};
use orangery_sandbox::{Limits, PollFilter, PollReport, PollRequest, Sandbox};
use serde_json::{Value, json};
use std::sync::Arc;

pub(crate) mod lists {
    use super::*;
    use orangery_core::{Found, PollOutcome};
    pub(crate) const GUEST: &str = "lists";

    fn request(forge: &Forge) -> Result<PollRequest> {
        Ok(PollRequest {
            url: forge.url.clone(),
            session: forge.session("a-good-token")?,
            ..bench::question("Lists", json!({}))
        })
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_ordinary_provider_lists_what_the_forge_has() -> Result<()> {
        let forge = Forge::start().await?;
        let sandbox = bench::with(&[GUEST]).await?;
        let filter = PollFilter { include: Some("^m".into()), ..PollFilter::default() };
        let report = sandbox.poll(PollRequest { filter, ..request(&forge)? }).await;
        let PollOutcome::Complete(Found { inputs, .. }) = report.result? else { anyhow::bail!("not complete") };
        let ids: Vec<_> = inputs.iter().map(|input| input.id.as_str()).collect();
        assert_eq!(ids, ["main", "feature"]);
        let main = inputs.first().context("two")?;
        assert_eq!(main.attributes["filter"], "^m");
        assert_eq!((main.facts.target_branch.as_deref(), main.facts.draft), (Some("main"), Some(false)));
        assert!(forge.seen().concat().contains("authorization: Bearer a-good-token"));
        assert_eq!(report.requests.iter().map(|request| request.status).collect::<Vec<_>>(), [Some(200)]);
        assert_eq!(report.logs.iter().map(|line| line.message.as_str()).collect::<Vec<_>>(), ["listed"]);
        Ok(())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_filter_answers_when_it_is_asked() -> Result<()> {
        let forge = Forge::start().await?;
        let sandbox = bench::with(&[GUEST]).await?;
        let report =
            sandbox.poll(PollRequest { wants: Arc::new(|name, _| name == "feature"), ..request(&forge)? }).await;
        assert_eq!(bench::told(&report)?["branch"], "feature");
        Ok(())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn without_a_credential_the_forge_says_no_and_the_plugin_says_why() -> Result<()> {
        let forge = Forge::start().await?;
        let sandbox = bench::with(&[GUEST]).await?;
        let kind = orangery_egress::CredentialKind::Anonymous;
        let anonymous = orangery_egress::Credential::new("api", kind, [forge.url.parse()?]);
        let session = SessionSpec { credentials: vec![anonymous], ..request(&forge)?.session };
        let report = sandbox.poll(PollRequest { session, ..request(&forge)? }).await;
        let said = report.result.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(said.contains("the forge wants another credential (Unauthorized)"), "{said}");
        Ok(())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn equal_questions_at_once_are_one_request_and_unequal_credentials_are_not() -> Result<()> {
        let forge = Forge::start().await?;
        let sandbox = bench::with(&[GUEST]).await?;
        let asked_by = |consumer: &str, token: &str| -> Result<PollRequest> {
            Ok(PollRequest { consumer: consumer.into(), session: forge.session(token)?, ..request(&forge)? })
        };
        let polls = [asked_by("a", "token-one")?, asked_by("b", "token-one")?, asked_by("c", "token-two")?];
        let reports = futures::future::join_all(polls.map(|request| sandbox.poll(request))).await;
        assert!(reports.iter().all(|report| report.result.is_ok()), "{reports:?}");
        let seen = forge.seen();
        assert_eq!(seen.iter().filter(|request| request.contains("token-one")).count(), 1, "{seen:?}");
        assert_eq!(seen.iter().filter(|request| request.contains("token-two")).count(), 1, "{seen:?}");
        Ok(())
    }
}

pub(crate) mod asks {
    use super::*;
    pub(crate) const GUEST: &str = "asks";

    async fn ask(sandbox: &Sandbox, session: SessionSpec, config: Value) -> Result<Value> {
        let report = sandbox.poll(PollRequest { session, ..bench::question("Asks", config) }).await;
        answer(&report)
    }

    fn answer(report: &PollReport) -> Result<Value> {
        Ok(Value::Object(bench::told(report)?.clone()))
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_granted_is_answered_and_what_is_not_is_denied_by_name() -> Result<()> {
        let (granted, other) = (Forge::start().await?, Forge::start().await?);
        let sandbox = bench::with(&[GUEST]).await?;
        let session = granted.session("a-good-token")?;
        let good = ask(&sandbox, session.clone(), json!({"url": format!("{}/x", granted.url)})).await?;
        assert_eq!(good["last"]["body"], "hello");
        let bad = ask(&sandbox, session, json!({"url": format!("{}/x", other.url)})).await?;
        let denied = bad["last"]["denied"].as_str().unwrap_or_default();
        assert!(denied.contains(&format!("needs the grant `GET {}`", other.url)), "{bad}");
        assert!(other.seen().is_empty());
        Ok(())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn addresses_that_nobody_is_granted_are_denied_even_with_a_grant() -> Result<()> {
        let api_server = Forge::on("127.0.0.9").await?;
        let sandbox = bench::with(&[GUEST]).await?;
        for url in [
            "http://169.254.169.254/latest/meta-data",
            api_server.url.as_str(),
            "http://[fd00:ec2::254]/",
            "http://0.0.0.0:1/",
        ] {
            let origin = orangery_egress::Origin::of_url(url)?;
            let session = SessionSpec { grants: vec![origin.to_string().parse()?], ..SessionSpec::default() };
            let told = ask(&sandbox, session, json!({"url": url})).await?;
            assert!(told["last"]["denied"].is_string(), "{url}: {told}");
        }
        assert!(api_server.seen().is_empty());
        Ok(())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn loopback_is_denied_where_the_policy_does_not_allow_it() -> Result<()> {
        let forge = Forge::start().await?;
        let egress = orangery_egress::Egress::new(orangery_egress::Policy::default())?;
        let config = orangery_sandbox::SandboxConfig {
            cache_dir: None,
            limits: Limits::default(),
            egress,
            evaluator: bench::evaluator(),
            compiler: bench::compiler(),
            precompiled: orangery_sandbox::Precompiled::default(),
        };
        let sandbox = Sandbox::start(config)?;
        bench::admit(&sandbox, GUEST).await?;
        let told = ask(&sandbox, forge.session("a-good-token")?, json!({"url": forge.url})).await?;
        assert!(told["last"]["denied"].is_string(), "{told}");
        assert!(forge.seen().is_empty());
        Ok(())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_redirect_to_an_origin_that_is_not_granted_is_denied() -> Result<()> {
        let (granted, other) = (Forge::start().await?, Forge::start().await?);
        let sandbox = bench::with(&[GUEST]).await?;
        let url = format!("{}/redirect?to={}/stolen", granted.url, other.url);
        let config = json!({"url": url, "credential": "api"});
        let told = ask(&sandbox, granted.session("a-good-token")?, config).await?;
        assert!(told["last"]["denied"].is_string(), "{told}");
        assert!(other.seen().is_empty());
        let home = format!("{}/redirect?to={}/home", granted.url, granted.url);
        let told = ask(&sandbox, granted.session("a-good-token")?, json!({"url": home})).await?;
        assert_eq!(told["last"]["url"], format!("{}/home", granted.url));
        Ok(())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_redirect_to_another_granted_origin_leaves_the_credential_behind() -> Result<()> {
        let (first, second) = (Forge::start().await?, Forge::start().await?);
        let sandbox = bench::with(&[GUEST]).await?;
        let mut session = first.session("a-good-token")?;
        session.grants.push(second.grant()?);
        let url = format!("{}/redirect?to={}/next", first.url, second.url);
        let told = ask(&sandbox, session, json!({"url": url, "credential": "api"})).await?;
        assert_eq!(told["last"]["status"], 200, "{told}");
        assert!(first.seen().concat().contains("a-good-token"));
        assert_eq!(second.seen().len(), 1);
        assert!(!second.seen().concat().contains("a-good-token"));
        Ok(())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_credential_that_the_plugin_did_not_declare_is_denied_even_if_it_was_granted() -> Result<()> {
        let forge = Forge::start().await?;
        let sandbox = bench::with(&[GUEST]).await?;
        let mut session = forge.session("a-good-token")?;
        let admin = session
            .credentials
            .iter()
            .cloned()
            .map(|credential| orangery_egress::Credential { name: "admin".into(), ..credential });
        let admin: Vec<_> = admin.collect();
        session.credentials.extend(admin);
        let told = ask(&sandbox, session.clone(), json!({"url": forge.url, "credential": "admin"})).await?;
        let denied = told["last"]["denied"].as_str().unwrap_or_default();
        assert!(denied.contains("'admin', which it does not declare in its manifest; it declares api"), "{told}");
        assert!(forge.seen().is_empty());
        session.credentials.clear();
        let told = ask(&sandbox, session, json!({"url": forge.url, "credential": "api"})).await?;
        assert!(told["last"]["denied"].is_string(), "declared but not granted: {told}");
        assert!(forge.seen().is_empty());
        Ok(())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn headers_of_the_host_are_stripped_and_huge_ones_are_no_way_in() -> Result<()> {
        let forge = Forge::start().await?;
        let sandbox = bench::with(&[GUEST]).await?;
        let headers =
            json!({"Authorization": "Bearer forged", "Cookie": "a=b", "X-Forwarded-For": "10.0.0.1", "Accept": "x/y"});
        let config = json!({"url": forge.url, "headers": headers});
        let told = ask(&sandbox, forge.session("a-good-token")?, config).await?;
        assert_eq!(told["last"]["status"], 200, "{told}");
        let seen = forge.seen().concat().to_lowercase();
        assert!(seen.contains("accept: x/y"), "{seen}");
        assert!(!seen.contains("forged") && !seen.contains("cookie") && !seen.contains("x-forwarded"), "{seen}");
        let config = json!({"url": forge.url, "header-bytes": 4 << 20});
        let told = ask(&sandbox, forge.session("a-good-token")?, config).await?;
        assert!(told["last"]["status"] != 200, "{told}");
        Ok(())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn requests_are_counted_and_end_at_the_bound() -> Result<()> {
        let forge = Forge::start().await?;
        let sandbox = bench::with(&[GUEST]).await?;
        let limits = HttpLimits { requests: 5, ..HttpLimits::default() };
        let session = SessionSpec { limits, ..forge.session("a-good-token")? };
        let told = ask(&sandbox, session, json!({"url": forge.url, "times": 20})).await?;
        assert_eq!(told["answered"], 5);
        assert!(told["last"]["exhausted"].is_string(), "{told}");
        assert_eq!(forge.seen().len(), 5);
        Ok(())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn waiting_for_the_forge_is_not_the_processor_time_of_the_guest() -> Result<()> {
        let forge = Forge::start().await?;
        let limits = Limits { cpu: std::time::Duration::from_millis(500), ..Limits::default() };
        let sandbox = bench::limited(limits, &[GUEST]).await?;
        let config = json!({"url": forge.url, "times": 150});
        let told = ask(&sandbox, forge.session("a-good-token")?, config).await?;
        assert_eq!(told["answered"], 150);
        Ok(())
    }
}

pub(crate) mod needs_sockets {
    use super::*;
    pub(crate) const GUEST: &str = "needs_sockets";

    #[tokio::test(flavor = "multi_thread")]
    async fn a_component_that_imports_sockets_is_refused_by_their_names() -> Result<()> {
        let sandbox = bench::sandbox(Limits::default())?;
        let said = bench::refusal(&sandbox, GUEST).await?;
        assert!(said.contains("wants wasi:sockets/tcp@0.2"), "{said}");
        assert!(
            said.contains("which no provider is given; orangery:plugin/http is the only way to the network"),
            "{said}"
        );
        let inspection = sandbox.inspect(&orangery_test_guests::bytes(GUEST)?).await;
        assert!(inspection.imports.iter().any(|import| import.starts_with("wasi:sockets/")));
        assert!(inspection.refusals.len() > 1, "{:?}", inspection.refusals);
        assert!(sandbox.plugins().is_empty());
        Ok(())
    }
}

pub(crate) mod wants_http_to_render {
    use super::*;
    pub(crate) const GUEST: &str = "wants_http_to_render";

    #[tokio::test(flavor = "multi_thread")]
    async fn a_renderer_that_imports_http_is_refused() -> Result<()> {
        let sandbox = bench::sandbox(Limits::default())?;
        let said = bench::refusal(&sandbox, GUEST).await?;
        assert_eq!(said, "it wants orangery:plugin/http@0.1.0, which no renderer is given: a renderer has no network");
        Ok(())
    }
}
