//! A provider and a reporter in one component, written with the SDK.
#![cfg(target_arch = "wasm32")]
use orangery_plugin_sdk::{
    Error, Input, Method, NoConfig, Outcome, Poll, Provider, Report, Reporter, Request, ServedType, status,
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

impl Reporter for Tends {
    type Config = NoConfig;
    const NAME: &'static str = <Self as Provider>::NAME;
    const VERSION: &'static str = <Self as Provider>::VERSION;

    fn types() -> Vec<ServedType> {
        <Self as Provider>::types()
    }

    fn report(report: &Report<'_>, _config: NoConfig) -> Result<(), Error> {
        let body = json!({"tended": report.id});
        status::send(report.http, &Request::json(Method::Post, report.url.as_str(), &body)).map(drop)
    }
}

orangery_plugin_sdk::export_provider!(Tends, reports);
