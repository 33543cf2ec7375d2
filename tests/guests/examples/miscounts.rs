//! A renderer that answers with one entry too few.
#![cfg(target_arch = "wasm32")]
orangery_test_guests::renderer!("miscounts", |_, _, inputs| {
    inputs.iter().skip(1).map(|_| Ok(rendering::Rendering { objects: Vec::new(), notes: Vec::new() })).collect()
});
