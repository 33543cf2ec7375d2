//! Never answers.
#![cfg(target_arch = "wasm32")]
orangery_test_guests::provider!("Loops", |_, _| {
    let mut n = 0u64;
    loop {
        n = std::hint::black_box(n.wrapping_add(1));
    }
});
