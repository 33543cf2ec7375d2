//! The configuration of the renderer, from `spec.renderer.config`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

/// The configuration of the renderer. Another key is an error.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Config {
    /// Constants of this ResourceSet: what templates see as `values.<key>`.
    #[serde(default)]
    pub values: Map<String, Value>,
    /// Keep the line break after a `{% … %}` and the blanks before it, as Jinja does by default. Without it, a line that
    /// holds nothing but a statement leaves no trace.
    #[serde(default)]
    pub keep_blocks: bool,
}
