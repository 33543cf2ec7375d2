//! A reporter for the type `Lists`, written with the SDK: puts the state of an environment.
#![cfg(target_arch = "wasm32")]
use orangery_plugin_sdk::{Error, Method, NoConfig, Report, Reporter, Request, ServedType, status};
use serde_json::json;

struct Announces;

impl Reporter for Announces {
    type Config = NoConfig;
    const NAME: &'static str = "announces";
    const VERSION: &'static str = "0.1.0";

    fn types() -> Vec<ServedType> {
        vec![ServedType::branches("Lists")]
    }

    fn report(report: &Report<'_>, _config: NoConfig) -> Result<(), Error> {
        let body = json!({"state": report.state.as_str(), "commit": report.revision, "summary": report.summary,
            "seen": report.environment_url});
        let url = format!("{}/environments/{}", report.url, report.id);
        status::send(report.http, &Request::json(Method::Post, url, &body).credential("api")).map(drop)
    }
}

orangery_plugin_sdk::export_reporter!(Announces);
