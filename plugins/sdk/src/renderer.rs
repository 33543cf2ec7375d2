//! A renderer: templates and inputs in, objects out. Pure: no network, and the context holds the only clock and seed.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::{Error, Failure};
use crate::provider::Note;

/// The body of a template.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// One structured object of `resources`, as JSON text.
    Object(String),
    /// The text of `resourcesTemplate`.
    Text(String),
}

/// One template.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// Its path in the manifest, for example `spec.resources[2]`, for messages.
    pub path: String,
    /// What to render.
    pub body: Body,
}

/// One input set.
#[derive(Debug, Clone, PartialEq)]
pub struct RenderInput {
    /// Who it is, for messages, for example `ResourceSetInputProvider/previews id 42`.
    pub label: String,
    /// Its stable digest, 16 hexadecimal characters.
    pub uid: String,
    /// A JSON object as text: what templates see.
    pub attributes: String,
    /// The keys (dotted paths) whose values an outsider chose; they must not add keys or documents.
    pub untrusted: Vec<String>,
}

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

/// One object and where it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Rendered {
    /// Index into the templates of the call.
    pub template: u32,
    /// The object as JSON text.
    pub object: String,
}

/// What one input gave.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rendering {
    /// In the order of the templates, and of the documents within each.
    pub objects: Vec<Rendered>,
    /// Remarks for the user.
    pub notes: Vec<Note>,
}

/// Turns templates and inputs into objects. Same in, same out, byte for byte.
pub trait Renderer {
    /// The typed form of `spec.renderer.config`; its JSON Schema is what the host validates against.
    type Config: DeserializeOwned + JsonSchema;
    /// The name of the plugin and of the renderer (`spec.renderer.name`).
    const NAME: &'static str;
    /// Its semantic version; `env!("CARGO_PKG_VERSION")`.
    const VERSION: &'static str;

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
