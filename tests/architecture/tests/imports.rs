//! Who may import whom: the table of docs/architecture.md, held over `cargo metadata`.

use anyhow::{Context, Result, ensure};
use cargo_metadata::{DependencyKind, MetadataCommand, Package};
use std::collections::BTreeSet;

/// A crate of the house and what its normal dependencies may be.
struct Room {
    name: &'static str,
    /// Crates of the house that it may name.
    house: &'static [&'static str],
    /// Crates from outside that it may not name.
    never: &'static [&'static str],
}

const WASM: [&str; 2] = ["wasmtime", "wasmtime-wasi"];

/// The table. A crate of `compat/` or `host/` that is not in it fails the test.
const ROOMS: &[Room] = &[
    Room {
        name: "orangery-go-std",
        house: &[],
        never: &["tokio", "kube", "wasmtime", "reqwest", "tracing", "serde", "serde_json"],
    },
    Room {
        name: "orangery-go-yaml",
        house: &["orangery-go-std"],
        never: &["tokio", "kube", "wasmtime", "reqwest", "tracing", "serde"],
    },
    Room {
        name: "orangery-core",
        house: &["orangery-go-std", "orangery-go-yaml", "orangery-plugin-documents"],
        never: &["tokio", "kube", "wasmtime", "reqwest", "tracing"],
    },
    Room {
        name: "orangery-api",
        house: &["orangery-core", "orangery-go-yaml"],
        never: &["tokio", "wasmtime", "reqwest", "tracing"],
    },
    Room {
        name: "orangery-egress",
        house: &["orangery-plugin-documents", "orangery-core"],
        never: &["kube", "wasmtime", "cap-std"],
    },
    Room {
        name: "orangery-sandbox",
        house: &["orangery-plugin-documents", "orangery-core", "orangery-egress"],
        never: &["kube", "reqwest", "cap-std"],
    },
    Room { name: "orangery-artifact", house: &[], never: &["kube", "k8s-openapi", "wasmtime"] },
    Room { name: "orangery-cluster", house: &["orangery-core", "orangery-go-yaml"], never: &["wasmtime", "reqwest"] },
    Room { name: "orangery-hooks", house: &[], never: &["kube", "wasmtime", "reqwest"] },
    Room { name: "orangery-bundled", house: &[], never: &["kube", "wasmtime", "reqwest", "tokio"] },
    Room {
        name: "orangery-controller",
        house: &[
            "orangery-plugin-documents",
            "orangery-core",
            "orangery-api",
            "orangery-egress",
            "orangery-sandbox",
            "orangery-cluster",
            "orangery-hooks",
            "orangery-go-yaml",
        ],
        never: &["wasmtime", "reqwest", "cap-std"],
    },
    Room {
        name: "orangery",
        house: &[
            "orangery-plugin-documents",
            "orangery-core",
            "orangery-go-yaml",
            "orangery-api",
            "orangery-egress",
            "orangery-sandbox",
            "orangery-cluster",
            "orangery-hooks",
            "orangery-controller",
            "orangery-bundled",
            "orangery-artifact",
        ],
        never: &["wasmtime", "reqwest"],
    },
];

fn packages() -> Result<Vec<Package>> {
    let metadata = MetadataCommand::new().manifest_path("../../Cargo.toml").no_deps().exec()?;
    Ok(metadata.packages)
}

fn names(package: &Package) -> BTreeSet<&str> {
    package
        .dependencies
        .iter()
        .filter(|dependency| dependency.kind == DependencyKind::Normal)
        .map(|dependency| dependency.name.as_str())
        .collect()
}

#[test]
fn every_crate_of_compat_and_host_imports_only_what_the_table_allows() -> Result<()> {
    for package in packages()? {
        let path = package.manifest_path.as_str();
        if !path.contains("/compat/") && !path.contains("/host/") {
            continue;
        }
        let room = ROOMS
            .iter()
            .find(|room| room.name == package.name.as_str())
            .with_context(|| format!("{} is not in the table", package.name))?;
        for dependency in names(&package) {
            let ours = dependency.starts_with("orangery");
            ensure!(
                !ours || room.house.contains(&dependency),
                "{} imports {dependency}, which the table does not allow",
                room.name
            );
            ensure!(!room.never.contains(&dependency), "{} imports {dependency}, which the table forbids", room.name);
        }
    }
    Ok(())
}

#[test]
fn only_the_sandbox_names_wasmtime_and_only_egress_names_reqwest() -> Result<()> {
    for package in packages()? {
        if package.manifest_path.as_str().contains("/tests/") {
            continue;
        }
        let named = names(&package);
        for engine in WASM {
            ensure!(
                !named.contains(engine) || package.name.as_str() == "orangery-sandbox",
                "{} names {engine}",
                package.name
            );
        }
        ensure!(
            !named.contains("reqwest") || package.name.as_str() == "orangery-egress",
            "{} names reqwest",
            package.name
        );
    }
    Ok(())
}

/// The sixth law: what runs the text of tenants and plugins runs in the sandbox.
#[test]
fn only_the_evaluator_names_what_runs_foreign_text() -> Result<()> {
    for package in packages()? {
        for library in ["cel", "jsonschema", "croner"] {
            ensure!(
                !names(&package).contains(library) || package.name.as_str() == "orangery-plugin-evaluator",
                "{} names {library}; ask the sandbox's evaluator instead",
                package.name
            );
        }
    }
    Ok(())
}

#[test]
fn nothing_but_tests_imports_a_test_crate() -> Result<()> {
    for package in packages()? {
        let path = package.manifest_path.as_str();
        if path.contains("/tests/") {
            continue;
        }
        for dependency in names(&package) {
            ensure!(!dependency.starts_with("orangery-test-"), "{} imports {dependency}", package.name);
        }
    }
    Ok(())
}

#[test]
fn plugins_import_only_the_sdk_and_the_crates_for_text_of_the_house() -> Result<()> {
    for package in packages()? {
        if !package.manifest_path.as_str().contains("/plugins/") {
            continue;
        }
        for dependency in names(&package).into_iter().filter(|name| name.starts_with("orangery")) {
            // The SDK writes the documents that the host reads; plugins have their types from it.
            let documents = package.name.as_str() == "orangery-plugin-sdk" && dependency == "orangery-plugin-documents";
            ensure!(
                documents
                    || ["orangery-plugin-sdk", "orangery-go-std", "orangery-go-yaml", "orangery-slug"]
                        .contains(&dependency),
                "{} imports {dependency}",
                package.name
            );
        }
    }
    Ok(())
}

#[test]
fn controller_reaches_files_and_environment_only_through_others() -> Result<()> {
    for file in rust_files("../../host/controller/src")? {
        let text = std::fs::read_to_string(&file)?;
        for door in ["std::env", "std::fs", "tokio::fs"] {
            ensure!(!text.contains(door), "{} names {door}", file.display());
        }
    }
    Ok(())
}

fn rust_files(folder: &str) -> Result<Vec<std::path::PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![std::path::PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    Ok(files)
}
