//! The renderer as a plugin.

use crate::config::Config;
use orangery_plugin_sdk::{Error, Failure, RenderContext, RenderInput, Renderer, Rendering, Template};

/// The structured renderer.
#[derive(Debug)]
pub struct Minijinja;

impl Renderer for Minijinja {
    type Config = Config;
    const NAME: &'static str = "minijinja";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const DESCRIPTION: &'static str = env!("CARGO_PKG_DESCRIPTION");
    const HOMEPAGE: &'static str = env!("CARGO_PKG_REPOSITORY");
    const LICENSE: &'static str = env!("CARGO_PKG_LICENSE");

    fn render(
        ctx: &RenderContext,
        config: Config,
        templates: &[Template],
        inputs: &[RenderInput],
    ) -> Result<Vec<Result<Rendering, Failure>>, Error> {
        crate::render::render(ctx, &config, templates, inputs)
    }
}

orangery_plugin_sdk::export_renderer!(Minijinja);
