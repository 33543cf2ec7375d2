//! Publishes a schema of two thousand patterns, each of which takes 0.9 MB when it is compiled.
#![cfg(target_arch = "wasm32")]
use orangery_test_guests::guest::{Map, json, polling, provider_info, tells, types};

struct Guest;

fn schema() -> String {
    let patterns = (0..2000).map(|n| (format!("\\pL{{80}}q{n}"), json!({})));
    json!({"patternProperties": patterns.collect::<Map<_, _>>()}).to_string()
}

impl provider_info::Guest for Guest {
    fn describe() -> provider_info::PluginInfo {
        let mut info = orangery_test_guests::guest::describes("Patterns");
        for ty in &mut info.types {
            ty.config_schema = schema();
        }
        info
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
