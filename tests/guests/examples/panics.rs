//! Panics with words that should reach its author and nobody's terminal.
#![cfg(target_arch = "wasm32")]
orangery_test_guests::provider!("Panics", |_, _| panic!("the forge \u{1b}[31msaid\nsomething odd"));
