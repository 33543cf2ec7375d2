//! OCI artifacts as Flux reads them, from a folder to a registry and back.
//!
//! ```text
//! folder ─▶ IgnoreRules ─▶ archive::pack ─▶ Layer ─▶ Manifest ─▶ Registry ─▶ oci://HOST/REPOSITORY:TAG
//! folder ◀──────────────── archive::unpack ◀─ Limits ◀──────────── Registry ◀─┘
//! ```
//!
//! | module | owns |
//! |---|---|
//! | [`address`] | `oci://HOST/REPOSITORY[:TAG][@DIGEST]` |
//! | [`ignore`] | which files stay out of an artifact |
//! | [`archive`] | the layer: packing it the same way every time, unpacking one that nobody trusts |
//! | [`compare`] | how the files of two artifacts differ |
//! | [`manifest`] | media types, annotations, the manifest's bytes |
//! | [`credentials`] | `--creds`, Docker's configuration file and its helpers |
//! | [`registry`] | requests, retries, and what refusals of a registry mean |
//!
//! # Guarantees
//! The same files give the same archive, byte for byte, and it is the archive that Flux packs. Nothing of a pulled archive is
//! written before all of it was checked: paths, kinds of entries, sizes.
//!
//! # Refuses
//! Plain http to anything but this machine, unless it is asked for; archives with links, with paths that leave the folder, and
//! those that unpack to more than [`archive::Limits`] allows.

pub mod address;
pub mod archive;
pub mod compare;
pub mod credentials;
pub mod digest;
pub mod ignore;
pub mod manifest;
pub mod registry;

pub use address::Address;
pub use archive::{Layer, Limits};
pub use ignore::IgnoreRules;
pub use manifest::{Annotations, Manifest};
pub use registry::{Connection, Registry, RegistryError};
