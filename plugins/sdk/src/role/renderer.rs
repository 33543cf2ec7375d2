//! A renderer: templates and inputs in, objects out. Pure: no network, and the context holds the only clock and seed.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::{Error, Failure};
use crate::provider::Note;

#[doc(inline)]
pub use crate::bindings::rendering::exports::orangery::plugin::renderer::{
    Body, RenderInput, Rendered, Rendering, Template,
};

/// What one rendering is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RenderContext {
    /// Milliseconds since 1970: the only clock.
    pub now_ms: u64,
    /// The only source of randomness.
    pub seed: u64,
    /// There are no inputs at all: render every template once, without input, and answer with one entry.
    pub inputless: bool,
}

/// Turns templates and inputs into objects. Same in, same out, byte for byte.
pub trait Renderer {
    /// The typed form of `spec.renderer.config`; its JSON Schema is what the host validates against.
    type Config: DeserializeOwned + JsonSchema;
    /// The name of the plugin and of the renderer (`spec.renderer.name`).
    const NAME: &'static str;
    /// Its semantic version; `env!("CARGO_PKG_VERSION")`.
    const VERSION: &'static str;
    /// One sentence: what the plugin is for.
    const DESCRIPTION: &'static str = "";
    /// Where people read more.
    const HOMEPAGE: &'static str = "";
    /// SPDX expression, for example `Apache-2.0`.
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
    /// One entry for each input, so that one bad input does not hide the others; an [`Error`] only if nothing can be
    /// rendered at all.
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
