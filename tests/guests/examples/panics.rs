//! Panics with words that should reach its author and nobody's terminal, or with a flood of the words of its configuration.
#![cfg(target_arch = "wasm32")]
orangery_test_guests::provider!("Panics", |_, config| match config["project"].as_str() {
    Some(words) => panic!("{}", format!("{words} ").repeat(4096)),
    None => panic!("the forge \u{1b}[31msaid\nsomething odd"),
});
