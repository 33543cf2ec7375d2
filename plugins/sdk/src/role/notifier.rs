//! A notifier sends notices to systems outside the cluster, for example the state of an environment to its change
//! request.
//!
//! ```
//! use orangery_plugin_sdk::{Error, Method, NoConfig, Notice, Notifier, Notifies, Notify, Request, status};
//! use serde_json::json;
//!
//! struct States;
//!
//! impl Notifier for States {
//!     type Config = NoConfig;
//!     const NAME: &'static str = "states";
//!     const VERSION: &'static str = "0.1.0";
//!
//!     fn notifies() -> Vec<Notifies> {
//!         vec![Notifies::of_type("Previews")]
//!     }
//!
//!     fn notify(notify: &Notify<'_>, _config: NoConfig) -> Result<(), Error> {
//!         let Notice::Environment(environment) = &notify.notice else { return Ok(()) };
//!         // PUT, not POST: the same notice twice leaves the forge as one does.
//!         let url = format!("{}/environments/{}", notify.url, environment.id);
//!         let body = json!({"state": environment.state, "commit": environment.revision, "summary": environment.summary});
//!         status::send(notify.http, &Request::json(Method::Put, url, &body).credential("api")).map(drop)
//!     }
//! }
//!
//! orangery_plugin_sdk::export_notifier!(States);
//! ```

use orangery_plugin_documents::manifest::{Credential, Notifies, Want};
use orangery_plugin_documents::{EnvironmentNotice, EventNotice};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::http::Http;
use crate::json;
use crate::provider::Note;

/// A plugin that sends notices.
pub trait Notifier {
    /// The typed form of `spec.config`. The host validates configurations against its JSON Schema.
    type Config: DeserializeOwned + JsonSchema;
    /// The lower-case name of the plugin.
    const NAME: &'static str;
    /// Its semantic version, usually `env!("CARGO_PKG_VERSION")`.
    const VERSION: &'static str;
    /// One sentence about what the plugin is for.
    const DESCRIPTION: &'static str = "";

    /// The notices that it can send.
    fn notifies() -> Vec<Notifies>;

    /// The credentials that it may name in requests. The host adds no others.
    fn credentials() -> Vec<Credential> {
        vec![Credential::new("api")]
    }

    /// What it needs to reach, in addition to reading at the origin of `spec.url`.
    fn wants() -> Vec<Want> {
        Vec::new()
    }

    /// Checks what a JSON Schema cannot say.
    ///
    /// # Errors
    /// [`Error::InvalidConfig`] naming the field.
    fn validate(_type_name: &str, _config: Self::Config) -> Result<Vec<Note>, Error> {
        Ok(Vec::new())
    }

    /// Sends one notice. The host may send the same notice again, so the effect must be idempotent.
    ///
    /// # Errors
    /// The notice could not be delivered.
    fn notify(notify: &Notify<'_>, config: Self::Config) -> Result<(), Error>;
}

/// A notice, its destination, and the network.
pub struct Notify<'a> {
    /// `spec.type` of the provider of the environment, or of a notification channel.
    pub type_name: String,
    /// `spec.url`; empty if the manifest has none.
    pub url: String,
    /// The notice to send.
    pub notice: Notice,
    /// The network through which it sends requests.
    pub http: &'a dyn Http,
}

/// What a notifier is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// The state of the environment of one input.
    Environment(EnvironmentNotice),
    /// An event of an object.
    Event(EventNotice),
}

impl Notice {
    /// Reads a notice about an environment.
    ///
    /// # Errors
    /// The path and the problem there: host and SDK have different versions.
    pub fn environment(text: &str) -> Result<Self, Error> {
        json::decode_item(text).map(Self::Environment).map_err(unreadable)
    }

    /// Reads a notice about an event.
    ///
    /// # Errors
    /// The path and the problem there: host and SDK have different versions.
    pub fn event(text: &str) -> Result<Self, Error> {
        json::decode_item(text).map(Self::Event).map_err(unreadable)
    }
}

fn unreadable(problem: String) -> Error {
    Error::other("UnreadableNotice", format!("the notice cannot be read: {problem}"))
}

#[cfg(test)]
mod tests {
    use orangery_plugin_documents::EnvironmentState;
    use serde_json::json;

    use super::*;
    use crate::testing::{self, Script, answer};
    use crate::{HttpError, Method, NoConfig, Request, status};

    struct States;

    impl Notifier for States {
        type Config = NoConfig;
        const NAME: &'static str = "states";
        const VERSION: &'static str = "0.1.0";

        fn notifies() -> Vec<Notifies> {
            vec![Notifies::of_type("Previews")]
        }

        fn notify(notify: &Notify<'_>, _config: NoConfig) -> Result<(), Error> {
            let Notice::Environment(environment) = &notify.notice else { return Ok(()) };
            let body = json!({"state": environment.state, "summary": environment.summary});
            let url = format!("{}/{}", notify.url, environment.id);
            status::send(notify.http, &Request::json(Method::Put, url, &body).credential("api")).map(drop)
        }
    }

    crate::export_notifier!(States);

    const URL: &str = "https://forge.example/environments/42";

    fn told(http: &Script) -> Result<(), Error> {
        let mut notify = testing::environment("Previews", "https://forge.example/environments", "42", http);
        if let Notice::Environment(environment) = &mut notify.notice {
            environment.state = EnvironmentState::Failed;
            environment.summary = "2 of 3 objects ready".to_owned();
        }
        States::notify(&notify, NoConfig {})
    }

    #[test]
    fn a_notice_is_a_request_with_a_named_credential_that_no_cache_answers() {
        let http = Script::new().on(Method::Put, URL, Ok(answer(204)));
        told(&http).unwrap();
        let sent = http.sent();
        let request = sent.first().unwrap();
        assert_eq!(request.body, br#"{"state":"failed","summary":"2 of 3 objects ready"}"#);
        assert_eq!((request.credential.as_deref(), request.conditional), (Some("api"), false));
        assert_eq!(request.headers, [("content-type".to_owned(), "application/json".to_owned())]);
    }

    #[test]
    fn a_forge_that_does_not_hear_is_an_error() {
        let http = Script::new().on(Method::Put, URL, Ok(answer(403)));
        assert_eq!(told(&http).unwrap_err().kind(), "unauthorized");
        let http = Script::new().on(Method::Put, URL, Err(HttpError::Denied("no grant".to_owned())));
        assert_eq!(told(&http).unwrap_err().failure().code, "EgressDenied");
    }

    #[test]
    fn a_notice_may_have_keys_that_are_not_known_and_lacks_none_that_it_needs() {
        let read = Notice::environment(r#"{"id": "7", "state": "ready", "mood": "good"}"#).unwrap();
        assert!(matches!(read, Notice::Environment(environment) if environment.id == "7"));
        let error = Notice::environment(r#"{"id": "7", "state": "asleep"}"#).unwrap_err();
        assert!(error.to_string().starts_with("the notice cannot be read: unexpected shape at state"), "{error}");
        assert!(Notice::event(r#"{"reason": "Ready"}"#).unwrap_err().to_string().contains("missing field"));
    }
}
