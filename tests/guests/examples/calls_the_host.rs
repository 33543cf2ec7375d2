//! Calls a function of the host without end, to hide its time behind it; or does nothing.
#![cfg(target_arch = "wasm32")]
use orangery_test_guests::guest::log::{Level, log};
use orangery_test_guests::guest::{get, json, selection, tells};
use std::time::{Duration, Instant};

orangery_test_guests::provider!("CallsTheHost", |_, config| {
    let call: fn() = match config["what"].as_str() {
        Some("send") => || drop(get("https://nobody.invalid/", None)),
        Some("undeclared") => || drop(get("https://nobody.invalid/", Some("undeclared"))),
        Some("log") => || log(Level::Information, "here I am", &[]),
        Some("wants") => || {
            selection::wants("a-branch", &["a label".to_owned()]);
        },
        Some("clock") => || {
            std::hint::black_box(Instant::now());
        },
        Some("print") => || println!("here I am"),
        Some("nap") => || std::thread::sleep(Duration::ZERO),
        Some("compute") => || {
            std::hint::black_box(());
        },
        _ => return tells(json!({"done": true})),
    };
    loop {
        call();
    }
});
