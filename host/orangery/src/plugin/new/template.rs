//! The files of a new plugin: a template whose names are replaced, the SDK, and a lock file.
//!
//! The templates in `host/orangery/template` are plugins themselves, called `my-plugin`. The lock file is that of
//! `examples/plugin-rust`, which has the same dependencies and is built by the tests, so that a new plugin builds with versions
//! that are known to work.

use super::Kind;
use super::name::PluginName;

/// The lock file, and the package in it that is the plugin.
const LOCK: &str = include_str!("../../../../../examples/plugin-rust/Cargo.lock");
const LOCKED: &str = "json-file";

/// Path and contents of each file of the template. Cargo would take a `.gitignore` here for this repository's own.
const PROVIDER: [(&str, &str); 5] = [
    ("Cargo.toml", include_str!("../../../template/provider/Cargo.toml")),
    (".gitignore", include_str!("../../../template/provider/gitignore")),
    ("README.md", include_str!("../../../template/provider/README.md")),
    ("src/lib.rs", include_str!("../../../template/provider/src/lib.rs")),
    ("cases/my-plugin.yaml", include_str!("../../../template/provider/cases/my-plugin.yaml")),
];

const RENDERER: [(&str, &str); 4] = [
    ("Cargo.toml", include_str!("../../../template/renderer/Cargo.toml")),
    (".gitignore", include_str!("../../../template/provider/gitignore")),
    ("README.md", include_str!("../../../template/renderer/README.md")),
    ("src/lib.rs", include_str!("../../../template/renderer/src/lib.rs")),
];

/// The files of a new plugin, each with its path below the new folder.
pub(super) fn files(kind: Kind, name: &PluginName) -> Vec<(String, String)> {
    let template = match kind {
        Kind::Provider => &PROVIDER[..],
        Kind::Renderer => &RENDERER,
    };
    let own = template.iter().map(|(path, text)| (named(path, name), named(text, name)));
    let sdk = orangery_bundled::sdk().iter().map(|file| (format!("sdk/{}", file.path), file.text.to_owned()));
    own.chain([("Cargo.lock".to_owned(), lock(name))]).chain(sdk).collect()
}

/// The crates that a new plugin depends on.
pub(super) fn dependencies() -> impl Iterator<Item = &'static str> {
    packages().map(package_name).filter(|name| *name != LOCKED)
}

fn named(text: &str, name: &PluginName) -> String {
    text.replace("my-plugin", &name.to_string())
        .replace("my_plugin", &name.library())
        .replace("MyPlugin", &name.type_name())
}

/// The lock file with the plugin's name where cargo would sort it.
fn lock(name: &PluginName) -> String {
    let head = LOCK.split("\n\n").next().unwrap_or_default();
    let own = name.to_string();
    let mut packages: Vec<String> = packages()
        .map(|package| match package_name(package) {
            LOCKED => package.replacen(LOCKED, &own, 1),
            _ => package.to_owned(),
        })
        .collect();
    // Stable: two versions of one crate stay in their order.
    packages.sort_by(|one, other| package_name(one).cmp(package_name(other)));
    format!("{head}\n\n{}\n", packages.join("\n\n"))
}

/// The `[[package]]` tables of the lock file.
fn packages() -> impl Iterator<Item = &'static str> {
    LOCK.split("\n\n").map(str::trim).filter(|block| block.starts_with("[[package]]"))
}

fn package_name(package: &str) -> &str {
    package.split("name = \"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_of_the_template_is_left() {
        for (kind, own) in [(Kind::Provider, "cases/zoo-keeper.yaml"), (Kind::Renderer, "src/lib.rs")] {
            let files = files(kind, &"zoo-keeper".parse().unwrap());
            for (path, text) in files.iter().filter(|(path, _)| !path.starts_with("sdk/")) {
                for old in ["my-plugin", "my_plugin", "MyPlugin", LOCKED] {
                    assert!(!text.contains(old) && !path.contains(old), "{path} has {old}");
                }
            }
            for path in ["Cargo.toml", "Cargo.lock", own, "sdk/orangery-plugin-sdk/src/lib.rs"] {
                assert!(files.iter().any(|(file, _)| file == path), "{path} is not written");
            }
        }
    }

    #[test]
    fn the_lock_file_is_sorted_and_otherwise_that_of_the_example() {
        let text = lock(&"zoo-keeper".parse().unwrap());
        let names: Vec<&str> = text.split("\n\n").skip(1).map(package_name).collect();
        assert!(names.is_sorted(), "{names:?}");
        assert_eq!(names.last(), Some(&"zoo-keeper"));
        assert_eq!(text.lines().count(), LOCK.lines().count());
        assert_eq!(lock(&LOCKED.parse().unwrap()), LOCK);
    }
}
