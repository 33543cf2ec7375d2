//! The files of a new plugin: a template whose names are replaced, the SDK, and a lock file.
//!
//! The templates in `host/orangery/template` are plugins themselves, called `my-plugin`.

use super::Kind;
use crate::cli::PluginName;
use crate::cli::plugin_lock;

/// Path and contents of each file of the template. Cargo would take a `.gitignore` here for this repository's own.
const PROVIDER: [(&str, &str); 5] = [
    ("Cargo.toml", include_str!("../../../template/provider/Cargo.toml")),
    (".gitignore", include_str!("../../../template/provider/gitignore")),
    ("README.md", include_str!("../../../template/provider/README.md")),
    ("src/lib.rs", include_str!("../../../template/provider/src/lib.rs")),
    ("cases/my-plugin.yaml", include_str!("../../../template/provider/cases/my-plugin.yaml")),
];

const RENDERER: [(&str, &str); 5] = [
    ("Cargo.toml", include_str!("../../../template/renderer/Cargo.toml")),
    (".gitignore", include_str!("../../../template/provider/gitignore")),
    ("README.md", include_str!("../../../template/renderer/README.md")),
    ("src/lib.rs", include_str!("../../../template/renderer/src/lib.rs")),
    ("cases/my-plugin.yaml", include_str!("../../../template/renderer/cases/my-plugin.yaml")),
];

/// The files of a new plugin, each with its path below the new folder.
pub(super) fn files(kind: Kind, name: &PluginName) -> Vec<(String, String)> {
    let template = match kind {
        Kind::Provider => &PROVIDER[..],
        Kind::Renderer => &RENDERER,
    };
    let own = template.iter().map(|(path, text)| (named(path, name), named(text, name)));
    let sdk = orangery_bundled::sdk().iter().map(|file| (format!("sdk/{}", file.path), file.text.to_owned()));
    own.chain([("Cargo.lock".to_owned(), plugin_lock::file(&name.to_string()))]).chain(sdk).collect()
}

fn named(text: &str, name: &PluginName) -> String {
    text.replace("my-plugin", &name.to_string())
        .replace("my_plugin", &name.library())
        .replace("MyPlugin", &name.type_name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_of_the_template_is_left() {
        for (kind, own) in [(Kind::Provider, "cases/zoo-keeper.yaml"), (Kind::Renderer, "cases/zoo-keeper.yaml")] {
            let files = files(kind, &"zoo-keeper".parse().unwrap());
            for (path, text) in files.iter().filter(|(path, _)| !path.starts_with("sdk/")) {
                for old in ["my-plugin", "my_plugin", "MyPlugin", "json-file"] {
                    assert!(!text.contains(old) && !path.contains(old), "{path} has {old}");
                }
            }
            for path in ["Cargo.toml", "Cargo.lock", own, "sdk/orangery-plugin-sdk/src/lib.rs"] {
                assert!(files.iter().any(|(file, _)| file == path), "{path} is not written");
            }
        }
    }
}
