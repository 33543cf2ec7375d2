//! The folders inside of a crate, from top to bottom: each imports only from those below it.

use anyhow::{Context, Result, ensure};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A source folder whose folders have an order.
struct Layers {
    /// The folder.
    root: &'static str,
    /// How the crate names it in an import.
    path: &'static str,
    /// Its folders and files, from top to bottom. `mod.rs` and `lib.rs` only collect and stand above all of them.
    order: &'static [&'static str],
}

const LAYERS: &[Layers] = &[
    Layers {
        root: "host/controller/src",
        path: "crate",
        order: &["preview", "local", "hooks", "kubernetes", "pipeline"],
    },
    Layers {
        root: "host/controller/src/pipeline",
        path: "crate::pipeline",
        order: &["set", "provider", "converge", "build", "conclusion", "requeue", "secrets", "offload", "progress"],
    },
    Layers {
        root: "host/sandbox/src",
        path: "crate",
        order: &[
            "operations",
            "admission",
            "calls",
            "instance",
            "plugin",
            "guest",
            "bindings",
            "engine",
            "limits",
            "consumer",
        ],
    },
    Layers {
        root: "host/egress/src",
        path: "crate",
        order: &["explain", "session", "credential", "response", "connection", "request", "secret"],
    },
    Layers {
        root: "host/cluster/src/kubernetes",
        path: "crate::kubernetes",
        order: &["preview", "field_migration", "apply", "prune", "target", "live", "object", "client"],
    },
];

/// Files of a folder.
const MOST_FILES: usize = 12;

fn sources(folder: &Path, into: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            sources(&path, into)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
    Ok(())
}

/// The names right below `path` that a source imports, outside of its tests.
fn imported(text: &str, path: &str) -> BTreeSet<String> {
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    let code: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let mut names = BTreeSet::new();
    for rest in code.split(&format!("{path}::")).skip(1) {
        let list = match rest.strip_prefix('{') {
            Some(group) => group.split('}').next().unwrap_or_default(),
            None => rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default(),
        };
        for name in list.split(',') {
            let name = name.trim().split("::").next().unwrap_or_default();
            names.extend(name.starts_with(|c: char| c.is_ascii_lowercase()).then(|| name.to_owned()));
        }
    }
    names
}

#[test]
fn folders_import_only_from_those_below_them() -> Result<()> {
    for Layers { root, path, order } in LAYERS {
        let root = Path::new("../..").join(root);
        let mut files = Vec::new();
        sources(&root, &mut files)?;
        let place = |name: &str| order.iter().position(|layer| *layer == name);
        for file in files {
            let inside = file.strip_prefix(&root)?;
            let first = inside.iter().next().and_then(|part| part.to_str()).unwrap_or_default();
            let name = first.strip_suffix(".rs").unwrap_or(first);
            if ["mod", "lib"].contains(&name) || file.file_name().is_some_and(|name| name == "tests.rs") {
                continue;
            }
            let own = place(name).with_context(|| format!("{} is in no layer of the table", file.display()))?;
            for other in imported(&std::fs::read_to_string(&file)?, path) {
                let below = place(&other).with_context(|| format!("{}: {other} is in no layer", file.display()))?;
                ensure!(below >= own, "{} imports {path}::{other}, which is above {name}", file.display());
            }
        }
    }
    Ok(())
}

#[test]
fn no_folder_of_them_has_more_than_a_dozen_files() -> Result<()> {
    for Layers { root, order, .. } in LAYERS {
        let mut files = Vec::new();
        sources(&Path::new("../..").join(root), &mut files)?;
        ensure!(order.len() <= MOST_FILES, "{root} has {} folders and files", order.len());
        for folder in files.iter().filter_map(|file| file.parent()).collect::<BTreeSet<_>>() {
            let count = files.iter().filter(|file| file.parent() == Some(folder)).count();
            ensure!(count <= MOST_FILES, "{} has {count} files: split it by subject", folder.display());
        }
    }
    Ok(())
}

#[test]
fn an_import_upwards_is_seen() {
    let text = "use crate::calls::{self, Places};\nuse crate::{limits, guest::Text};\n// crate::comment::x\n";
    assert_eq!(imported(text, "crate").into_iter().collect::<Vec<_>>(), ["calls", "guest", "limits"]);
}
