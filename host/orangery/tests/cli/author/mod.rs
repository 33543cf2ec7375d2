//! What the author of a plugin does with cargo and the binary, outside of this repository.

mod begin;
mod packs;

use crate::bench::root;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where all plugins of these tests are built: what they depend on is compiled once.
pub(crate) fn target() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("../examples")
}

/// Cargo in this folder with nothing of this build's environment, as an outsider would run it.
pub(crate) fn cargo(folder: &Path) -> Command {
    let kept = ["CARGO_HOME", "CARGO_NET_", "CARGO_HTTP_", "CARGO_REGISTRY_", "CARGO_REGISTRIES_", "CARGO_SOURCE_"];
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(folder);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy().into_owned();
        let outer = ["CARGO", "RUSTC", "RUSTDOC", "RUSTFLAGS"].iter().any(|prefix| text.starts_with(prefix));
        if outer && !kept.iter().any(|prefix| text.starts_with(prefix)) {
            cargo.env_remove(&name);
        }
    }
    cargo
}

/// Runs it; what it says is shown if it fails.
#[track_caller]
pub(crate) fn succeeds(cargo: &mut Command) {
    let ran = cargo.output().unwrap();
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{:?}\n{said}\n{}", cargo.get_args(), String::from_utf8_lossy(&ran.stdout));
}

/// Builds the plugin in this folder for the sandbox, with the versions of its lock file.
#[track_caller]
pub(crate) fn component(folder: &Path, library: &str, settings: &[&str]) -> PathBuf {
    let mut cargo = cargo(folder);
    cargo.args(settings).args(["build", "--release", "--locked", "--target", "wasm32-wasip2", "--target-dir"]);
    succeeds(cargo.arg(target()));
    target().join("wasm32-wasip2/release").join(format!("{library}.wasm")).canonicalize().unwrap()
}

/// The example, built where it stands.
#[track_caller]
pub(crate) fn json_file() -> PathBuf {
    component(&root().join("examples/plugin-rust"), "json_file", &[])
}
