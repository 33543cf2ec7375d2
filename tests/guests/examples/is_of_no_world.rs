//! A component that is nothing this host knows.
#![cfg(target_arch = "wasm32")]
wit_bindgen::generate!({ inline: "package test:elsewhere; world elsewhere { export greet: func() -> string; }" });

struct Stranger;

impl Guest for Stranger {
    fn greet() -> String {
        "hello".into()
    }
}

export!(Stranger);
