//! What becomes a plugin, and what is refused before it is called.

mod cache;
mod catalogue;
mod compiling;
mod footprint;
mod validation;
pub(crate) mod world;
