//! Sends requests without end instead of saying who it is.
#![cfg(target_arch = "wasm32")]
use orangery_test_guests::guest::{get, json, polling, provider_info, tells, types};

struct Guest;

impl provider_info::Guest for Guest {
    fn describe() -> String {
        loop {
            drop(get("https://nobody.invalid/", None));
        }
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
