//! A reporter for the type `Lists`: posts the state of an environment.
#![cfg(target_arch = "wasm32")]
wit_bindgen::generate!({ path: "../../wit", world: "reporter-plugin" });

use exports::orangery::plugin::{info, reporter};
use orangery::plugin::{http, types};

struct Reporter;

impl info::Guest for Reporter {
    fn describe() -> info::PluginInfo {
        info::PluginInfo {
            name: "reports".into(),
            version: "0.1.0".into(),
            types: vec![info::ServedType {
                name: "Lists".into(),
                name_kind: info::NameKind::Unnamed,
                name_attribute: String::new(),
                labelled: false,
                limit_rule: info::LimitRule::Admit,
                config_schema: "{}".into(),
            }],
            renderer: None,
            renderer_schema: "{}".into(),
            credentials: vec!["api".into()],
            wants: Vec::new(),
        }
    }

    fn validate_config(_: String, _: String) -> Result<Vec<types::Note>, types::PluginError> {
        Ok(Vec::new())
    }
}

impl reporter::Guest for Reporter {
    fn report(
        context: reporter::ReportContext,
        _config: String,
        report: reporter::EnvironmentReport,
    ) -> Result<(), types::PluginError> {
        let request = http::Request {
            method: http::Method::Post,
            url: format!("{}/states", context.url),
            headers: Vec::new(),
            body: format!("{} {:?} {}", report.id, report.state, report.summary).into_bytes(),
            credential: Some("api".into()),
            conditional: false,
        };
        http::send(&request).map(drop).map_err(|error| {
            types::PluginError::Unavailable(types::Failure {
                code: "NotReported".into(),
                message: format!("{error:?}"),
                retry: types::RetryHint::Later,
                field: None,
            })
        })
    }
}

export!(Reporter);
