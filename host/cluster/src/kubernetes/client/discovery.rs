//! Kinds, the paths of their objects, and which of them an identity has found to be served.

use orangery_core::GroupVersionKind;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// A kind and the paths of its objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kind {
    pub(crate) gvk: GroupVersionKind,
    pub(crate) plural: String,
    pub(crate) namespaced: bool,
}

impl Kind {
    /// Path of all objects in a namespace; of all objects if `namespace` is empty or means nothing to this kind.
    pub(crate) fn collection(&self, namespace: &str) -> String {
        let base = base(&self.gvk.group, &self.gvk.version);
        if self.namespaced && !namespace.is_empty() {
            format!("{base}/namespaces/{}/{}", segment(namespace), self.plural)
        } else {
            format!("{base}/{}", self.plural)
        }
    }

    /// Path of one object.
    pub(crate) fn path(&self, namespace: &str, name: &str) -> String {
        format!("{}/{}", self.collection(namespace), segment(name))
    }
}

pub(super) fn base(group: &str, version: &str) -> String {
    if group.is_empty() {
        format!("/api/{}", segment(version))
    } else {
        format!("/apis/{}/{}", segment(group), segment(version))
    }
}

/// A name as one segment of a path, whatever it holds: a hostile name reaches no other path.
pub(super) fn segment(name: &str) -> String {
    use std::fmt::Write;
    if name == "." || name == ".." {
        return name.replace('.', "%2E");
    }
    name.bytes().fold(String::with_capacity(name.len()), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b':' | b'~') {
            text.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
        text
    })
}

/// Group and version to the kinds in it.
type Versions = HashMap<(String, String), Arc<Vec<Kind>>>;

/// What one identity has been told.
#[derive(Default)]
pub(crate) struct Discovered {
    versions: Mutex<Versions>,
}

impl Discovered {
    pub(super) fn known(&self, gvk: &GroupVersionKind) -> Option<Kind> {
        let versions = self.versions.lock().unwrap_or_else(PoisonError::into_inner);
        let kinds = versions.get(&(gvk.group.clone(), gvk.version.clone()))?;
        kinds.iter().find(|kind| kind.gvk.kind == gvk.kind).cloned()
    }

    /// Keeps what a group and version serves.
    pub(super) fn keep(&self, gvk: &GroupVersionKind, kinds: Arc<Vec<Kind>>) {
        let mut versions = self.versions.lock().unwrap_or_else(PoisonError::into_inner);
        versions.insert((gvk.group.clone(), gvk.version.clone()), kinds);
    }

    /// Forgets a group and version, because its paths have turned out to be wrong.
    pub(crate) fn forget(&self, gvk: &GroupVersionKind) {
        let mut versions = self.versions.lock().unwrap_or_else(PoisonError::into_inner);
        versions.remove(&(gvk.group.clone(), gvk.version.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config_map() -> Kind {
        Kind { gvk: GroupVersionKind::new("v1", "ConfigMap"), plural: "configmaps".to_owned(), namespaced: true }
    }

    #[test]
    fn paths_are_those_of_the_api() {
        assert_eq!(config_map().path("apps", "a"), "/api/v1/namespaces/apps/configmaps/a");
        assert_eq!(config_map().collection(""), "/api/v1/configmaps");
        let role = Kind {
            gvk: GroupVersionKind::new("rbac.authorization.k8s.io/v1", "ClusterRole"),
            plural: "clusterroles".to_owned(),
            namespaced: false,
        };
        assert_eq!(role.path("ignored", "system:x"), "/apis/rbac.authorization.k8s.io/v1/clusterroles/system:x");
    }

    #[test]
    fn a_hostile_name_stays_one_segment() {
        for (name, safe) in
            [("../secrets/x", "..%2Fsecrets%2Fx"), ("..", "%2E%2E"), ("a?dryRun=All", "a%3FdryRun%3DAll")]
        {
            assert_eq!(config_map().path("apps", name), format!("/api/v1/namespaces/apps/configmaps/{safe}"));
        }
    }
}
