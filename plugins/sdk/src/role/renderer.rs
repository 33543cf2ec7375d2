//! A renderer turns templates and inputs into objects. It is pure: it has no network, and the context holds its only
//! clock and seed.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::{Error, Failure};
use crate::provider::Note;

#[doc(inline)]
pub use crate::bindings::rendering::exports::orangery::plugin::renderer::{
    Body, RenderInput, Rendered, Rendering, Template,
};

/// The context of one rendering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RenderContext {
    /// The time in milliseconds since 1970; there is no other clock.
    pub now_ms: u64,
    /// The only source of randomness.
    pub seed: u64,
    /// Whether the set has no inputs: then every template is rendered once, without input, and there is one entry.
    pub inputless: bool,
}

/// A plugin that turns templates and inputs into objects. Equal inputs give equal output, byte for byte.
pub trait Renderer {
    /// The typed form of `spec.renderer.config`. The host validates configurations against its JSON Schema.
    type Config: DeserializeOwned + JsonSchema;
    /// The name of the plugin and of the renderer (`spec.renderer.name`).
    const NAME: &'static str;
    /// Its semantic version, usually `env!("CARGO_PKG_VERSION")`.
    const VERSION: &'static str;
    /// One sentence about what the plugin is for.
    const DESCRIPTION: &'static str = "";
    /// The address of a page with more about the plugin.
    const HOMEPAGE: &'static str = "";
    /// The license as an SPDX expression, for example `Apache-2.0`.
    const LICENSE: &'static str = "";

    /// Checks what a JSON Schema cannot say.
    ///
    /// # Errors
    /// [`Error::InvalidConfig`] naming the field.
    fn validate(_config: Self::Config) -> Result<Vec<Note>, Error> {
        Ok(Vec::new())
    }

    /// Renders every template with every input.
    ///
    /// # Errors
    /// An error of one input is its own entry, so that it does not hide the others. The call as a whole returns an
    /// [`Error`] only if nothing can be rendered at all.
    fn render(
        ctx: &RenderContext,
        config: Self::Config,
        templates: &[Template],
        inputs: &[RenderInput],
    ) -> Result<Vec<Result<Rendering, Failure>>, Error>;
}

/// The JSON Schema of a configuration type.
pub fn schema_of<C: JsonSchema>() -> Value {
    schemars::schema_for!(C).into()
}

impl Default for Rendering {
    /// No objects and no notes.
    fn default() -> Self {
        Self { objects: Vec::new(), notes: Vec::new() }
    }
}
