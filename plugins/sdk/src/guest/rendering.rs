//! The exported interface `renderer`, and the imports of the world `renderer-plugin`.

use std::marker::PhantomData;

use crate::json;
use crate::renderer::{Body, RenderContext, RenderInput, Renderer, Rendering, Template};

use super::{error, failure, note, wire};

#[doc(hidden)]
pub mod bindings {
    wit_bindgen::generate!({
        inline: "package orangery:sdk-rendering; world rendering {
            import orangery:plugin/log@0.1.0;
            export orangery:plugin/renderer@0.1.0;
        }",
        path: "wit",
        generate_all,
        with: { "orangery:plugin/types@0.1.0": crate::guest::describing::bindings::orangery::plugin::types },
        pub_export_macro: true,
        default_bindings_module: "orangery_plugin_sdk::guest::rendering::bindings",
    });
}

use bindings::exports::orangery::plugin::renderer;

pub(crate) const CONFIG: &str = "spec.renderer.config";

/// Carries the exports of `R`.
pub struct RendererGuest<R>(PhantomData<R>);

impl<R: Renderer> renderer::Guest for RendererGuest<R> {
    fn render(
        ctx: renderer::RenderContext,
        templates: Vec<renderer::Template>,
        inputs: Vec<renderer::RenderInput>,
    ) -> Result<Vec<Result<renderer::Rendering, wire::Failure>>, wire::PluginError> {
        let config = json::decode_config(CONFIG, &ctx.config).map_err(error)?;
        let ctx = RenderContext { now_ms: ctx.now_ms, seed: ctx.seed, inputless: ctx.inputless };
        let templates: Vec<Template> = templates.into_iter().map(template).collect();
        let inputs: Vec<RenderInput> = inputs.into_iter().map(input).collect();
        let rendered = R::render(&ctx, config, &templates, &inputs).map_err(error)?;
        Ok(rendered.into_iter().map(|entry| entry.map(rendering).map_err(failure)).collect())
    }
}

fn template(template: renderer::Template) -> Template {
    let body = match template.body {
        renderer::Body::Object(json) => Body::Object(json),
        renderer::Body::Text(text) => Body::Text(text),
    };
    Template { path: template.path, body }
}

fn input(input: renderer::RenderInput) -> RenderInput {
    RenderInput { label: input.label, uid: input.uid, attributes: input.attributes, untrusted: input.untrusted }
}

fn rendering(rendering: Rendering) -> renderer::Rendering {
    let objects = rendering.objects.into_iter();
    renderer::Rendering {
        objects: objects.map(|one| renderer::Rendered { template: one.template, object: one.object }).collect(),
        notes: rendering.notes.into_iter().map(note).collect(),
    }
}
