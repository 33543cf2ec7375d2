//! The SDK packs, and the example builds with it where this repository is not.

use super::{cargo, component, succeeds, target};
use crate::bench::{orangery, root, tree};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The example in a folder of its own, its dependency on the SDK replaced by this line.
fn copied(into: &Path, line: &str) -> PathBuf {
    let folder = into.join("plugin-rust");
    for (path, text) in tree(&root().join("examples/plugin-rust")) {
        if path.starts_with("target/") {
            continue;
        }
        let file = folder.join(&path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        let text = match path.as_str() {
            "Cargo.toml" => {
                let own = text.lines().find(|line| line.starts_with("orangery-plugin-sdk = ")).unwrap();
                // A name of its own, because the example is built where it stands at the same time.
                text.replace(own, line).replace("[lib]\n", "[lib]\nname = \"json_file_outside\"\n")
            }
            _ => text,
        };
        std::fs::write(file, text).unwrap();
    }
    folder
}

/// Packs the SDK, and the crates here that it needs, and unpacks them; the folders by the name of the crate.
fn packed(into: &Path) -> Vec<(String, PathBuf)> {
    let crates: BTreeSet<&str> =
        orangery_bundled::sdk().iter().filter_map(|file| file.path.split('/').next()).collect();
    let mut package = cargo(&root());
    package.args(["package", "--offline", "--locked", "--allow-dirty", "--no-verify", "--target-dir"]).arg(target());
    for name in &crates {
        package.args(["--package", name]);
    }
    succeeds(&mut package);
    let version = env!("CARGO_PKG_VERSION");
    crates
        .into_iter()
        .map(|name| {
            let file = target().join(format!("package/{name}-{version}.crate"));
            succeeds(Command::new("tar").arg("-xzf").arg(&file).arg("-C").arg(into));
            (name.to_owned(), into.join(format!("{name}-{version}")))
        })
        .collect()
}

#[test]
fn the_sdk_packs_and_the_example_builds_with_it_where_this_repository_is_not() {
    let outside = tempfile::tempdir().unwrap();
    let packed = packed(outside.path());
    let (_, sdk) = packed.iter().find(|(name, _)| name == "orangery-plugin-sdk").unwrap();
    for file in ["LICENSE", "README.md", "wit/plugin.wit"] {
        let path = sdk.join(file);
        let kind = std::fs::symlink_metadata(&path).unwrap();
        assert!(kind.is_file() && kind.len() > 500, "{file} is not packed as a file");
    }
    let example = copied(outside.path(), &format!("orangery-plugin-sdk = {{ path = {:?} }}", sdk.to_str().unwrap()));
    // As from a registry that has the other crates, too.
    let others: Vec<String> = packed
        .iter()
        .filter(|(name, _)| name != "orangery-plugin-sdk")
        .map(|(name, folder)| format!("patch.crates-io.{name}.path={:?}", folder.to_str().unwrap()))
        .collect();
    let settings: Vec<&str> = others.iter().flat_map(|setting| ["--config", setting]).collect();
    let component = component(&example, "json_file_outside", &settings);
    orangery(["plugin", "check", component.to_str().unwrap()]).run().exits(0).prints("would be admitted");
}

#[test]
fn the_line_that_the_readme_of_the_example_names_is_enough_outside_of_this_repository() {
    let readme = std::fs::read_to_string(root().join("examples/plugin-rust/README.md")).unwrap();
    let line = readme.lines().find(|line| line.starts_with("orangery-plugin-sdk = ")).unwrap();
    let here = line.replace("/path/to/orangery", root().canonicalize().unwrap().to_str().unwrap());
    assert_ne!(here, line, "the README names no path");
    let outside = tempfile::tempdir().unwrap();
    let example = copied(outside.path(), &here);
    // The compiler has nothing to add: that the SDK builds by a path is what every build of this repository shows.
    succeeds(cargo(&example).args(["tree", "--locked", "--offline", "--target", "wasm32-wasip2"]));
}
