//! Credentials as the manifest of a plugin declares them: the ways of other forges, without a line of theirs in the host.

use crate::bench;
use crate::forge::Forge;
use anyhow::{Context, Result};
use orangery_egress::credential::from_secret;
use orangery_egress::{Credential, Origin, SessionSpec};
use orangery_sandbox::{CallError, PollRequest, Sandbox};
use serde_json::json;
use std::collections::BTreeMap;

type Data = BTreeMap<String, Vec<u8>>;

fn data(pairs: &[(&str, &str)]) -> Data {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec())).collect()
}

/// What the plugin declares under this name, made of this Secret.
fn credential(sandbox: &Sandbox, name: &str, data: &Data, origin: Origin) -> Result<Credential> {
    let plugins = sandbox.plugins();
    let declared = plugins.iter().flat_map(|plugin| &plugin.manifest.credentials).find(|known| known.name == name);
    let shapes = declared.with_context(|| format!("no credential {name}"))?.tried();
    Ok(Credential::new(name, from_secret(&shapes, None, "apps/forge", data)?, [origin]))
}

pub(crate) mod authenticates {
    use super::*;
    pub(crate) const GUEST: &str = "authenticates";

    /// The ways of three forges: the credential, its Secret, and the line that the forge sees.
    fn ways() -> [(&'static str, Data, &'static str); 3] {
        [
            ("gitea", data(&[("token", "hunter2-token")]), "authorization: token hunter2-token"),
            (
                "bitbucket",
                data(&[("username", "bot"), ("appPassword", "hunter2-token")]),
                "authorization: Basic Ym90Omh1bnRlcjItdG9rZW4=",
            ),
            ("api-key", data(&[("apiKey", "hunter2-token")]), "x-api-key: hunter2-token"),
        ]
    }

    async fn asked(sandbox: &Sandbox, forge: &Forge, credential: Credential, path: &str) -> Result<(), CallError> {
        let name = credential.name.clone();
        let grants = forge.grant().map(|grant| vec![grant]).unwrap_or_default();
        let session = SessionSpec { grants, credentials: vec![credential], ..SessionSpec::default() };
        let config = json!({"credential": name, "path": path});
        let question = bench::question("Authenticates", config);
        let request = PollRequest { consumer: name.into(), url: forge.url.clone(), session, ..question };
        sandbox.poll(request).await.result.map(drop)
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn each_forge_sees_its_own_header() -> Result<()> {
        let sandbox = bench::with(&[GUEST]).await?;
        for (name, data, line) in ways() {
            let forge = Forge::start().await?;
            let credential = credential(&sandbox, name, &data, forge.url.parse()?)?;
            asked(&sandbox, &forge, credential, "list").await?;
            let seen = forge.seen().concat();
            assert_eq!(seen.matches(line).count(), 1, "{name}: {seen}");
        }
        Ok(())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn none_of_them_goes_where_it_does_not_belong() -> Result<()> {
        let sandbox = bench::with(&[GUEST]).await?;
        for (name, data, _) in ways() {
            let forge = Forge::start().await?;
            let credential = credential(&sandbox, name, &data, "https://forge.example".parse()?)?;
            let said = asked(&sandbox, &forge, credential, "list").await.err().context(name)?.to_string();
            assert!(said.contains("is bound to [https://forge.example] and is not sent to"), "{said}");
            assert!(forge.seen().is_empty() && !said.contains("hunter2"), "{said}");
        }
        Ok(())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_secret_of_another_shape_is_told_which_keys_are_needed() -> Result<()> {
        let sandbox = bench::with(&[GUEST]).await?;
        for (name, needed) in [
            ("gitea", "token as header Authorization ('token' is missing)"),
            ("bitbucket", "username, appPassword as basic ('appPassword' is missing)"),
            ("api-key", "apiKey as header X-Api-Key ('apiKey' is missing)"),
        ] {
            let origin = "https://forge.example".parse()?;
            let refused = credential(&sandbox, name, &data(&[("username", "hunter2")]), origin);
            let said = refused.err().context(name)?.to_string();
            assert!(said.ends_with(needed) && !said.contains("hunter2"), "{said}");
        }
        Ok(())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_401_says_how_the_credential_was_sent_or_that_none_was() -> Result<()> {
        let sandbox = bench::with(&[GUEST]).await?;
        let forge = Forge::start().await?;
        for ((name, data, _), scheme) in ways().into_iter().zip(["header authorization", "basic", "header x-api-key"]) {
            let credential = credential(&sandbox, name, &data, forge.url.parse()?)?;
            let said = asked(&sandbox, &forge, credential, "locked").await.err().context(name)?.to_string();
            assert!(said.contains(&format!("answered 401; the credential was sent as {scheme}; check")), "{said}");
        }
        let anonymous = Credential::new("gitea", orangery_egress::CredentialKind::Anonymous, [forge.url.parse()?]);
        let said = asked(&sandbox, &forge, anonymous, "locked").await.err().context("anonymous")?.to_string();
        assert!(
            said.contains("answered 401; no credential was sent; name a Secret with one in spec.secretRef"),
            "{said}"
        );
        Ok(())
    }
}
