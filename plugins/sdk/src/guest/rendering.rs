//! The exported interface `renderer`.

use std::marker::PhantomData;

use crate::bindings::describing::orangery::plugin::types;
use crate::bindings::rendering::exports::orangery::plugin::renderer;
use crate::json;
use crate::renderer::{RenderContext, Renderer};

use super::error;

pub(crate) const CONFIG: &str = "spec.renderer.config";

/// Implements the exports for `R`.
pub struct RendererGuest<R>(PhantomData<R>);

impl<R: Renderer> renderer::Guest for RendererGuest<R> {
    fn render(
        ctx: renderer::RenderContext,
        templates: Vec<renderer::Template>,
        inputs: Vec<renderer::RenderInput>,
    ) -> Result<Vec<Result<renderer::Rendering, types::Failure>>, types::PluginError> {
        let config = json::decode_config(CONFIG, &ctx.config).map_err(error)?;
        let ctx = RenderContext { now_ms: ctx.now_ms, seed: ctx.seed, inputless: ctx.inputless };
        R::render(&ctx, config, &templates, &inputs).map_err(error)
    }
}
