//! Starts as Go's runtime does: it reads the monotonic clock, gives up if that is zero, and waits until it has moved.
#![cfg(target_arch = "wasm32")]
use orangery_test_guests::guest::{describes, json, polling, provider_info, tells, types};

mod wasi {
    wit_bindgen::generate!({
        inline: "
            package test:clock;
            world reads { import wasi:clocks/monotonic-clock@0.2.0; }
            package wasi:io@0.2.0 {
                interface poll {
                    resource pollable { ready: func() -> bool; block: func(); }
                    poll: func(in: list<borrow<pollable>>) -> list<u32>;
                }
            }
            package wasi:clocks@0.2.0 {
                interface monotonic-clock {
                    use wasi:io/poll@0.2.0.{pollable};
                    type instant = u64;
                    type duration = u64;
                    now: func() -> instant;
                    resolution: func() -> duration;
                    subscribe-instant: func(when: instant) -> pollable;
                    subscribe-duration: func(when: duration) -> pollable;
                }
            }",
        generate_all,
    });
}

use wasi::wasi::clocks::monotonic_clock;

struct Guest;

/// The first two readings that differ.
fn start() -> (u64, u64) {
    let first = monotonic_clock::now();
    assert_ne!(first, 0, "nanotime returning zero");
    loop {
        let next = monotonic_clock::now();
        if next != first {
            return (first, next);
        }
    }
}

impl provider_info::Guest for Guest {
    fn describe() -> String {
        // The readings are in the description, so that a test can tell whether they are the same each time.
        let (first, next) = start();
        let mut manifest = describes("ReadsTheClock");
        manifest["version"] = json!(format!("0.{first}.{next}"));
        manifest.to_string()
    }

    fn validate_config(_: String, _: String) -> Result<Vec<types::Note>, types::PluginError> {
        start();
        Ok(Vec::new())
    }
}

impl polling::Guest for Guest {
    fn poll(_: polling::PollContext, _: String) -> Result<polling::PollOutcome, types::PluginError> {
        let (first, next) = start();
        tells(json!({"first": first, "next": next}))
    }
}

orangery_test_guests::guest::provider::export!(Guest with_types_in orangery_test_guests::guest::provider);
