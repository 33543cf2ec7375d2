//! Allocates without end.
#![cfg(target_arch = "wasm32")]
orangery_test_guests::provider!("EmptiesMemory", |_, _| {
    let mut hoard = Vec::new();
    loop {
        hoard.push(std::hint::black_box(vec![7u8; 1 << 20]));
    }
});
