//! The structured renderer: a template is an object whose text leaves may hold Jinja expressions.
//!
//! ```text
//! object ──template──▶ tree of nodes ──expand(scope)──▶ object          no text in between is ever read as YAML or JSON
//!                          └─ leaf: text, or one whole expression, which keeps its type
//! ```
//!
//! # The invariant
//! The paths of what is rendered are those of the template. They depend on the inputs only where the template's author
//! says so: by `$if` (is it there), by `$for` (how often), and by a leaf that is one whole expression and gives a map or
//! a list. The text of a value is never parsed as YAML, JSON or a template; keys hold no expressions. A map or list that
//! an outsider chose is refused by such a leaf unless it says `| expand`.
//!
//! # Guarantees
//! - Pure: no clock, no randomness, no files. Same in, same out.
//! - Strict: what is undefined is an error, and so is a map, a list or nothing in the midst of a text.
//! - Bounded: instructions, nodes, bytes and depth of one input's rendering; see [`limits`].
//!
//! # Refuses
//! `resourcesTemplate`: text that becomes structure is what this renderer is there to avoid.

mod config;
mod engine;
mod expand;
mod failure;
mod filters;
mod inputs;
mod json;
mod leaf;
pub mod limits;
mod plugin;
mod render;
mod template;

pub use config::Config;
pub use plugin::Minijinja;
pub use render::render;
