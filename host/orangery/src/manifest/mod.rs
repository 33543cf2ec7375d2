//! Manifests from files: documents with their places, and the resources they hold.
//!
//! # Guarantees
//! Every error says file, line and field, and what to do. Kinds that are not ours are counted, not refused: people keep
//! Namespaces and Roles beside the resources.

mod document;
pub mod resources;
pub mod secret;

pub use document::{Document, read_all, read_text};
pub use resources::Resources;

use go_yaml::{Location, ReadError};
use std::path::PathBuf;

/// Why a manifest cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// The file or folder cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A folder without a manifest in it.
    #[error("{} has no *.yaml, *.yml or *.json file", path.display())]
    Empty {
        /// Which.
        path: PathBuf,
    },
    /// The text is not YAML.
    #[error("{file}: {source}")]
    Syntax {
        /// Which file.
        file: String,
        /// Where and why.
        source: ReadError,
    },
    /// A field is wrong.
    #[error("{place}: {field}: {message}")]
    Field {
        /// `file:line`.
        place: String,
        /// The path of the field.
        field: String,
        /// What is wrong.
        message: String,
    },
    /// Two documents describe the same resource.
    #[error("{second}: {what} is already defined at {first}; keep one of them")]
    Twice {
        /// `Kind/namespace/name`.
        what: String,
        /// `file:line` of the first.
        first: String,
        /// `file:line` of the second.
        second: String,
    },
    /// There is nothing to do.
    #[error("{files} hold neither a ResourceSet nor a ResourceSetInputProvider (apiVersion fluxcd.controlplane.io/v1)")]
    NothingOfOurs {
        /// The files.
        files: String,
    },
}

impl ManifestError {
    /// A field is wrong.
    #[must_use]
    pub fn field(place: &str, field: &str, message: impl Into<String>) -> Self {
        Self::Field { place: place.to_owned(), field: field.to_owned(), message: message.into() }
    }
}

/// `file:line`.
#[must_use]
pub fn place(file: &str, at: Location) -> String {
    format!("{file}:{}", at.line)
}
