//! A notifier for the type `Lists`, written with the SDK: posts the state of an environment, and events elsewhere.
#![cfg(target_arch = "wasm32")]
use orangery_plugin_sdk::{Error, Method, NoConfig, Notice, Notifier, Notifies, Notify, Request, status};
use serde_json::json;

struct Announces;

impl Notifier for Announces {
    type Config = NoConfig;
    const NAME: &'static str = "announces";
    const VERSION: &'static str = "0.1.0";

    fn notifies() -> Vec<Notifies> {
        vec![Notifies::of_type("Lists")]
    }

    fn notify(notify: &Notify<'_>, _config: NoConfig) -> Result<(), Error> {
        let (url, body) = match &notify.notice {
            Notice::Environment(environment) => (
                format!("{}/environments/{}", notify.url, environment.id),
                json!({"state": environment.state, "commit": environment.revision, "summary": environment.summary,
                    "seen": environment.environment_url}),
            ),
            Notice::Event(event) => {
                (format!("{}/events", notify.url), json!({"reason": event.reason, "object": event.object.name}))
            }
        };
        status::send(notify.http, &Request::json(Method::Post, url, &body).credential("api")).map(drop)
    }
}

orangery_plugin_sdk::export_notifier!(Announces);
