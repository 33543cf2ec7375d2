//! Ends the process, or tries to.
#![cfg(target_arch = "wasm32")]
orangery_test_guests::provider!("Exits", |_, _| std::process::exit(3));
