//! The only crate that writes managed objects: two targets behind one trait.
//!
//! ```text
//! Plan ──▶ Target::apply ──▶ ApplyReport ──(laws 1 and 3, decided elsewhere)──▶ Target::prune ──▶ PruneReport
//!             ├─ KubernetesTarget   a Kubernetes API server, as the set's service account
//!             └─ DirectoryTarget    a local directory, one YAML file an object
//! ```
//!
//! # Guarantees
//! An object is deleted only if it is ours by ledger, owner labels and UID. What belongs to another set is refused.
//! Values of Secrets never reach an error, a report or a log.

pub mod directory;
pub mod kubernetes;
pub mod target;

pub use directory::{DirectoryTarget, StateDirectory};
pub use kubernetes::{
    Connect, FieldChange, FieldMigration, FieldMigrationReport, KubernetesOptions, KubernetesPreview, KubernetesTarget,
    MigratedFields, Patience,
};
pub use target::{FindError, ObjectQuery, ReadAccess, ReadError, Target};
