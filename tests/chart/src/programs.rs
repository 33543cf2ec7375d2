//! The program that the tests run.

use orangery_test_apiserver::binary::GoProgram;

/// Folder of its Go module.
const MODULE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/programs");

/// `helm`.
pub const HELM: GoProgram = GoProgram { module: MODULE, package: "helm.sh/helm/v4/cmd/helm", name: "helm", link: "" };
