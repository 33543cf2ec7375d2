//! Copies of the SDK that build outside of this workspace.
//!
//! `orangery plugin new` writes them beside a new plugin, so that it builds with the very SDK that its host was built with.
//! What a crate inherits from the workspace is written out in its `Cargo.toml`, as `cargo package` does; crates of the
//! workspace that it depends on are copied too and lie beside it. Lints, tests and development dependencies stay behind.

use std::fs;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use crate::CatalogError;

/// The crate that plugins are written with.
const SDK: &str = "orangery-plugin-sdk";
/// The files and folders of a crate that are copied beside its `Cargo.toml`.
const PARTS: [&str; 3] = ["src", "wit", "README.md"];

/// One file of the copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Where it belongs: `orangery-plugin-sdk/src/lib.rs`.
    pub path: String,
    /// What it says.
    pub text: String,
}

/// The SDK and the crates of this workspace that it needs, one folder each, named like the crate.
///
/// # Errors
/// A file cannot be read, or a `Cargo.toml` inherits what the workspace does not have.
pub fn sdk(workspace: &Path) -> Result<Vec<SourceFile>, CatalogError> {
    let root = Manifest::read(workspace.join("Cargo.toml"))?;
    let mut files = Vec::new();
    let mut open = vec![SDK.to_owned()];
    let mut done: Vec<String> = Vec::new();
    while let Some(name) = open.pop() {
        let folder = workspace.join(root.member(&name)?);
        let crate_manifest = Manifest::read(folder.join("Cargo.toml"))?;
        let (text, needs) = root.written_out(&crate_manifest)?;
        files.push(SourceFile { path: format!("{name}/Cargo.toml"), text });
        for part in PARTS {
            collect(&folder.join(part), &format!("{name}/{part}"), &mut files)?;
        }
        done.push(name);
        open.extend(needs.into_iter().filter(|need| !done.contains(need)));
    }
    Ok(files)
}

fn collect(path: &Path, name: &str, into: &mut Vec<SourceFile>) -> Result<(), CatalogError> {
    let unreadable = |source| CatalogError::Unreadable { path: path.to_owned(), source };
    if path.is_dir() {
        let mut names = Vec::new();
        for entry in fs::read_dir(path).map_err(unreadable)? {
            names.push(entry.map_err(unreadable)?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        for child in names {
            collect(&path.join(&child), &format!("{name}/{child}"), into)?;
        }
    } else if path.is_file() {
        let text = fs::read_to_string(path).map_err(unreadable)?;
        into.push(SourceFile { path: name.to_owned(), text });
    }
    Ok(())
}

/// A `Cargo.toml` and its path.
struct Manifest {
    path: PathBuf,
    table: Table,
}

impl Manifest {
    fn read(path: PathBuf) -> Result<Self, CatalogError> {
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(source) => return Err(CatalogError::Unreadable { path, source }),
        };
        match toml::from_str(&text) {
            Ok(table) => Ok(Self { path, table }),
            Err(source) => Err(CatalogError::Manifest { path, source: Box::new(source) }),
        }
    }

    /// What the workspace has under `workspace.<table>.<key>`.
    fn shared(&self, table: &str, key: &str) -> Result<&Value, CatalogError> {
        let found = self.table.get("workspace").and_then(|workspace| workspace.get(table)?.get(key));
        found.ok_or_else(|| CatalogError::NotInherited {
            path: self.path.clone(),
            key: format!("workspace.{table}.{key}"),
        })
    }

    /// The folder of a crate of this workspace.
    fn member(&self, name: &str) -> Result<&str, CatalogError> {
        self.shared("dependencies", name)?.get("path").and_then(Value::as_str).ok_or_else(|| {
            CatalogError::NotInherited { path: self.path.clone(), key: format!("workspace.dependencies.{name}.path") }
        })
    }

    /// The manifest of a crate without inheritance, and the crates of this workspace that it depends on.
    fn written_out(&self, of: &Self) -> Result<(String, Vec<String>), CatalogError> {
        let mut table = of.table.clone();
        for left in ["lints", "dev-dependencies"] {
            table.remove(left);
        }
        if let Some(Value::Table(package)) = table.get_mut("package") {
            for (key, value) in package.iter_mut().filter(|(_, value)| is_inherited(value)) {
                *value = self.shared("package", key)?.clone();
            }
        }
        let mut needs = Vec::new();
        if let Some(Value::Table(dependencies)) = table.get_mut("dependencies") {
            for (name, value) in dependencies.iter_mut().filter(|(_, value)| is_inherited(value)) {
                *value = merged(self.shared("dependencies", name)?, value);
                if let Some(path) = value.get_mut("path") {
                    *path = Value::String(format!("../{name}"));
                    needs.push(name.clone());
                }
            }
        }
        let head =
            "# Written by `orangery plugin new`: the SDK of the orangery that wrote this folder. Change it there.\n";
        Ok((format!("{head}{table}"), needs))
    }
}

fn is_inherited(value: &Value) -> bool {
    value.get("workspace").and_then(Value::as_bool) == Some(true)
}

/// A dependency of the workspace with what the crate adds to it. Features add up, other keys replace.
fn merged(shared: &Value, own: &Value) -> Value {
    let mut merged = match shared {
        Value::Table(table) => table.clone(),
        version => Table::from_iter([("version".to_owned(), version.clone())]),
    };
    for (key, value) in own.as_table().into_iter().flatten().filter(|(key, _)| *key != "workspace") {
        match (merged.get_mut(key), value) {
            (Some(Value::Array(features)), Value::Array(more)) => features.extend(more.iter().cloned()),
            _ => drop(merged.insert(key.clone(), value.clone())),
        }
    }
    Value::Table(merged)
}
