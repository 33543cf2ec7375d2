//! What the guests share: bindings, a description, and macros that leave only the behaviour to write.

pub use serde_json::{Map, Value, json};

/// The world of providers.
pub mod provider {
    wit_bindgen::generate!({
        path: "../../wit",
        world: "input-provider",
        pub_export_macro: true,
        default_bindings_module: "orangery_test_guests::guest::provider",
    });
}

pub use provider::exports::orangery::plugin::info as provider_info;
pub use provider::exports::orangery::plugin::provider as polling;
pub use provider::orangery::plugin::{http, log, selection, types};

/// The manifest of a provider of one type that lists branches.
pub fn describes(provider_type: &str) -> Value {
    json!({
        "apiVersion": "plugins.orangery.dev/v1alpha1",
        "name": provider_type.to_lowercase(),
        "version": "0.1.0",
        "types": [{
            "name": provider_type,
            "nameKind": "branch",
            "nameAttribute": "branch",
            "labelled": true,
            "limit": "admit",
            "config": {"type": "object", "properties": {"project": {"type": "string"}}},
        }],
        "credentials": [{"name": "api"}],
    })
}

/// An answer with one input that carries what the guest has to tell.
pub fn tells(attributes: Value) -> Result<polling::PollOutcome, types::PluginError> {
    let input = types::Input { id: "1".into(), attributes: attributes.to_string(), facts: String::new() };
    Ok(polling::PollOutcome::Complete(polling::Found { inputs: vec![input], unreadable: Vec::new() }))
}

/// The configuration of the call.
pub fn config(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or(Value::Null)
}

/// A failure with this code.
pub fn failure(code: &str, message: &str) -> types::Failure {
    types::Failure { code: code.into(), message: message.into(), retry: types::RetryHint::Later, field: None }
}

/// A provider of one type: `provider!("Loops", |context, config| …)`.
#[macro_export]
macro_rules! provider {
    ($provider_type:literal, $poll:expr) => {
        struct Guest;

        impl $crate::guest::provider_info::Guest for Guest {
            fn describe() -> String {
                $crate::guest::describes($provider_type).to_string()
            }

            fn validate_config(
                _type_name: String,
                config: String,
            ) -> Result<Vec<$crate::guest::types::Note>, $crate::guest::types::PluginError> {
                $crate::guest::validates(&config)
            }
        }

        impl $crate::guest::polling::Guest for Guest {
            fn poll(
                context: $crate::guest::polling::PollContext,
                config: String,
            ) -> Result<$crate::guest::polling::PollOutcome, $crate::guest::types::PluginError> {
                let poll: fn(
                    $crate::guest::polling::PollContext,
                    $crate::guest::Value,
                ) -> Result<$crate::guest::polling::PollOutcome, $crate::guest::types::PluginError> = $poll;
                poll(context, $crate::guest::config(&config))
            }
        }

        $crate::guest::provider::export!(Guest with_types_in $crate::guest::provider);
    };
}

/// Refuses the project `forbidden`, remarks on `odd`.
pub fn validates(text: &str) -> Result<Vec<types::Note>, types::PluginError> {
    match config(text)["project"].as_str() {
        Some("forbidden") => {
            let field = Some("spec.config.project".to_owned());
            let message = "this project is forbidden".to_owned();
            let failure = types::Failure { code: "Forbidden".into(), message, retry: types::RetryHint::Never, field };
            Err(types::PluginError::InvalidConfig(failure))
        }
        Some("odd") => Ok(vec![types::Note { code: "OddProject".into(), message: "an odd\nproject".into() }]),
        _ => Ok(Vec::new()),
    }
}

/// A renderer of this name: `renderer!("plain", |context, templates, inputs| …)`. The bindings are made where it is used:
/// two worlds that both export `info` cannot share a crate.
#[macro_export]
macro_rules! renderer {
    ($name:literal, $render:expr) => {
        wit_bindgen::generate!({ path: "../../wit", world: "renderer-plugin" });

        use exports::orangery::plugin::{info as describing, renderer as rendering};
        use orangery::plugin::types;

        /// One entry for each input.
        type Rendered = Vec<Result<rendering::Rendering, types::Failure>>;

        struct Guest;

        impl describing::Guest for Guest {
            fn describe() -> String {
                let config = $crate::guest::json!({"type": "object", "properties": {"depth": {"type": "integer"}}});
                $crate::guest::json!({
                    "apiVersion": "plugins.orangery.dev/v1alpha1",
                    "name": $name,
                    "version": "0.1.0",
                    "renderer": {"name": $name, "config": config},
                })
                .to_string()
            }

            fn validate_config(_type_name: String, _config: String) -> Result<Vec<types::Note>, types::PluginError> {
                Ok(Vec::new())
            }
        }

        impl rendering::Guest for Guest {
            fn render(
                context: rendering::RenderContext,
                templates: Vec<rendering::Template>,
                inputs: Vec<rendering::RenderInput>,
            ) -> Result<Rendered, types::PluginError> {
                let render: fn(
                    rendering::RenderContext,
                    Vec<rendering::Template>,
                    Vec<rendering::RenderInput>,
                ) -> Rendered = $render;
                Ok(render(context, templates, inputs))
            }
        }

        export!(Guest);
    };
}

/// Sends a plain GET.
pub fn get(url: &str, credential: Option<&str>) -> Result<http::Response, http::HttpError> {
    http::send(&http::Request {
        method: http::Method::Get,
        url: url.into(),
        headers: Vec::new(),
        body: Vec::new(),
        credential: credential.map(str::to_owned),
        conditional: false,
    })
}

/// An answer of the door as one word and its text.
pub fn told(answer: &Result<http::Response, http::HttpError>) -> Value {
    use http::HttpError as E;
    match answer {
        Ok(response) => json!({
            "status": response.status,
            "body": String::from_utf8_lossy(&response.body),
            "url": response.final_url,
            "authenticated": response.authenticated,
            "headers": response.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>(),
        }),
        Err(E::Denied(why)) => json!({"denied": why}),
        Err(E::BudgetExhausted(why)) => json!({"exhausted": why}),
        Err(E::Timeout(why)) => json!({"timeout": why}),
        Err(E::TooLarge(bytes)) => json!({"too-large": bytes}),
        Err(E::Transport(why)) => json!({"transport": why}),
        Err(E::BackingOff(ms)) => json!({"backing-off": ms}),
        Err(E::Other(why)) => json!({"other": why}),
    }
}
