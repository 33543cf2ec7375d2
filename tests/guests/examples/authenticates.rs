//! A provider whose credentials are sent as those of three forges are, written with the SDK: asks `{url}/items` with the
//! credential that its configuration names.
#![cfg(target_arch = "wasm32")]
use orangery_plugin_sdk::{
    Credential, Error, Input, Outcome, Poll, Provider, Request, Scheme, ServedType, Shape, json,
};

struct Authenticates;

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Config {
    /// Which credential to name.
    credential: String,
    /// The path to ask.
    #[serde(default)]
    path: Option<String>,
}

impl Provider for Authenticates {
    type Config = Config;
    const NAME: &'static str = "authenticates";
    const VERSION: &'static str = "0.1.0";

    fn types() -> Vec<ServedType> {
        vec![ServedType::branches("Authenticates")]
    }

    fn credentials() -> Vec<Credential> {
        vec![
            Credential::new("gitea").shape(Shape::header("Authorization", "token ").token("token")),
            Credential::new("bitbucket").shape(Shape::new(Scheme::Basic).username("username").password("appPassword")),
            Credential::new("api-key").required().shape(Shape::header("X-Api-Key", "").token("apiKey")),
        ]
    }

    fn poll(poll: &Poll<'_>, config: Config) -> Result<Outcome, Error> {
        let url = format!("{}/{}", poll.url, config.path.as_deref().unwrap_or("items"));
        let request = Request::get(url).credential(&config.credential);
        let items: Vec<json::Value> = json::fetch(poll.http, &request)?;
        Ok(Outcome::Complete(vec![Input::new("1").with("branch", "main").with("items", items.len())].into()))
    }
}

orangery_plugin_sdk::export_provider!(Authenticates);
