//! Says that it serves a type whose name is no name.
#![cfg(target_arch = "wasm32")]
orangery_test_guests::provider!("not a type", |_, _| orangery_test_guests::guest::tells(
    orangery_test_guests::guest::json!({})
));
