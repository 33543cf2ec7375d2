//! The scopes of kinds, and keys without a namespace for cluster-scoped kinds.
//!
//! A cluster-scoped object may be written with a namespace, which the API server ignores. If keys kept it, one live
//! object would have several keys, and would be deleted when one of them is no longer rendered.
//!
//! # Guarantees
//! After normalisation a cluster-scoped object has one key, in the desired set and in the ledger alike, as far as the scope of
//! its kind is known. Where it is not known the key stays as it is, and [`crate::plan::wanted_uids`] keeps the object from
//! being deleted.

use crate::desired::DesiredSet;
use crate::ledger::{Ledger, LedgerEntry, Mark};
use crate::object::{GroupVersionKind, Object, ObjectKey};
use std::collections::{BTreeMap, BTreeSet};

/// Whether the objects of a kind live in namespaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Its objects have a namespace.
    Namespaced,
    /// Its objects have no namespace.
    Cluster,
}

/// The scopes of kinds, by group and kind: it is the same in every version.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scopes {
    known: BTreeMap<(String, String), Scope>,
}

/// The cluster-scoped kinds of Kubernetes itself, for targets that have no discovery, and for a server that does not
/// answer.
const CLUSTER: [(&str, &str); 27] = [
    ("", "Namespace"),
    ("", "Node"),
    ("", "PersistentVolume"),
    ("admissionregistration.k8s.io", "MutatingAdmissionPolicy"),
    ("admissionregistration.k8s.io", "MutatingAdmissionPolicyBinding"),
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"),
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"),
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
    ("apiextensions.k8s.io", "CustomResourceDefinition"),
    ("apiregistration.k8s.io", "APIService"),
    ("certificates.k8s.io", "CertificateSigningRequest"),
    ("flowcontrol.apiserver.k8s.io", "FlowSchema"),
    ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration"),
    ("networking.k8s.io", "IPAddress"),
    ("networking.k8s.io", "IngressClass"),
    ("networking.k8s.io", "ServiceCIDR"),
    ("node.k8s.io", "RuntimeClass"),
    ("rbac.authorization.k8s.io", "ClusterRole"),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
    ("resource.k8s.io", "DeviceClass"),
    ("resource.k8s.io", "ResourceSlice"),
    ("scheduling.k8s.io", "PriorityClass"),
    ("storage.k8s.io", "CSIDriver"),
    ("storage.k8s.io", "CSINode"),
    ("storage.k8s.io", "StorageClass"),
    ("storage.k8s.io", "VolumeAttachment"),
];

impl Scopes {
    /// Records the scope of a kind.
    pub fn learn(&mut self, kind: &GroupVersionKind, scope: Scope) {
        self.known.insert((kind.group.clone(), kind.kind.clone()), scope);
    }

    /// Records the scopes from the custom resource definitions among the objects, because their kinds are not served yet
    /// when the objects of the same set are planned.
    pub fn learn_definitions(&mut self, desired: &DesiredSet) {
        let is_definition = |key: &ObjectKey| {
            (key.group.as_str(), key.kind.as_str()) == ("apiextensions.k8s.io", "CustomResourceDefinition")
        };
        for wanted in desired.objects().filter(|wanted| is_definition(wanted.object.key())) {
            if let Some((kind, scope)) = defined(&wanted.object.unpack()) {
                self.known.entry(kind).or_insert(scope);
            }
        }
    }

    /// The scope of a kind; `None` if it is not known.
    #[must_use]
    pub fn of(&self, group: &str, kind: &str) -> Option<Scope> {
        let known = self.known.get(&(group.to_owned(), kind.to_owned())).copied();
        known.or_else(|| CLUSTER.contains(&(group, kind)).then_some(Scope::Cluster))
    }

    /// Whether a key has a namespace although its kind is cluster-scoped.
    #[must_use]
    pub fn is_misplaced(&self, key: &ObjectKey) -> bool {
        !key.namespace.is_empty() && self.of(&key.group, &key.kind) == Some(Scope::Cluster)
    }

    /// The key, without its namespace if the kind is cluster-scoped.
    #[must_use]
    pub fn key(&self, key: &ObjectKey) -> ObjectKey {
        let namespace = if self.is_misplaced(key) { String::new() } else { key.namespace.clone() };
        ObjectKey { namespace, ..key.clone() }
    }

    /// The ledger with such keys, for ledgers that were written before scopes were known. Entries about the same object
    /// are merged, and the merged entry has the safer mark.
    #[must_use]
    pub fn ledger(&self, ledger: &Ledger) -> Ledger {
        let mut normal = ledger.clone();
        for entry in ledger.iter().filter(|entry| self.is_misplaced(&entry.key)) {
            normal.remove(&entry.key);
            let entry = LedgerEntry { key: self.key(&entry.key), ..entry.clone() };
            let merged = match normal.remove(&entry.key) {
                Some(first) => merge(first, entry),
                None => entry,
            };
            normal.insert(merged);
        }
        normal
    }
}

/// Merges two entries about one object.
fn merge(first: LedgerEntry, second: LedgerEntry) -> LedgerEntry {
    let mark = if [first.mark, second.mark].contains(&Mark::Adopted) { Mark::Adopted } else { first.mark };
    let (main, other) = if first.uid.is_some() { (first, second) } else { (second, first) };
    LedgerEntry { uid: main.uid.or(other.uid), mark, input: main.input.or(other.input), ..other }
}

/// The group, kind and scope of a custom resource definition.
fn defined(definition: &Object) -> Option<((String, String), Scope)> {
    let spec = definition.0.get("spec")?;
    let kind = spec.get("names")?.get("kind")?.as_str()?;
    let scope = match spec.get("scope")?.as_str()? {
        "Cluster" => Scope::Cluster,
        "Namespaced" => Scope::Namespaced,
        _ => return None,
    };
    Some(((spec.get("group")?.as_str()?.to_owned(), kind.to_owned()), scope))
}

/// The kinds whose scope matters: those of objects and entries with a namespace.
#[must_use]
pub fn kinds_with_namespace(desired: &DesiredSet, ledger: &Ledger) -> BTreeSet<GroupVersionKind> {
    let kind = |key: &ObjectKey, version: &str| GroupVersionKind {
        group: key.group.clone(),
        version: version.to_owned(),
        kind: key.kind.clone(),
    };
    let mut kinds = BTreeSet::new();
    // A set has many objects of few kinds, and an object must be unpacked to read its version.
    let mut seen = BTreeSet::new();
    for wanted in desired.objects() {
        let key = wanted.object.key();
        if !key.namespace.is_empty() && seen.insert((&key.group, &key.kind)) {
            kinds.insert(wanted.object.unpack().gvk());
        }
    }
    for entry in ledger.iter().filter(|entry| !entry.key.namespace.is_empty()) {
        if !seen.contains(&(&entry.key.group, &entry.key.kind)) {
            kinds.insert(kind(&entry.key, &entry.version));
        }
    }
    kinds
}

#[cfg(test)]
mod tests;
