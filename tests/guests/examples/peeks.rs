//! Looks around: environment, arguments, standard input, clock.
#![cfg(target_arch = "wasm32")]
use std::io::Read;

orangery_test_guests::provider!("Peeks", |_, _| {
    let environment: Vec<_> = std::env::vars().map(|(name, _)| name).collect();
    let arguments: Vec<_> = std::env::args().collect();
    let mut input = Vec::new();
    let _ = std::io::stdin().read_to_end(&mut input);
    let year = 1970 + std::time::UNIX_EPOCH.elapsed().map(|time| time.as_secs() / 31_556_952).unwrap_or(0);
    orangery_test_guests::guest::tells(orangery_test_guests::guest::json!({
        "environment": environment, "arguments": arguments, "input": input.len(), "year": year,
    }))
});
