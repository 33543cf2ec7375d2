//! The programs, all of one Go module.

use orangery_test_apiserver::binary::GoProgram;

/// Folder of the Go module.
const MODULE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/programs");

/// The registry of the CNCF distribution project.
pub(crate) const REGISTRY: GoProgram = GoProgram { module: MODULE, package: ".", name: "registry", link: "" };
/// A client of registries.
pub const CRANE: GoProgram =
    GoProgram { module: MODULE, package: "github.com/google/go-containerregistry/cmd/crane", name: "crane", link: "" };
