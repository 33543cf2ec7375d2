//! In which order kinds are applied and deleted; the same order as Flux Operator's.

use super::{Planned, Stage, StageGate, sources};
use crate::ledger::LedgerEntry;
use crate::object::ObjectKey;

/// Kinds that others need, in the order of need.
const BEFORE: [&str; 23] = [
    "CustomResourceDefinition",
    "Namespace",
    "ClusterRole",
    "ClusterClass",
    "RuntimeClass",
    "PriorityClass",
    "StorageClass",
    "VolumeSnapshotClass",
    "IngressClass",
    "GatewayClass",
    "ClusterRoleBinding",
    "ResourceQuota",
    "ServiceAccount",
    "Role",
    "RoleBinding",
    "ConfigMap",
    "Secret",
    "Service",
    "LimitRange",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
];

/// Kinds that could stop others from being created, so they come last.
const AFTER: [&str; 2] = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

const RBAC: &str = "rbac.authorization.k8s.io";

fn rank(kind: &str) -> usize {
    let others = BEFORE.len();
    BEFORE
        .iter()
        .position(|before| *before == kind)
        .or_else(|| AFTER.iter().position(|after| *after == kind).map(|index| others + 1 + index))
        .unwrap_or(others)
}

fn sort_key(key: &ObjectKey) -> (usize, &str, &str, &str, &str) {
    (rank(&key.kind), &key.group, &key.kind, &key.namespace, &key.name)
}

/// Whether an object may give rights to the account that applies it: what comes after it is looked at anew.
#[must_use]
pub fn may_grant_rights(key: &ObjectKey) -> bool {
    matches!(
        (key.kind.as_str(), key.group.as_str()),
        ("Namespace" | "ServiceAccount", "") | ("Role" | "RoleBinding" | "ClusterRole" | "ClusterRoleBinding", RBAC)
    )
}

/// Splits the objects of a step into stages, each sorted. What names a source of the step is in a later stage than that source.
pub(super) fn stages(objects: Vec<Planned>) -> Vec<Stage> {
    let mut stages = [
        Stage { objects: Vec::new(), gate: StageGate::UntilReady },
        Stage { objects: Vec::new(), gate: StageGate::UntilReady },
        Stage { objects: Vec::new(), gate: StageGate::None },
        Stage { objects: Vec::new(), gate: StageGate::None },
        Stage { objects: Vec::new(), gate: StageGate::None },
    ];
    let [definitions, classes, roles, bindings, rest] = &mut stages;
    for planned in objects {
        let key = planned.object.key();
        let stage = match (key.kind.as_str(), key.group.as_str()) {
            ("CustomResourceDefinition", "apiextensions.k8s.io") | ("Namespace", "") | ("ClusterRole", RBAC) => {
                &mut *definitions
            }
            (kind, _) if kind.ends_with("Class") => &mut *classes,
            ("Role", RBAC) => &mut *roles,
            // A binding needs its role, and the rest may need the rights that it gives.
            ("ServiceAccount", "") | ("RoleBinding" | "ClusterRoleBinding", RBAC) => &mut *bindings,
            _ => &mut *rest,
        };
        stage.objects.push(planned);
    }
    for stage in &mut stages {
        stage.objects.sort_by(|a, b| sort_key(&a.object.key()).cmp(&sort_key(&b.object.key())));
    }
    stages.into_iter().filter(|stage| !stage.objects.is_empty()).flat_map(sources::waves).collect()
}

/// Whether an object is deleted before all others and waited for: Flux appliers clean up after themselves, and need what they
/// run with until they have.
#[must_use]
pub fn is_deleted_first(key: &ObjectKey) -> bool {
    key.group.starts_with("kustomize.toolkit.fluxcd.io") || key.group.starts_with("helm.toolkit.fluxcd.io")
}

/// Sorts entries in the order of deletion: Flux appliers first, then everything against the order of application.
#[must_use]
pub fn deletion_order(mut entries: Vec<LedgerEntry>) -> Vec<LedgerEntry> {
    entries.sort_by(|a, b| {
        is_deleted_first(&b.key).cmp(&is_deleted_first(&a.key)).then_with(|| sort_key(&b.key).cmp(&sort_key(&a.key)))
    });
    entries
}
