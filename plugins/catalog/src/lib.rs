//! Lists the components under `plugins/`: the one place that decides what is built in.
//!
//! A folder whose `Cargo.toml` has the table below is a component. A folder without it is a library, such as the SDK.
//!
//! ```toml
//! [package.metadata.orangery]
//! role = "provider"      # or "renderer", or "private": a component that the host calls and no manifest can name
//! profile = "evaluator"  # the cargo profile to build with; the default is "plugin"
//! ```
//!
//! [`sdk`] is the source of the SDK as a copy that builds outside of this workspace.
//!
//! The build script of `host/bundled`, `cargo xtask plugins` and the tests all read this list, so adding a provider takes
//! one folder.
//!
//! # Errors
//! A folder that cannot be read as described is an error that names its `Cargo.toml`; it is never left out of the list.

mod standalone;

pub use standalone::{SourceFile, sdk};

use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// Every component's crate is named with this prefix; what follows is the component's name.
const PREFIX: &str = "orangery-plugin-";
/// Small and fast code.
const DEFAULT_PROFILE: &str = "plugin";

/// A component that is built from a folder under `plugins/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// The name that `plugin list` shows: `github`.
    pub name: String,
    /// What the component is built in for.
    pub role: Role,
    /// The cargo profile that it is built with.
    pub profile: String,
    /// Its crate: `orangery-plugin-github`.
    pub package: String,
    /// The folder of its crate.
    pub folder: PathBuf,
}

/// What a component is built in for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// It serves values of `spec.type`.
    Provider,
    /// It serves a value of `spec.renderer.name`.
    Renderer,
    /// The host calls it for its own work; it serves nothing and no manifest can name it.
    Private,
}

/// Why the components cannot be listed.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// A folder or a manifest cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// The operating system's reason.
        source: io::Error,
    },
    /// A manifest is not TOML, or its metadata has another shape.
    #[error(
        "{}: {source}\nwrite [package.metadata.orangery] with role = \"provider\", \"renderer\" or \"private\", and perhaps a profile",
        path.display()
    )]
    Manifest {
        /// The path of the manifest.
        path: PathBuf,
        /// The parser's message, with the line.
        source: Box<toml::de::Error>,
    },
    /// A crate inherits something from the workspace that is not there.
    #[error("{} has no {key}, which a crate under plugins/ inherits", path.display())]
    NotInherited {
        /// The manifest of the workspace.
        path: PathBuf,
        /// What is missing.
        key: String,
    },
    /// The crate has a name that no component can have.
    #[error("{}: a component's package is named {PREFIX}NAME, but this one is {package:?}", path.display())]
    Name {
        /// The path of the manifest.
        path: PathBuf,
        /// The package's name.
        package: String,
    },
}

impl Component {
    /// The file that cargo writes for it, below `<target>/wasm32-wasip2/<profile>/`.
    #[must_use]
    pub fn file(&self) -> String {
        format!("{}.wasm", self.package.replace('-', "_"))
    }
}

/// The components of a workspace, sorted by name.
///
/// # Errors
/// See [`CatalogError`].
pub fn components(workspace: &Path) -> Result<Vec<Component>, CatalogError> {
    let mut found = Vec::new();
    for folder in folders(&workspace.join("plugins"))? {
        found.extend(component(folder)?);
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(found)
}

/// What the components are made of: files and folders that a build script watches. Tests and cases are not among them.
///
/// # Errors
/// A folder cannot be listed.
pub fn sources(workspace: &Path) -> Result<Vec<PathBuf>, CatalogError> {
    let mut found = vec![workspace.join("wit")];
    for top in ["plugins", "compat"] {
        for folder in folders(&workspace.join(top))? {
            found.extend(["Cargo.toml", "src"].map(|part| folder.join(part)).into_iter().filter(|path| path.exists()));
        }
    }
    Ok(found)
}

fn folders(top: &Path) -> Result<Vec<PathBuf>, CatalogError> {
    let unreadable = |source| CatalogError::Unreadable { path: top.to_owned(), source };
    let mut found = Vec::new();
    for entry in fs::read_dir(top).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.is_dir() {
            found.push(path);
        }
    }
    // The order of a directory differs from machine to machine.
    found.sort();
    Ok(found)
}

/// The parts of a `Cargo.toml` that matter here.
#[derive(Deserialize)]
struct Manifest {
    package: Package,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Default, Deserialize)]
struct Metadata {
    orangery: Option<Declaration>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Declaration {
    role: Role,
    profile: Option<String>,
}

fn component(folder: PathBuf) -> Result<Option<Component>, CatalogError> {
    let path = folder.join("Cargo.toml");
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(source) => return Err(CatalogError::Unreadable { path, source }),
    };
    let manifest: Manifest = match toml::from_str(&text) {
        Ok(manifest) => manifest,
        Err(source) => return Err(CatalogError::Manifest { path, source: Box::new(source) }),
    };
    let package = manifest.package.name;
    let Some(Declaration { role, profile }) = manifest.package.metadata.orangery else { return Ok(None) };
    let Some(name) = package.strip_prefix(PREFIX).filter(|name| !name.is_empty()).map(str::to_owned) else {
        return Err(CatalogError::Name { path, package });
    };
    let profile = profile.unwrap_or_else(|| DEFAULT_PROFILE.to_owned());
    Ok(Some(Component { name, role, profile, package, folder }))
}

#[cfg(test)]
mod tests;
