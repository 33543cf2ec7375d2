//! A reporter: tells the forge how the environment of one input is doing.
//!
//! ```
//! use orangery_plugin_sdk::{Error, Method, NoConfig, Report, Reporter, Request, ServedType, status};
//! use serde_json::json;
//!
//! struct States;
//!
//! impl Reporter for States {
//!     type Config = NoConfig;
//!     const NAME: &'static str = "states";
//!     const VERSION: &'static str = "0.1.0";
//!
//!     fn types() -> Vec<ServedType> {
//!         vec![ServedType::environments("Previews", "title")]
//!     }
//!
//!     fn report(report: &Report<'_>, _config: NoConfig) -> Result<(), Error> {
//!         // PUT, not POST: the same report twice leaves the forge as one report does.
//!         let url = format!("{}/environments/{}", report.url, report.id);
//!         let body = json!({"state": report.state.as_str(), "commit": report.revision, "summary": report.summary});
//!         status::send(report.http, &Request::json(Method::Put, url, &body).credential("api")).map(drop)
//!     }
//! }
//!
//! orangery_plugin_sdk::export_reporter!(States);
//! ```

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::http::Http;
use crate::provider::{Note, ServedType, Want};

/// Tells the forge how environments are doing.
pub trait Reporter {
    /// The typed form of `spec.config`; its JSON Schema is what the host validates against.
    type Config: DeserializeOwned + JsonSchema;
    /// The lower-case name of the plugin.
    const NAME: &'static str;
    /// Its semantic version; `env!("CARGO_PKG_VERSION")`.
    const VERSION: &'static str;
    /// The credential names it may use in requests. The host grants no other.
    const CREDENTIALS: &'static [&'static str] = &["api"];

    /// The values of `spec.type` whose environments it reports.
    fn types() -> Vec<ServedType>;

    /// Origins it wants to reach beyond that of `spec.url`, which is always granted.
    fn wants() -> Vec<Want> {
        Vec::new()
    }

    /// Checks what a JSON Schema cannot say.
    ///
    /// # Errors
    /// [`Error::InvalidConfig`] naming the field.
    fn validate(_kind: &str, _config: Self::Config) -> Result<Vec<Note>, Error> {
        Ok(Vec::new())
    }

    /// Publishes one report. The host may say the same again: it must be idempotent.
    ///
    /// # Errors
    /// Whatever kept the forge from hearing of it.
    fn report(report: &Report<'_>, config: Self::Config) -> Result<(), Error>;
}

/// The state of one environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnvironmentState {
    /// Being created or changed.
    Pending,
    /// All objects applied and ready.
    Ready,
    /// Something failed.
    Failed,
    /// Removed.
    Gone,
}

/// What to tell, and the door to tell it through.
pub struct Report<'a> {
    /// `spec.type`.
    pub kind: String,
    /// `spec.url`.
    pub url: String,
    /// The id of the input.
    pub id: String,
    /// The commit that is rendered.
    pub revision: String,
    /// How it is doing.
    pub state: EnvironmentState,
    /// One line for people.
    pub summary: String,
    /// Where it can be seen, if anywhere.
    pub environment_url: Option<String>,
    /// The door to the network.
    pub http: &'a dyn Http,
}

impl EnvironmentState {
    /// The state as the WIT package spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Ready => "ready",
            Self::Failed => "failed",
            Self::Gone => "gone",
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::{self, Script, answer};
    use crate::{HttpError, Method, NoConfig, Request, status};

    struct States;

    impl Reporter for States {
        type Config = NoConfig;
        const NAME: &'static str = "states";
        const VERSION: &'static str = "0.1.0";

        fn types() -> Vec<ServedType> {
            vec![ServedType::environments("Previews", "title")]
        }

        fn report(report: &Report<'_>, _config: NoConfig) -> Result<(), Error> {
            let body = json!({"state": report.state.as_str(), "summary": report.summary});
            let request = Request::json(Method::Put, format!("{}/{}", report.url, report.id), &body).credential("api");
            status::send(report.http, &request).map(drop)
        }
    }

    crate::export_reporter!(States);

    const URL: &str = "https://forge.example/environments/42";

    fn reported(http: &Script) -> Result<(), Error> {
        let mut report = testing::report("Previews", "https://forge.example/environments", "42", http);
        report.state = EnvironmentState::Failed;
        report.summary = "2 of 3 objects ready".to_owned();
        States::report(&report, NoConfig {})
    }

    #[test]
    fn a_report_is_a_request_with_a_named_credential_that_no_cache_answers() {
        let http = Script::new().on(Method::Put, URL, Ok(answer(204)));
        reported(&http).unwrap();
        let sent = http.sent();
        let request = sent.first().unwrap();
        assert_eq!(request.body, br#"{"state":"failed","summary":"2 of 3 objects ready"}"#);
        assert_eq!((request.credential.as_deref(), request.conditional), (Some("api"), false));
        assert_eq!(request.headers, [("content-type".to_owned(), "application/json".to_owned())]);
    }

    #[test]
    fn a_forge_that_does_not_hear_is_an_error() {
        let http = Script::new().on(Method::Put, URL, Ok(answer(403)));
        assert_eq!(reported(&http).unwrap_err().kind(), "unauthorized");
        let http = Script::new().on(Method::Put, URL, Err(HttpError::Denied("no grant".to_owned())));
        assert_eq!(reported(&http).unwrap_err().failure().code, "EgressDenied");
    }
}
