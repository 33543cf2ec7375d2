//! Takes host resources and never gives one back.
#![cfg(target_arch = "wasm32")]
mod wasi {
    wit_bindgen::generate!({
        inline: "
            package test:hoards;
            world hoards { import wasi:clocks/monotonic-clock@0.2.0; }
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

orangery_test_guests::provider!("Hoards", |_, config| {
    let hoard: Vec<_> = (0..config["count"].as_u64().unwrap_or(0))
        .map(|_| wasi::wasi::clocks::monotonic_clock::subscribe_duration(1_000_000_000))
        .collect();
    orangery_test_guests::guest::tells(orangery_test_guests::guest::json!({"held": hoard.len()}))
});
