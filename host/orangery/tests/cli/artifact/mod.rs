//! `orangery artifact` against a real registry: the rows D1 to D10 and D18 of the comparison of source systems.

mod access;
mod files;
mod fixtures;
mod remote;
mod retries;

use crate::bench::{Call, orangery};
use orangery_test_registry::Registry;
use serde_json::Value;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use tempfile::TempDir;

/// Where the files of the tests come from.
const SOURCE: &str = "https://example.com/org/app.git";
/// Their revision.
const REVISION: &str = "main@sha1:0123456789012345678901234567890123456789";
/// The archive of [`example`] as Flux packs it.
const FX1: &str = "sha256:5bb46b7f37293e0ae8f71d1a7b44b8a809df018c813bca1d6dd37bc08f5c7159";

/// Manifests, with an empty folder and files that are ignored.
fn example() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for name in ["base", "empty", ".git"] {
        fs::create_dir(root.join(name)).unwrap();
    }
    for (name, text) in [
        ("cm.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: demo\n"),
        ("base/kustomization.yaml", "resources:\n- ../cm.yaml\n"),
        (".sourceignore", "/*.txt\n"),
        ("note.txt", "n\n"),
        (".git/HEAD", "ref: refs/heads/main\n"),
        ("logo.png", "png"),
    ] {
        fs::write(root.join(name), text).unwrap();
        fs::set_permissions(root.join(name), Permissions::from_mode(0o644)).unwrap();
    }
    for name in [".", "base", "empty"] {
        fs::set_permissions(root.join(name), Permissions::from_mode(0o755)).unwrap();
    }
    folder
}

/// `orangery artifact …`, where nothing of the user's counts.
fn artifact(words: &[&str]) -> Call {
    orangery(["artifact"].iter().chain(words)).with("DOCKER_CONFIG", "/nonexistent")
}

/// The words of a push of a folder to an address.
fn push<'a>(address: &'a str, folder: &'a Path) -> Vec<&'a str> {
    vec!["push", address, "--path", folder.to_str().unwrap(), "--source", SOURCE, "--revision", REVISION]
}

/// `oci://…` in a registry.
fn at(registry: &Registry, rest: &str) -> String {
    format!("oci://{}/{rest}", registry.address())
}

/// The manifest that somebody else's client reads.
fn manifest(registry: &Registry, rest: &str) -> (Value, String) {
    let text = registry.crane(&["manifest", &format!("{}/{rest}", registry.address()), "--insecure"]).unwrap();
    (serde_json::from_str(&text).unwrap(), text)
}
