//! Connects the traits with the component's exports. Only compiled for WebAssembly; used by the export macros.

mod describing;
mod network;
pub mod notifying;
pub mod polling;
pub mod rendering;

use crate::bindings::describing::orangery::plugin::types::PluginError;
use crate::error::Error;

pub use describing::{NotifierDescribed, ProviderDescribed, ProviderNotifierDescribed, RendererDescribed};

/// Writes a log line through the host.
pub(crate) fn log(level: crate::log::Level, message: &str, fields: &[(String, String)]) {
    crate::bindings::describing::orangery::plugin::log::log(level, message, fields);
}

fn error(error: Error) -> PluginError {
    match error {
        Error::InvalidConfig(said) => PluginError::InvalidConfig(said),
        Error::Unauthorized(said) => PluginError::Unauthorized(said),
        Error::NotFound(said) => PluginError::NotFound(said),
        Error::RateLimited(said) => PluginError::RateLimited(said),
        Error::Unavailable(said) => PluginError::Unavailable(said),
        Error::MalformedAnswer(said) => PluginError::MalformedAnswer(said),
        Error::Other(said) => PluginError::Other(said),
    }
}
