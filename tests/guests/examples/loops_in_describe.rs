//! Never says who it is.
#![cfg(target_arch = "wasm32")]
use orangery_test_guests::guest::{polling, provider_info, tells, types};

struct Guest;

impl provider_info::Guest for Guest {
    fn describe() -> String {
        loop {
            std::hint::black_box(());
        }
    }

    fn validate_config(_: String, _: String) -> Result<Vec<types::Note>, types::PluginError> {
        Ok(Vec::new())
    }
}

impl polling::Guest for Guest {
    fn poll(_: polling::PollContext, _: String) -> Result<polling::PollOutcome, types::PluginError> {
        tells(orangery_test_guests::guest::json!({}))
    }
}

orangery_test_guests::guest::provider::export!(Guest with_types_in orangery_test_guests::guest::provider);
