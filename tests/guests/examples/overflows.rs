//! Answers with more than the host takes: `bytes` in one input, or `inputs` of them.
#![cfg(target_arch = "wasm32")]
use orangery_test_guests::guest::{polling::Found, polling::PollOutcome, types::Input};

orangery_test_guests::provider!("Overflows", |_, config| {
    let bytes = config["bytes"].as_u64().unwrap_or(0) as usize;
    let inputs = config["inputs"].as_u64().unwrap_or(1);
    let input = |n: u64| Input {
        id: n.to_string(),
        attributes: format!("{{\"a\":\"{}\"}}", "x".repeat(bytes)),
        facts: String::new(),
    };
    Ok(PollOutcome::Complete(Found { inputs: (0..inputs).map(input).collect(), unreadable: Vec::new() }))
});
