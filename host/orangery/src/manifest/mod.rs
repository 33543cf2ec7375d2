//! Reads manifests from files: the documents with their file and line, and the resources in them.
//!
//! # Guarantees
//! Every error names file, line and field, and what to do. Documents of other kinds are counted, not refused, because people keep
//! Namespaces and Roles in the same files.

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
        /// Path as given, or of the file found below it.
        path: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// A folder without a manifest in it.
    #[error("{} has no *.yaml, *.yml or *.json file", path.display())]
    Empty {
        /// Path of the folder as given.
        path: PathBuf,
    },
    /// The text is not YAML.
    #[error("{file}: {source}")]
    Syntax {
        /// Path of the file.
        file: String,
        /// Line, column and cause.
        source: ReadError,
    },
    /// A field is wrong.
    #[error("{place}: {field}: {message}")]
    Field {
        /// The place, as `file:line`.
        place: String,
        /// The path of the field.
        field: String,
        /// What is wrong.
        message: String,
    },
    /// Two documents describe the same resource.
    #[error("{second}: {what} is already defined at {first}; keep one of them")]
    Twice {
        /// The object, as `Kind/namespace/name`.
        what: String,
        /// `file:line` of the first.
        first: String,
        /// `file:line` of the second.
        second: String,
    },
    /// The files hold no resource of ours.
    #[error("{files} hold neither a ResourceSet nor a ResourceSetInputProvider (apiVersion fluxcd.controlplane.io/v1)")]
    NothingOfOurs {
        /// Their paths, joined by commas.
        files: String,
    },
}

impl ManifestError {
    /// An error about one field, for callers that know only the place and not the document.
    #[must_use]
    pub fn field(place: &str, field: &str, message: impl Into<String>) -> Self {
        Self::Field { place: place.to_owned(), field: field.to_owned(), message: message.into() }
    }
}

/// A place in a file, as `file:line`.
#[must_use]
pub fn place(file: &str, at: Location) -> String {
    format!("{file}:{}", at.line)
}
