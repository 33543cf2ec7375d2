//! Publishes a schema of two thousand patterns, each of which takes 0.9 MB when it is compiled.
#![cfg(target_arch = "wasm32")]
use orangery_test_guests::guest::{Map, Value, json, polling, provider_info, tells, types};

struct Guest;

fn schema() -> Value {
    let patterns = (0..2000).map(|n| (format!("\\pL{{80}}q{n}"), json!({})));
    json!({"patternProperties": patterns.collect::<Map<_, _>>()})
}

impl provider_info::Guest for Guest {
    fn describe() -> String {
        let mut manifest = orangery_test_guests::guest::describes("Patterns");
        manifest["types"][0]["config"] = schema();
        manifest.to_string()
    }

    fn validate_config(_: String, _: String) -> Result<Vec<types::Note>, types::PluginError> {
        Ok(Vec::new())
    }
}

impl polling::Guest for Guest {
    fn poll(_: polling::PollContext, _: String) -> Result<polling::PollOutcome, types::PluginError> {
        tells(json!({}))
    }
}

orangery_test_guests::guest::provider::export!(Guest with_types_in orangery_test_guests::guest::provider);
