//! The glue between the traits and the component's exports. Only compiled for WebAssembly; used by the export macros.
//!
//! The worlds of the WIT package share the exported interface `info`, and bindings for two worlds in one crate would
//! define its export macro twice. So each exported interface has a small world and bindings of its own here, and an
//! export macro joins those that a plugin is made of; the component that comes out has exactly the imports and exports of its world.
//! The generated bindings stay in here: plugins see the SDK's own types, which are the same on every target.

pub mod describing;
mod network;
pub mod polling;
pub mod rendering;
pub mod reporting;

use crate::error::{Error, Failure, Retry};
use crate::log::Level;
use crate::provider::{Note, NoteLevel};
use describing::bindings::orangery::plugin::types as wire;

/// Writes a log line through the host.
pub(crate) fn log(level: Level, message: &str, fields: &[(String, String)]) {
    use rendering::bindings::orangery::plugin::log::{Level as Wire, log};

    let level = match level {
        Level::Trace => Wire::Trace,
        Level::Debug => Wire::Debug,
        Level::Information => Wire::Information,
        Level::Warn => Wire::Warn,
        Level::Error => Wire::Error,
    };
    log(level, message, fields);
}

fn failure(failure: Failure) -> wire::Failure {
    let retry = match failure.retry {
        Retry::Never => wire::RetryHint::Never,
        Retry::Later => wire::RetryHint::Later,
        Retry::AfterMs(ms) => wire::RetryHint::AfterMs(ms),
    };
    wire::Failure { code: failure.code, message: failure.message, retry, field: failure.field }
}

fn error(error: Error) -> wire::PluginError {
    use wire::PluginError as Wire;
    match error {
        Error::InvalidConfig(said) => Wire::InvalidConfig(failure(said)),
        Error::Unauthorized(said) => Wire::Unauthorized(failure(said)),
        Error::NotFound(said) => Wire::NotFound(failure(said)),
        Error::RateLimited(said) => Wire::RateLimited(failure(said)),
        Error::Unavailable(said) => Wire::Unavailable(failure(said)),
        Error::MalformedAnswer(said) => Wire::MalformedAnswer(failure(said)),
        Error::Other(said) => Wire::Other(failure(said)),
    }
}

fn note(note: Note) -> wire::Note {
    let level = match note.level {
        NoteLevel::Information => wire::NoteLevel::Information,
        NoteLevel::Warning => wire::NoteLevel::Warning,
    };
    wire::Note { level, code: note.code, message: note.message }
}
