//! The rights of the operator's service account, exactly those that the chart gives it.

/// One right: group, resource, verb, and where or for which object alone it is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Right<'a> {
    pub(super) group: &'a str,
    pub(super) resource: &'a str,
    pub(super) subresource: &'a str,
    pub(super) verb: &'a str,
    /// The namespace, if it is needed in one only.
    pub(super) namespace: Option<&'a str>,
    /// The object, if it is needed for one only.
    pub(super) name: Option<&'a str>,
}

/// A right of everything of a kind, in all namespaces.
pub(super) const fn right<'a>(group: &'a str, resource: &'a str, verb: &'a str) -> Right<'a> {
    Right { group, resource, subresource: "", verb, namespace: None, name: None }
}

const fn status<'a>(resource: &'a str) -> Right<'a> {
    Right { subresource: "status", ..right(OURS, resource, "patch") }
}

const OURS: &str = "fluxcd.controlplane.io";
const DEFINITIONS: &str = "apiextensions.k8s.io";
const SOURCES: &str = "source.toolkit.fluxcd.io";

/// What the operator cannot work without.
pub(super) const REQUIRED: [Right<'static>; 17] = [
    right(OURS, "resourcesets", "get"),
    right(OURS, "resourcesets", "list"),
    right(OURS, "resourcesets", "watch"),
    right(OURS, "resourcesets", "patch"),
    right(OURS, "resourcesetinputproviders", "get"),
    right(OURS, "resourcesetinputproviders", "list"),
    right(OURS, "resourcesetinputproviders", "watch"),
    right(OURS, "resourcesetinputproviders", "patch"),
    status("resourcesets"),
    status("resourcesetinputproviders"),
    right("", "secrets", "get"),
    right("", "namespaces", "get"),
    right("", "serviceaccounts", "get"),
    Right {
        name: Some("resourcesets.fluxcd.controlplane.io"),
        ..right(DEFINITIONS, "customresourcedefinitions", "get")
    },
    Right {
        namespace: Some("default"),
        name: Some("kubernetes"),
        ..right("discovery.k8s.io", "endpointslices", "get")
    },
    right("events.k8s.io", "events", "create"),
    right("events.k8s.io", "events", "patch"),
];

/// The lease, in the namespace of the operator.
pub(super) fn of_the_lease(namespace: &str) -> [Right<'_>; 3] {
    ["get", "create", "update"]
        .map(|verb| Right { namespace: Some(namespace), ..right("coordination.k8s.io", "leases", verb) })
}

/// A right that may be left out, and what then is different.
#[derive(Debug, Clone, Copy)]
pub(super) struct Optional {
    pub(super) rights: &'static [Right<'static>],
    /// What the operator does without them.
    pub(super) without: &'static str,
}

/// What may be left out.
pub(super) const OPTIONAL: [Optional; 4] = [
    Optional {
        rights: &[right("", "serviceaccounts", "impersonate")],
        without: "fine where config/impersonate names the accounts of all sets; else apply the role orangery-impersonate",
    },
    Optional {
        rights: &[
            right("", "configmaps", "list"),
            right("", "configmaps", "watch"),
            right("", "secrets", "list"),
            right("", "secrets", "watch"),
        ],
        without: "fine with rbac.watchConfigs=false: a changed ConfigMap or Secret then reaches what reads it at the next interval",
    },
    Optional {
        rights: &[right(OURS, "fluxinstances", "list")],
        without: "fine where --events-addr says where notification-controller is",
    },
    Optional {
        rights: &[
            right(SOURCES, "externalartifacts", "get"),
            right(SOURCES, "externalartifacts", "list"),
            right(SOURCES, "externalartifacts", "watch"),
        ],
        without: "fine without providers of type ExternalArtifact",
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest;
    use serde_json::Value;
    use std::collections::BTreeSet;
    use std::path::Path;

    fn texts<'v>(rule: &'v Value, field: &str) -> Vec<&'v str> {
        rule[field].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// `group/resource/verb`, with namespace and name where they are given.
    fn written(right: &Right<'_>) -> String {
        let Right { group, resource, subresource, verb, namespace, name } = right;
        let sub = if subresource.is_empty() { String::new() } else { format!("/{subresource}") };
        format!("{verb} {group}/{resource}{sub} {} {}", namespace.unwrap_or("*"), name.unwrap_or("*"))
    }

    /// The rights that the roles of the chart give to the operator.
    fn of_the_chart() -> BTreeSet<String> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/deploy/rbac.yaml");
        let documents = manifest::read_all(&[path]).unwrap();
        let mut rights = BTreeSet::new();
        for role in documents.iter().map(|document| &document.value) {
            let is_role = ["Role", "ClusterRole"].contains(&role["kind"].as_str().unwrap());
            // Those that are added to the roles of people are not the operator's.
            if !is_role || role["metadata"]["labels"].to_string().contains("aggregate-to-") {
                continue;
            }
            let namespace = role["metadata"]["namespace"].as_str();
            for rule in role["rules"].as_array().unwrap() {
                let names = texts(rule, "resourceNames");
                let names: Vec<Option<&str>> =
                    if names.is_empty() { vec![None] } else { names.into_iter().map(Some).collect() };
                for group in texts(rule, "apiGroups") {
                    for resource in texts(rule, "resources") {
                        let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
                        for verb in texts(rule, "verbs") {
                            rights.extend(names.iter().map(|name| {
                                written(&Right { group, resource, subresource, verb, namespace, name: *name })
                            }));
                        }
                    }
                }
            }
        }
        rights
    }

    #[test]
    fn what_is_checked_is_what_the_chart_gives_and_nothing_else() {
        let lease = of_the_lease("orangery-system");
        let optional = OPTIONAL.iter().flat_map(|optional| optional.rights);
        let checked: BTreeSet<String> = REQUIRED.iter().chain(&lease).chain(optional).map(written).collect();
        let chart = of_the_chart();
        assert!(chart.len() > 20, "{chart:?}");
        let (unchecked, missing): (Vec<_>, Vec<_>) =
            (chart.difference(&checked).collect(), checked.difference(&chart).collect());
        assert!(
            unchecked.is_empty() && missing.is_empty(),
            "not checked: {unchecked:?}; not in the chart: {missing:?}"
        );
    }
}
