//! The JSON documents that cross between a plugin and the host, as types: the manifest, the facts of an input, notices.
//!
//! Plugins write them (through the SDK) and the host reads them with the same types, so both agree on every key. Each has a
//! published JSON Schema in `wit/`; a test compares it with the types. Documents are what can grow: an unknown key never breaks
//! a reader.

pub mod facts;
pub mod manifest;
pub mod notice;

pub use facts::{Checks, Facts};
pub use manifest::Manifest;
pub use notice::{EnvironmentNotice, EnvironmentState, EventNotice, NotedObject, Severity};
