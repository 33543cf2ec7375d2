//! The built-in plugins: WebAssembly components, built from `plugins/` by the build script and part of the binary.
//!
//! A folder under `plugins/` is built in if its `Cargo.toml` says so; see `plugins/catalog`.
//!
//! The source of the SDK lies beside them: `orangery plugin new` writes it into new projects, so that a plugin is built with the
//! interface of the host that it was begun with.
//!
//! # Guarantees
//!
//! * The bytes are the components of this very source tree and its `Cargo.lock`.
//! * A build without the WebAssembly target fails and says what to install; there is no binary without its plugins.

use std::fmt;

/// One built-in plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bundled {
    /// Its name, the same as in its own description.
    pub name: &'static str,
    /// What it is built in for.
    pub role: Role,
    /// The component as bytes.
    pub bytes: &'static [u8],
    /// Its SHA-256, in hexadecimal: the name of its compiled code in a cache.
    pub digest: &'static str,
}

/// What a component is built in for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It serves values of `spec.type`.
    Provider,
    /// It serves a value of `spec.renderer.name`.
    Renderer,
    /// The host calls it for its own work; no manifest can name it.
    Private,
}

/// The names and sizes of the built-in plugins, one a line. See [`sizes`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Sizes;

/// A source file of the SDK.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceFile {
    /// Its place, below a folder for all: `orangery-plugin-sdk/src/lib.rs`.
    pub path: &'static str,
    /// The contents of the file.
    pub text: &'static str,
}

static SDK: &[SourceFile] = include!(concat!(env!("OUT_DIR"), "/sdk.rs"));
static PLUGINS: &[Bundled] = include!(concat!(env!("OUT_DIR"), "/plugins.rs"));
static EVALUATOR: Bundled = include!(concat!(env!("OUT_DIR"), "/evaluator.rs"));

/// The built-in plugins.
pub fn plugins() -> &'static [Bundled] {
    PLUGINS
}

/// The built-in plugin of this name.
pub fn plugin(name: &str) -> Option<Bundled> {
    PLUGINS.iter().copied().find(|plugin| plugin.name == name)
}

/// The component that evaluates what others wrote. It is not a plugin: it serves no type and no manifest can name it.
pub fn evaluator() -> &'static Bundled {
    &EVALUATOR
}

/// The SDK and the crates of this project that it needs, as they build anywhere.
pub fn sdk() -> &'static [SourceFile] {
    SDK
}

/// Prints as the names and sizes of the built-in plugins.
pub fn sizes() -> Sizes {
    Sizes
}

impl fmt::Display for Sizes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for plugin in PLUGINS {
            writeln!(f, "{:<12} {:>8} bytes", plugin.name, plugin.bytes.len())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};

    /// The first eight bytes of a component: magic, version, and the layer that tells it from a core module.
    const COMPONENT: [u8; 8] = [0, b'a', b's', b'm', 0x0d, 0, 1, 0];

    #[test]
    fn the_built_in_plugins_are_components() {
        for plugin in plugins().iter().chain([evaluator()]) {
            assert_eq!(plugin.bytes.first_chunk(), Some(&COMPONENT), "{}", plugin.name);
        }
    }

    #[test]
    fn what_the_folders_declare_is_what_is_built_in() {
        let mut declared = orangery_plugin_catalog::components(
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").as_path(),
        )
        .unwrap();
        let private = declared.extract_if(.., |component| component.role == orangery_plugin_catalog::Role::Private);
        assert_eq!(private.map(|component| component.name).collect::<Vec<_>>(), [evaluator().name]);
        let declared = declared.into_iter().map(|component| (component.name, format!("{:?}", component.role)));
        let built_in = plugins().iter().map(|plugin| (plugin.name.to_owned(), format!("{:?}", plugin.role)));
        assert_eq!(declared.collect::<Vec<_>>(), built_in.collect::<Vec<_>>());
        assert!(plugins().len() >= 4);
    }

    #[test]
    fn digests_are_those_of_the_bytes() {
        for plugin in plugins().iter().chain([evaluator()]) {
            let digest: String = Sha256::digest(plugin.bytes).iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(plugin.digest, digest, "{}", plugin.name);
        }
    }

    #[test]
    fn none_is_larger_than_the_host_admits_by_default() {
        for plugin in plugins().iter().chain([evaluator()]) {
            assert!(plugin.bytes.len() < 32 << 20, "{} has {} bytes", plugin.name, plugin.bytes.len());
        }
    }

    #[test]
    fn a_plugin_is_found_by_name_and_the_evaluator_is_none() {
        for built_in in plugins() {
            assert_eq!(plugin(built_in.name), Some(*built_in));
        }
        assert_eq!(plugin("evaluator"), None);
        assert_eq!(plugin("nothing"), None);
    }

    #[test]
    fn the_sdk_is_whole_and_inherits_nothing_from_a_workspace() {
        for path in ["Cargo.toml", "src/lib.rs", "wit/plugin.wit"] {
            let path = format!("orangery-plugin-sdk/{path}");
            assert!(sdk().iter().any(|file| file.path == path), "{path} is not there");
        }
        for manifest in sdk().iter().filter(|file| file.path.ends_with("/Cargo.toml")) {
            assert!(!manifest.text.contains("workspace"), "{}\n{}", manifest.path, manifest.text);
        }
    }

    #[test]
    fn sizes_are_one_line_a_plugin() {
        let text = sizes().to_string();
        assert_eq!(text.lines().count(), plugins().len());
        for (line, plugin) in text.lines().zip(plugins()) {
            assert!(line.starts_with(plugin.name) && line.ends_with(" bytes"), "{line}");
        }
    }
}
