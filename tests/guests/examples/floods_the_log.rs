//! Logs `lines` lines, each of `bytes` bytes, and then answers; prints the same to standard output.
#![cfg(target_arch = "wasm32")]
use orangery_test_guests::guest::log::{Level, log};

orangery_test_guests::provider!("FloodsTheLog", |_, config| {
    let line = "x".repeat(config["bytes"].as_u64().unwrap_or(1) as usize);
    for n in 0..config["lines"].as_u64().unwrap_or(0) {
        log(Level::Information, &line, &[("n".to_owned(), n.to_string())]);
    }
    for _ in 0..config["prints"].as_u64().unwrap_or(0) {
        println!("{line}");
    }
    orangery_test_guests::guest::tells(orangery_test_guests::guest::json!({"done": true}))
});
