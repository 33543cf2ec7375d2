//! Finds the world that a component was built for, and the imports that this world does not have.
//!
//! # Refuses
//! Sockets and `wasi:http` for every plugin (the host's `http` is the only way to the network), `http` and
//! `selection` for a renderer, and any unknown import. They are refused by name when a plugin is loaded. No import is
//! ever stubbed: a trap in a stub would occur in the middle of a poll.

use wasmtime::Engine;
use wasmtime::component::Component;

/// The package and the version line that this host speaks.
const PACKAGE: &str = "orangery:plugin";
const VERSION: &str = "0.1";
/// The packages that a guest's standard library imports; they are linked with an empty context.
const EMPTY_WORLD: [&str; 5] = ["wasi:cli", "wasi:io", "wasi:clocks", "wasi:random", "wasi:filesystem"];

/// The roles of a plugin, from what it exports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Roles {
    pub(crate) provider: bool,
    pub(crate) renderer: bool,
    pub(crate) notifier: bool,
}

impl Roles {
    /// The role as a word for messages.
    pub(crate) fn word(self) -> &'static str {
        if self.renderer {
            "renderer"
        } else if self.provider {
            "provider"
        } else {
            "notifier"
        }
    }

    fn has_network(self) -> bool {
        self.provider || self.notifier
    }
}

/// The names a component imports and exports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ComponentInterface {
    pub(crate) imports: Vec<String>,
    pub(crate) exports: Vec<String>,
}

/// Why a component fits no world of this host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WorldError {
    /// The component was built for another version of the interface.
    #[error("it exports {export}, but this host speaks {PACKAGE} {VERSION}; build it against that version")]
    OtherVersion {
        /// The export with the other version.
        export: String,
    },
    /// The component exports nothing that this host calls.
    #[error(
        "it exports {exports}; a plugin exports {PACKAGE}/info and one of provider, renderer, notifier, all of version {VERSION}"
    )]
    Unknown {
        /// The exports as a list for the message.
        exports: String,
    },
    /// The component is a renderer and has another role that needs a network.
    #[error("it exports both renderer and {other}; a renderer has no network and must be a plugin of its own")]
    MixedRoles {
        /// The other role.
        other: &'static str,
    },
}

impl ComponentInterface {
    pub(crate) fn of(component: &Component, engine: &Engine) -> Self {
        let ty = component.component_type();
        Self {
            imports: ty.imports(engine).map(|(name, _)| name.to_owned()).collect(),
            exports: ty.exports(engine).map(|(name, _)| name.to_owned()).collect(),
        }
    }

    /// The roles that the exports amount to.
    pub(crate) fn roles(&self) -> Result<Roles, WorldError> {
        let ours: Vec<Name<'_>> =
            self.exports.iter().map(|export| Name::parse(export)).filter(|name| name.package == PACKAGE).collect();
        if let Some(other) = ours.iter().find(|name| !name.is_spoken()) {
            return Err(WorldError::OtherVersion { export: other.whole.to_owned() });
        }
        let exports = |interface| ours.iter().any(|name| name.interface == interface);
        let roles =
            Roles { provider: exports("provider"), renderer: exports("renderer"), notifier: exports("notifier") };
        if !exports("info") || roles == Roles::default() {
            let exports = if self.exports.is_empty() { "nothing".to_owned() } else { self.exports.join(", ") };
            return Err(WorldError::Unknown { exports });
        }
        match roles {
            Roles { renderer: true, provider: true, .. } => Err(WorldError::MixedRoles { other: "provider" }),
            Roles { renderer: true, notifier: true, .. } => Err(WorldError::MixedRoles { other: "notifier" }),
            roles => Ok(roles),
        }
    }

    /// One sentence for each import that these roles do not have.
    pub(crate) fn refused_imports(&self, roles: Roles) -> Vec<String> {
        self.imports.iter().filter_map(|import| refusal(&Name::parse(import), roles)).collect()
    }
}

fn refusal(import: &Name<'_>, roles: Roles) -> Option<String> {
    let whole = import.whole;
    let role = roles.word();
    if import.package == PACKAGE {
        return match import.interface {
            _ if !import.is_spoken() => Some(format!("wants {whole}, but this host speaks {PACKAGE} {VERSION}")),
            "types" | "log" => None,
            "http" if roles.has_network() => None,
            "selection" if roles.provider => None,
            "http" => Some(format!("wants {whole}, which no {role} is given: a renderer has no network")),
            _ => Some(format!("wants {whole}, which no {role} is given")),
        };
    }
    if EMPTY_WORLD.contains(&import.package) {
        return (!import.version.starts_with("0.2")).then(|| format!("wants {whole}; this host has WASI 0.2"));
    }
    let hint = match import.package {
        "wasi:sockets" | "wasi:http" => {
            format!("; {PACKAGE}/http is the only way to the network (componentize-py: build with --stub-wasi)")
        }
        _ => String::new(),
    };
    Some(format!("wants {whole}, which no {role} is given{hint}"))
}

/// A name of the form `package/interface@version`, split into its parts.
struct Name<'a> {
    whole: &'a str,
    package: &'a str,
    interface: &'a str,
    version: &'a str,
}

impl<'a> Name<'a> {
    fn parse(whole: &'a str) -> Self {
        let (path, version) = whole.split_once('@').unwrap_or((whole, ""));
        let (package, interface) = path.split_once('/').unwrap_or((path, ""));
        Self { whole, package, interface, version }
    }

    fn is_spoken(&self) -> bool {
        self.version.strip_prefix(VERSION).is_some_and(|rest| rest.starts_with('.'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interface(imports: &[&str], exports: &[&str]) -> ComponentInterface {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        ComponentInterface { imports: owned(imports), exports: owned(exports) }
    }

    const INFO: &str = "orangery:plugin/info@0.1.0";
    const PROVIDER: Roles = Roles { provider: true, renderer: false, notifier: false };
    const RENDERER: Roles = Roles { provider: false, renderer: true, notifier: false };

    #[test]
    fn the_exports_make_the_world() {
        assert_eq!(interface(&[], &[INFO, "orangery:plugin/provider@0.1.3"]).roles(), Ok(PROVIDER));
        assert_eq!(interface(&[], &[INFO, "orangery:plugin/renderer@0.1.0"]).roles(), Ok(RENDERER));
        let both = interface(&[], &[INFO, "orangery:plugin/renderer@0.1.0", "orangery:plugin/provider@0.1.0"]);
        assert_eq!(both.roles(), Err(WorldError::MixedRoles { other: "provider" }));
        let said = interface(&[], &["wasi:cli/run@0.2.6"]).roles().unwrap_err().to_string();
        assert!(said.starts_with("it exports wasi:cli/run@0.2.6; a plugin exports"), "{said}");
        let said = interface(&[], &["orangery:plugin/info@0.2.0"]).roles().unwrap_err().to_string();
        assert!(said.contains("this host speaks orangery:plugin 0.1"), "{said}");
    }

    #[test]
    fn a_provider_gets_its_world_and_nothing_more() {
        let wanted = ["orangery:plugin/http@0.1.0", "orangery:plugin/selection@0.1.0", "wasi:cli/environment@0.2.9"];
        assert!(interface(&wanted, &[]).refused_imports(PROVIDER).is_empty());
        let refused = interface(&["wasi:sockets/tcp@0.2.6", "wasi:http/outgoing-handler@0.2.6", "a:b/c"], &[]);
        let said = refused.refused_imports(PROVIDER);
        assert!(said[0].starts_with("wants wasi:sockets/tcp@0.2.6, which no provider is given"), "{said:?}");
        assert!(said[1].contains("orangery:plugin/http is the only way to the network"), "{said:?}");
        assert_eq!(said[2], "wants a:b/c, which no provider is given");
    }

    #[test]
    fn a_renderer_gets_no_network() {
        let wanted = ["orangery:plugin/log@0.1.0", "orangery:plugin/http@0.1.0", "orangery:plugin/selection@0.1.0"];
        let said = interface(&wanted, &[]).refused_imports(RENDERER);
        assert_eq!(
            said,
            [
                "wants orangery:plugin/http@0.1.0, which no renderer is given: a renderer has no network",
                "wants orangery:plugin/selection@0.1.0, which no renderer is given",
            ]
        );
    }

    #[test]
    fn another_version_is_refused_by_name() {
        let said = interface(&["orangery:plugin/http@0.10.0", "wasi:io/streams@0.3.0"], &[]).refused_imports(PROVIDER);
        assert_eq!(said[0], "wants orangery:plugin/http@0.10.0, but this host speaks orangery:plugin 0.1");
        assert_eq!(said[1], "wants wasi:io/streams@0.3.0; this host has WASI 0.2");
    }
}
