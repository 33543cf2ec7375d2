//! A service of the user's own: one GET of `spec.url` answers `{"inputs": [{"id": "…", …}, …]}`.
//!
//! Serves `ExternalService`. The whole answer is one listing in the order of the service. It is refused as a whole where one input
//! is wrong, as in Flux Operator, because the author of the service can correct it.

mod answer;

use orangery_plugin_sdk::{
    Credential, Error, NoConfig, Outcome, Poll, Provider, Request, Scheme, ServedType, Shape, status,
};
use serde_json::json;

/// Lists the inputs that an HTTP service answers with.
pub struct ExternalService;

impl Provider for ExternalService {
    type Config = NoConfig;
    const NAME: &'static str = "external-service";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");

    const DESCRIPTION: &'static str = env!("CARGO_PKG_DESCRIPTION");
    const HOMEPAGE: &'static str = env!("CARGO_PKG_REPOSITORY");
    const LICENSE: &'static str = env!("CARGO_PKG_LICENSE");

    fn types() -> Vec<ServedType> {
        vec![
            ServedType::unnamed("ExternalService")
                .config::<NoConfig>()
                .description(
                    "The inputs that an HTTP service of your own answers, in its order. Templates see every field of an input.",
                )
                .cost("1 request.")
                .example(
                    "previews",
                    json!({"url": "https://previews.example.com/api/inputs", "secretRef": {"name": "previews-auth"}}),
                ),
        ]
    }

    fn credentials() -> Vec<Credential> {
        vec![
            Credential::new("api")
                .description("Reads the list: a bearer token, or user name and password.")
                .shape(Shape::new(Scheme::Bearer).token("token"))
                .shape(Shape::new(Scheme::Basic).username("username").password("password")),
        ]
    }

    fn poll(poll: &Poll<'_>, NoConfig {}: NoConfig) -> Result<Outcome, Error> {
        let url = &poll.url;
        let request = Request::get(url.clone()).header("Accept", "application/json").credential("api");
        let response = poll.http.send(&request).map_err(|error| error.explain(&request))?;
        let code = response.status;
        let response = status::check(&request, response)
            .map_err(|error| error.context(format!("external service '{url}' returned HTTP {code}")))?;
        answer::inputs(url, &request, &response).map(|inputs| Outcome::Complete(inputs.into()))
    }
}

orangery_plugin_sdk::export_provider!(ExternalService);
