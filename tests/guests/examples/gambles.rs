//! A renderer that puts the clock, randomness and the order of a hash map into its objects.
#![cfg(target_arch = "wasm32")]
use orangery_test_guests::guest::json;
use std::collections::HashMap;
use std::time::{Instant, UNIX_EPOCH};

orangery_test_guests::renderer!("gambles", |_, _, inputs| {
    let started = Instant::now();
    let order: Vec<u32> = (0..50).map(|n| (n, ())).collect::<HashMap<_, _>>().into_keys().collect();
    let millis = UNIX_EPOCH.elapsed().map(|time| time.as_millis() as u64).unwrap_or(0);
    let object = json!({"millis": millis, "order": order, "elapsed": started.elapsed().as_nanos() as u64});
    let rendered = || rendering::Rendered { template: 0, object: object.to_string() };
    inputs.iter().map(|_| Ok(rendering::Rendering { objects: vec![rendered()], notes: Vec::new() })).collect()
});
