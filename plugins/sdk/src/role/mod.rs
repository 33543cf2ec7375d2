//! The roles of a plugin: input provider, renderer, notifier.

pub mod notifier;
pub mod provider;
pub mod renderer;
