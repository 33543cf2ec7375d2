//! What a plugin can be: an input provider, a renderer, a notifier.

pub mod notifier;
pub mod provider;
pub mod renderer;
