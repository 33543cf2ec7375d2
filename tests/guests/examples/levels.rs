//! Publishes a schema of 4 KB whose references double at each of 60 levels.
#![cfg(target_arch = "wasm32")]
use orangery_test_guests::guest::{Value, json, polling, provider_info, tells, types};

struct Guest;

fn schema() -> Value {
    let mut levels = orangery_test_guests::guest::Map::new();
    levels.insert("l0".into(), json!({"type": "object"}));
    for level in 1..=60 {
        let below = json!({"$ref": format!("#/$defs/l{}", level - 1)});
        levels.insert(format!("l{level}"), json!({"allOf": [below, below]}));
    }
    json!({"$defs": levels, "$ref": "#/$defs/l60"})
}

impl provider_info::Guest for Guest {
    fn describe() -> String {
        let mut manifest = orangery_test_guests::guest::describes("Levels");
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
