//! A provider and a notifier in one component, written with the SDK.
#![cfg(target_arch = "wasm32")]
use orangery_plugin_sdk::{
    Error, Input, Method, NoConfig, Notice, Notifier, Notifies, Notify, Outcome, Poll, Provider, Request, ServedType,
    status,
};
use serde_json::json;

struct Tends;

impl Provider for Tends {
    type Config = NoConfig;
    const NAME: &'static str = "tends";
    const VERSION: &'static str = "0.1.0";

    fn types() -> Vec<ServedType> {
        vec![ServedType::branches("Tends")]
    }

    fn poll(_poll: &Poll<'_>, _config: NoConfig) -> Result<Outcome, Error> {
        Ok(Outcome::Complete(vec![Input::new("1").with("branch", "main")].into()))
    }
}

impl Notifier for Tends {
    type Config = NoConfig;
    const NAME: &'static str = <Self as Provider>::NAME;
    const VERSION: &'static str = <Self as Provider>::VERSION;

    fn notifies() -> Vec<Notifies> {
        vec![Notifies::of_type("Tends")]
    }

    fn notify(notify: &Notify<'_>, _config: NoConfig) -> Result<(), Error> {
        let Notice::Environment(environment) = &notify.notice else { return Ok(()) };
        let body = json!({"tended": environment.id});
        status::send(notify.http, &Request::json(Method::Post, notify.url.as_str(), &body)).map(drop)
    }
}

orangery_plugin_sdk::export_provider!(Tends, notifies);
