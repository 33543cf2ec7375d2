//! A plugin is one folder: nothing that builds or embeds plugins keeps a list of their names.

use anyhow::{Result, ensure};
use orangery_plugin_catalog::{Component, Role, components};
use std::path::{Path, PathBuf};

/// What builds, embeds and admits the built-in plugins.
const READERS: [&str; 5] = [
    "host/bundled/build.rs",
    "host/bundled/src",
    "host/orangery/src/plugin",
    "xtask/src/plugins.rs",
    "plugins/catalog/src/lib.rs",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn plugins() -> Result<Vec<Component>> {
    let mut found = components(&root())?;
    found.retain(|component| component.role != Role::Private);
    ensure!(found.len() >= 4, "{found:?}");
    Ok(found)
}

fn files(path: PathBuf, into: &mut Vec<PathBuf>) -> Result<()> {
    if path.is_dir() {
        for entry in std::fs::read_dir(path)? {
            files(entry?.path(), into)?;
        }
    } else {
        into.push(path);
    }
    Ok(())
}

#[test]
fn no_plugin_name_stands_where_plugins_are_built_embedded_or_listed() -> Result<()> {
    let plugins = plugins()?;
    let mut found = Vec::new();
    for reader in READERS {
        files(root().join(reader), &mut found)?;
    }
    ensure!(found.len() >= READERS.len(), "{found:?}");
    for file in found {
        let text = std::fs::read_to_string(&file)?;
        // Documentation may show an example.
        let code: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        for Component { name, package, .. } in &plugins {
            for literal in [format!("\"{name}\""), format!("\"{package}\""), format!("plugins/{name}")] {
                ensure!(
                    !code.contains(&literal),
                    "{} names {literal}; read plugins/catalog instead: a second list would have to be kept in step",
                    file.display()
                );
            }
        }
    }
    Ok(())
}

#[test]
fn the_workspace_finds_plugins_by_their_folder() -> Result<()> {
    let manifest: toml::Table = toml::from_str(&std::fs::read_to_string(root().join("Cargo.toml"))?)?;
    let members = &manifest["workspace"]["members"];
    let members: Vec<&str> = members.as_array().into_iter().flatten().filter_map(toml::Value::as_str).collect();
    ensure!(members.contains(&"plugins/*"), "{members:?}");
    ensure!(members.iter().filter(|member| member.starts_with("plugins/")).count() == 1, "{members:?}");
    Ok(())
}

#[test]
fn every_provider_and_renderer_has_cases() -> Result<()> {
    for plugin in plugins()? {
        let mut cases = Vec::new();
        files(plugin.folder.join("cases"), &mut cases)?;
        ensure!(!cases.is_empty(), "{} has no cases", plugin.folder.display());
    }
    Ok(())
}
