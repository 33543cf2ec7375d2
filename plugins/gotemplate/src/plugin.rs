//! The renderer as a plugin.

use orangery_plugin_sdk::{Error, Failure, NoConfig, RenderContext, RenderInput, Renderer, Rendering, Template};

/// The default renderer.
#[derive(Debug)]
pub struct GoTemplate;

impl Renderer for GoTemplate {
    type Config = NoConfig;
    const NAME: &'static str = "gotemplate";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const DESCRIPTION: &'static str = env!("CARGO_PKG_DESCRIPTION");
    const HOMEPAGE: &'static str = env!("CARGO_PKG_REPOSITORY");
    const LICENSE: &'static str = env!("CARGO_PKG_LICENSE");

    fn render(
        ctx: &RenderContext,
        _config: NoConfig,
        templates: &[Template],
        inputs: &[RenderInput],
    ) -> Result<Vec<Result<Rendering, Failure>>, Error> {
        crate::render::render(ctx, templates, inputs)
    }
}

orangery_plugin_sdk::export_renderer!(GoTemplate);
