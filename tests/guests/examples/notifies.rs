//! A notifier for the type `Lists` and the channel `bell`, written without the SDK: posts what it is told.
#![cfg(target_arch = "wasm32")]
wit_bindgen::generate!({ path: "../../wit", world: "notifier-plugin" });

use exports::orangery::plugin::{info, notifier};
use orangery::plugin::{http, types};

struct Notifier;

impl info::Guest for Notifier {
    fn describe() -> String {
        r#"{"apiVersion": "plugins.orangery.dev/v1alpha1", "name": "notifies", "version": "0.1.0",
            "notifies": [{"for": {"type": "Lists"}}, {"for": {"channel": "bell"}}], "credentials": [{"name": "api"}]}"#
            .to_owned()
    }

    fn validate_config(_: String, _: String) -> Result<Vec<types::Note>, types::PluginError> {
        Ok(Vec::new())
    }
}

impl notifier::Guest for Notifier {
    fn notify(
        context: notifier::NotifyContext,
        _config: String,
        notice: notifier::Notice,
    ) -> Result<(), types::PluginError> {
        let (word, document) = match notice {
            notifier::Notice::Environment(document) => ("environment", document),
            notifier::Notice::Event(document) => ("event", document),
        };
        let request = http::Request {
            method: http::Method::Post,
            url: format!("{}/states", context.url),
            headers: Vec::new(),
            body: format!("{} {word} {document}", context.type_name).into_bytes(),
            credential: Some("api".into()),
            conditional: false,
        };
        http::send(&request).map(drop).map_err(|error| {
            types::PluginError::Unavailable(types::Failure {
                code: "NotTold".into(),
                message: format!("{error:?}"),
                retry: types::RetryHint::Later,
                field: None,
            })
        })
    }
}

export!(Notifier);
