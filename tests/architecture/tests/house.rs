//! The shape of the house: file sizes, names that say nothing, and words that do not belong into a public project.

use anyhow::{Result, ensure};
use std::path::{Path, PathBuf};

/// Longer files are split by noun.
const LINES: usize = 400;

fn sources() -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders: Vec<PathBuf> = ["compat", "host", "plugins", "tests", "xtask", "examples"]
        .iter()
        .map(|top| Path::new("../..").join(top))
        .collect();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                if path.file_name().is_some_and(|name| name != "target") {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "rs" || extension == "go") {
                files.push(path);
            }
        }
    }
    ensure!(files.len() > 50, "the walk found only {} files: the test looks in the wrong place", files.len());
    Ok(files)
}

#[test]
fn no_file_is_too_long() -> Result<()> {
    let mut long = Vec::new();
    for file in sources()? {
        let lines = std::fs::read_to_string(&file)?.lines().count();
        if lines > LINES {
            long.push(format!("{} has {lines} lines", file.display()));
        }
    }
    ensure!(long.is_empty(), "split by noun:\n{}", long.join("\n"));
    Ok(())
}

#[test]
fn no_file_or_folder_has_a_name_that_says_nothing() -> Result<()> {
    const EMPTY: [&str; 12] =
        ["util", "utils", "common", "commons", "helper", "helpers", "misc", "manager", "stuff", "info", "types2", "v2"];
    for file in sources()? {
        for part in file.iter().filter_map(|part| part.to_str()) {
            let stem = part.strip_suffix(".rs").or_else(|| part.strip_suffix(".go")).unwrap_or(part);
            ensure!(!EMPTY.contains(&stem), "{} says nothing", file.display());
        }
    }
    Ok(())
}

#[test]
fn every_rust_file_begins_by_saying_what_it_owns() -> Result<()> {
    for file in sources()? {
        if file.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&file)?;
            ensure!(text.trim_start().starts_with("//!"), "{} has no module documentation", file.display());
        }
    }
    Ok(())
}

#[test]
fn no_rust_file_is_an_orphan() -> Result<()> {
    for file in sources()? {
        let path = file.to_string_lossy().replace('\\', "/");
        let Some((_, inside)) = path.split_once("/src/") else { continue };
        if !path.ends_with(".rs") || ["lib.rs", "main.rs"].contains(&inside) || inside.starts_with("bin/") {
            continue;
        }
        let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let folder = file.parent().unwrap_or(Path::new(""));
        let (module, home) = if stem == "mod" {
            (folder.file_name().unwrap_or_default().to_string_lossy().into_owned(), folder.parent().unwrap_or(folder))
        } else {
            (stem, folder)
        };
        let mut parents = vec![home.join("mod.rs"), home.join("lib.rs"), home.join("main.rs")];
        parents.push(home.with_extension("rs"));
        let declared = parents
            .iter()
            .filter_map(|parent| std::fs::read_to_string(parent).ok())
            .any(|text| text.contains(&format!("mod {module};")));
        ensure!(declared, "{} is declared by no module", file.display());
    }
    Ok(())
}

#[test]
fn every_crate_says_what_it_is() -> Result<()> {
    for package in cargo_metadata::MetadataCommand::new().manifest_path("../../Cargo.toml").no_deps().exec()?.packages {
        let described = package.description.as_deref().is_some_and(|description| description.len() > 20);
        ensure!(described, "{} has no description", package.manifest_path);
    }
    Ok(())
}
