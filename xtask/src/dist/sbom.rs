//! The bill of materials in CycloneDX, by `cargo cyclonedx`: the crates with their versions, sources and licences.
//!
//! The tool writes a file beside every manifest of the workspace. Those of the program and of the components that are embedded in it
//! are taken, all of them are removed again, and the path of this folder is cut out of what is kept.

use super::target::Target;
use crate::machine::{cargo, root, target};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The tested release; another one may write other fields.
const VERSION: &str = "0.5.9";
/// The name for the files of the tool, which nothing else in the workspace has.
const NAME: &str = "orangery-materials";
/// What the components run on.
const COMPONENTS: &str = "wasm32-wasip2";

/// The result of making the bill of materials.
pub(crate) enum Written {
    All,
    /// And why.
    Nothing(&'static str),
}

/// Writes one file for the program and one for each component into a folder.
pub(crate) fn write(folder: &Path, host: &Target) -> Result<Written> {
    let tools = target().join("tools");
    let mut install = cargo();
    install.args(["install", "--quiet", "--locked", "cargo-cyclonedx", "--version", VERSION, "--root"]).arg(&tools);
    if !install.status().is_ok_and(|status| status.success()) {
        return Ok(Written::Nothing(
            "cargo-cyclonedx cannot be installed; without a network it must be installed before",
        ));
    }
    fs::create_dir_all(folder)?;
    let list = |triple: &str| -> Result<()> {
        let mut list = Command::new(tools.join("bin/cargo-cyclonedx"));
        list.current_dir(root()).args(["cyclonedx", "--quiet", "--format", "json", "--spec-version", "1.5"]);
        list.args(["--target", triple, "--override-filename", NAME, "--manifest-path"]).arg(root().join("Cargo.toml"));
        super::succeed(&mut list, "cargo cyclonedx failed")
    };
    let listed = list(host.triple()).and_then(|()| take(&root().join("host/orangery"), &folder.join("orangery")));
    let listed = listed.and_then(|()| list(COMPONENTS)).and_then(|()| {
        for component in components()? {
            let name = component.file_name().context("a folder has a name")?;
            take(&component, &folder.join(name))?;
        }
        Ok(())
    });
    for manifest in manifests(&root())? {
        let _ = fs::remove_file(manifest.with_file_name(format!("{NAME}.json")));
    }
    listed.map(|()| Written::All)
}

/// Moves what was written for a crate, without the path of this machine.
fn take(from: &Path, to: &Path) -> Result<()> {
    let from = from.join(format!("{NAME}.json"));
    let text = fs::read_to_string(&from).with_context(|| format!("cannot read {}", from.display()))?;
    let here = format!("file://{}", root().display());
    Ok(fs::write(to.with_extension("cdx.json"), text.replace(&here, "file://"))?)
}

/// The crates that become components: their manifests ask for a `cdylib`.
fn components() -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for manifest in manifests(&root().join("plugins"))? {
        if fs::read_to_string(&manifest)?.contains("\"cdylib\"") {
            found.extend(manifest.parent().map(Path::to_path_buf));
        }
    }
    Ok(found)
}

/// All manifests below a folder.
fn manifests(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            found.extend(manifests(&path)?);
        } else if name == "Cargo.toml" {
            found.push(path);
        }
    }
    Ok(found)
}
