//! The path of the file of an object. Names come from templates, so every part is checked.

use orangery_core::ObjectKey;
use std::fmt;

/// Longest file name that all usual file systems take.
const LONGEST: usize = 255;

/// `<namespace or _cluster>/<Kind>[.<group>]/<name>.yaml`; each part is a valid file name without separators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ObjectPath {
    pub(super) namespace: String,
    pub(super) kind: String,
    pub(super) file: String,
}

/// The object has no place in a directory.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unplaceable {
    /// A part is missing.
    #[error("its {0} is empty")]
    Empty(&'static str),
    /// A part holds more than letters, digits, `-`, `.`, `_` and `:`, or begins with a dot.
    #[error("its {0} {1:?} is not made of letters, digits, '-', '.', '_' and ':' only, or begins with a dot")]
    Hostile(&'static str, String),
    /// A part is too long for a file name.
    #[error("its {0} is longer than a file name may be ({1} of {LONGEST} bytes)")]
    Long(&'static str, usize),
}

impl ObjectPath {
    pub(super) fn of(key: &ObjectKey) -> Result<Self, Unplaceable> {
        let namespace = if key.namespace.is_empty() { "_cluster" } else { key.namespace.as_str() };
        let kind = if key.group.is_empty() { key.kind.clone() } else { format!("{}.{}", key.kind, key.group) };
        harmless("kind", &key.kind)?;
        harmless("name", &key.name)?;
        let file = format!("{}.yaml", key.name);
        for (what, part) in [("namespace", namespace), ("API group", kind.as_str()), ("name", file.as_str())] {
            harmless(what, part)?;
        }
        if key.namespace.starts_with('_') {
            return Err(Unplaceable::Hostile("namespace", key.namespace.clone()));
        }
        Ok(Self { namespace: namespace.to_owned(), kind, file })
    }

    /// The directory of the file.
    pub(super) fn folder(&self) -> String {
        format!("{}/{}", self.namespace, self.kind)
    }

    /// The path on a file system that does not tell cases apart.
    pub(super) fn folded(&self) -> String {
        self.to_string().to_lowercase()
    }
}

impl fmt::Display for ObjectPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.namespace, self.kind, self.file)
    }
}

fn harmless(what: &'static str, part: &str) -> Result<(), Unplaceable> {
    if part.is_empty() {
        return Err(Unplaceable::Empty(what));
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | ':');
    if part.starts_with('.') || !part.chars().all(plain) {
        return Err(Unplaceable::Hostile(what, part.chars().take(80).collect()));
    }
    if part.len() > LONGEST {
        return Err(Unplaceable::Long(what, part.len()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(namespace: &str, kind: &str, name: &str) -> ObjectKey {
        ObjectKey {
            group: String::new(),
            kind: kind.to_owned(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        }
    }

    #[test]
    fn a_path_says_namespace_kind_group_and_name() {
        assert_eq!(ObjectPath::of(&key("apps", "ConfigMap", "a")).unwrap().to_string(), "apps/ConfigMap/a.yaml");
        let deployment = ObjectKey { group: "apps".to_owned(), ..key("x", "Deployment", "a") };
        assert_eq!(ObjectPath::of(&deployment).unwrap().to_string(), "x/Deployment.apps/a.yaml");
        assert_eq!(ObjectPath::of(&key("", "Namespace", "a")).unwrap().to_string(), "_cluster/Namespace/a.yaml");
    }

    #[test]
    fn hostile_names_have_no_place() {
        for name in ["", "..", "../x", "/etc/passwd", "a/b", "a\0b", ".hidden", "a\\b", "\u{202e}x", "a b"] {
            assert!(ObjectPath::of(&key("apps", "ConfigMap", name)).is_err(), "{name:?}");
            assert!(
                ObjectPath::of(&key("apps", name, "a")).is_err()
                    && (name.is_empty() || ObjectPath::of(&key(name, "ConfigMap", "a")).is_err()),
                "{name:?}"
            );
        }
        assert!(ObjectPath::of(&key("_cluster", "ConfigMap", "a")).is_err());
        assert_eq!(ObjectPath::of(&key("a", "ConfigMap", &"x".repeat(251))), Err(Unplaceable::Long("name", 256)));
        assert!(ObjectPath::of(&key("a", "ConfigMap", &"x".repeat(250))).is_ok());
    }

    proptest! {
        #[test]
        fn whatever_has_a_place_has_three_plain_parts(namespace in ".{0,12}", kind in ".{0,12}", name in ".{0,12}") {
            if let Ok(path) = ObjectPath::of(&key(&namespace, &kind, &name)) {
                let text = path.to_string();
                prop_assert_eq!(text.split('/').count(), 3);
                prop_assert!(text.split('/').all(|part| !part.is_empty() && !part.starts_with('.')));
            }
        }

        #[test]
        fn different_objects_have_different_places(a in "[a-z.-]{1,6}", b in "[a-z.-]{1,6}", c in "[a-z.-]{1,6}", d in "[a-z.-]{1,6}") {
            let (left, right) = (key(&a, "K", &b), key(&c, "K", &d));
            if let (Ok(first), Ok(second)) = (ObjectPath::of(&left), ObjectPath::of(&right)) {
                prop_assert_eq!(first == second, left == right);
            }
        }
    }
}
