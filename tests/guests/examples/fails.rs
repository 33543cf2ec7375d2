//! Answers with the error that its configuration names.
#![cfg(target_arch = "wasm32")]
use orangery_test_guests::guest::types::{Failure, PluginError as E, RetryHint};

orangery_test_guests::provider!("Fails", |_, config| {
    let failure = Failure {
        code: "AsAsked".into(),
        message: "as\nasked \u{1b}[31m".into(),
        retry: match config["retry"].as_str() {
            Some("never") => RetryHint::Never,
            Some("after") => RetryHint::AfterMs(1500),
            _ => RetryHint::Later,
        },
        field: Some("spec.url".into()),
    };
    Err(match config["error"].as_str().unwrap_or_default() {
        "invalid-config" => E::InvalidConfig(failure),
        "unauthorized" => E::Unauthorized(failure),
        "not-found" => E::NotFound(failure),
        "rate-limited" => E::RateLimited(failure),
        "unavailable" => E::Unavailable(failure),
        "malformed-answer" => E::MalformedAnswer(failure),
        _ => E::Other(failure),
    })
});
