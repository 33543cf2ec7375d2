//! `MyPlugin`: environments that an HTTP API lists page by page.
//!
//! To make it yours, change [`Config`] (what users may set), [`Environment`] (what the API answers), the request and the paging
//! in `poll`, and the attributes that templates see.

use orangery_plugin_sdk::json::Value;
use orangery_plugin_sdk::listing::{Identity, Item, Listed, Listing, list};
use orangery_plugin_sdk::names::{checksum_id, slug};
use orangery_plugin_sdk::paging::Paging;
use orangery_plugin_sdk::{Error, Input, Outcome, Poll, Provider, Request, ServedType};
use schemars::JsonSchema;
use serde::Deserialize;

/// `spec.config`. The host checks it against the JSON Schema of this type before the plugin is asked.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The path of the list below `spec.url`.
    #[serde(default = "default_path")]
    path: String,
}

fn default_path() -> String {
    "environments".to_owned()
}

/// One item of the list.
#[derive(Debug, Deserialize)]
struct Environment {
    name: String,
    commit: String,
    owner: Option<String>,
}

impl Item for Environment {
    fn key(&self) -> String {
        self.name.clone()
    }

    /// An item that cannot be read must not stop the others; its name says which input stays as it is.
    fn identify(item: &Value) -> Option<Identity> {
        let name = item.get("name")?.as_str()?.to_owned();
        Some(Identity { key: name.clone(), id: Some(checksum_id(&name)), name: Some(name) })
    }
}

/// The provider.
pub struct Plugin;

impl Provider for Plugin {
    type Config = Config;
    const NAME: &'static str = "my-plugin";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");

    fn types() -> Vec<ServedType> {
        vec![ServedType::environments("MyPlugin", "title")]
    }

    fn poll(poll: &Poll<'_>, config: Config) -> Result<Outcome, Error> {
        let url = format!("{}/{}", poll.url.trim_end_matches('/'), config.path);
        // The host attaches the credential `api`, which it makes of the Secret that `spec.secretRef` names.
        let first = Request::get(url).credential("api");
        // Reads all pages, and says `partial` if the list moved while it was read.
        let listed: Listed<Environment> = list(poll.http, &Listing::new("environments", first, Paging::Link))?;
        orangery_plugin_sdk::info!("environments listed: {}", listed.items.len());
        Ok(listed.outcome(|environment| {
            Input::new(checksum_id(&environment.name))
                .with("sha", environment.commit)
                .with_text("slug", &slug(&environment.name))
                .with_text("author", environment.owner.as_deref().unwrap_or_default())
                .with("title", environment.name)
        }))
    }
}

orangery_plugin_sdk::export_provider!(Plugin);

#[cfg(test)]
mod tests {
    use orangery_plugin_sdk::Found;
    use orangery_plugin_sdk::testing::{Script, answer, poll};

    use super::*;

    const FIRST: &str = "https://forge.example/acme/environments";
    const SECOND: &str = "https://forge.example/acme/environments?page=2";

    fn ask(http: &Script) -> Result<Outcome, Error> {
        let config = orangery_plugin_sdk::json::decode_config("spec.config", "{}")?;
        Plugin::poll(&poll("MyPlugin", "https://forge.example/acme/", http), config)
    }

    #[test]
    fn every_page_becomes_inputs() {
        let http = Script::new()
            .get(FIRST, answer(200).text(r#"[{"name": "review/cart", "commit": "4f5c1d8"}]"#).next_link(SECOND))
            .get(SECOND, answer(200).text(r#"[{"name": "review/search", "commit": "0a1b2c3", "owner": "ada"}]"#))
            // Without a total of the server the first page is looked at again: has anything slipped?
            .get(FIRST, answer(200).text(r#"[{"name": "review/cart", "commit": "4f5c1d8"}]"#).next_link(SECOND));
        let Outcome::Complete(Found { inputs, .. }) = ask(&http).unwrap() else { panic!("expected a complete answer") };
        assert_eq!(inputs.len(), 2);
        assert_eq!(inputs[0].attributes["slug"], "review-cart");
        assert_eq!(inputs[1].attributes["author"], "ada");
        assert!(http.sent().iter().all(|request| request.credential.as_deref() == Some("api")));
        http.assert_used_up();
    }

    #[test]
    fn a_failure_is_an_error_and_never_an_empty_list() {
        let error = ask(&Script::new().get(FIRST, answer(503))).unwrap_err();
        assert_eq!(error.kind(), "unavailable");
    }
}
