//! What the metadata of a live object tells: whose it is, and whether somebody else has changed what we applied.
//!
//! # Guarantees
//! Two sightings of the same UID with the same [`Seen::applied`] hold the same values in the fields that we applied: the API server
//! takes a field out of our entry in `managedFields` as soon as somebody else gives it another value, and a new apply of ours that
//! changes anything has another time.

use crate::kubernetes::object::ownership::owner_of;
use crate::kubernetes::object::takeover;
use orangery_core::{NamespacedName, Object, digest, keys};
use serde_json::Value;

/// The metadata of a live object, as far as it matters here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) uid: String,
    /// The value of `metadata.resourceVersion`.
    pub(crate) version: String,
    /// The set that the owner labels name.
    pub(crate) owner: Option<NamespacedName>,
    /// Digest of the UID and of our entry in `managedFields`; `None` if there is no such entry.
    pub(crate) applied: Option<u64>,
    /// It is being deleted.
    pub(crate) terminating: bool,
    /// It says `prune: disabled`.
    pub(crate) prune_disabled: bool,
    /// It says `reconcile: disabled`.
    pub(crate) frozen: bool,
    /// It holds fields, labels or annotations of a tool that objects are taken over from.
    pub(crate) foreign: bool,
}

impl Seen {
    /// What is seen of `live`, which needs its metadata only; `None` without a UID.
    pub(crate) fn of(live: &Object, overrides: &[String]) -> Option<Self> {
        let uid = live.uid()?.to_owned();
        let metadata = live.0.get("metadata")?;
        Some(Self {
            version: metadata.get("resourceVersion").and_then(Value::as_str).unwrap_or_default().to_owned(),
            owner: owner_of(live),
            applied: applied(&uid, metadata),
            terminating: metadata.get("deletionTimestamp").is_some_and(|since| !since.is_null()),
            prune_disabled: live.has_disabled(keys::PRUNE),
            frozen: live.is_frozen(),
            foreign: takeover::clean(live, &Object::default(), overrides).is_some(),
            uid,
        })
    }

    /// Whether what we applied is still there as it was at the other sighting. What happens to a frozen object is nothing to us.
    pub(crate) fn holds_what(&self, left: &Self) -> bool {
        let same_fields = self.applied.is_some() && self.applied == left.applied;
        let same = self.foreign == left.foreign && (self.version == left.version || same_fields);
        self.uid == left.uid && !self.terminating && self.frozen == left.frozen && (self.frozen || same)
    }

    /// Whether the object has changed since it had this resource version.
    pub(crate) fn is_later_than(&self, version: &str) -> bool {
        match number(&self.version).zip(number(version)) {
            Some((own, version)) => own > version,
            None => self.version != version,
        }
    }

    /// Whether this is an older state of the object. Resource versions of one kind grow with time; two that cannot be compared are
    /// neither.
    pub(crate) fn is_older_than(&self, other: &Self) -> bool {
        self.uid == other.uid
            && number(&self.version).zip(number(&other.version)).is_some_and(|(own, other)| own < other)
    }
}

/// A resource version as a number, which it is wherever etcd is behind the API server.
pub(crate) fn number(version: &str) -> Option<u64> {
    version.parse().ok()
}

fn applied(uid: &str, metadata: &Value) -> Option<u64> {
    let entries = metadata.get("managedFields")?.as_array()?;
    let text = |entry: &Value, field: &str| entry.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let ours = entries.iter().find(|entry| {
        text(entry, "manager") == keys::FIELD_MANAGER
            && text(entry, "operation") == "Apply"
            && text(entry, "subresource").is_empty()
    })?;
    let fields = ours.get("fieldsV1").map(ToString::to_string).unwrap_or_default();
    Some(short_digest(&format!("{uid}\n{}\n{fields}", text(ours, "time"))))
}

/// The first eight bytes of a SHA-256.
pub(crate) fn short_digest(text: &str) -> u64 {
    let hex = digest::sha256_hex(text.as_bytes());
    hex.get(..16).and_then(|head| u64::from_str_radix(head, 16).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn seen(version: &str, managers: Value) -> Seen {
        let live = json!({"metadata": {"uid": "u", "resourceVersion": version, "managedFields": managers}});
        Seen::of(&serde_json::from_value(live).unwrap(), &[]).unwrap()
    }

    fn ours(time: &str, fields: Value) -> Value {
        json!({"manager": keys::FIELD_MANAGER, "operation": "Apply", "time": time, "fieldsV1": fields})
    }

    #[test]
    fn a_new_status_changes_nothing_of_what_we_applied_and_a_field_that_is_taken_does() {
        let fields = json!({"f:spec": {"f:a": {}, "f:b": {}}});
        let left = seen("10", json!([ours("t", fields.clone())]));
        let status = json!({"manager": "x", "operation": "Update", "subresource": "status", "fieldsV1": {}});
        let other = json!({"manager": "x", "operation": "Update", "fieldsV1": {"f:spec": {"f:c": {}}}});
        assert!(seen("11", json!([ours("t", fields.clone()), status, other])).holds_what(&left));
        assert!(!seen("11", json!([ours("t", json!({"f:spec": {"f:a": {}}}))])).holds_what(&left), "a field was taken");
        assert!(
            !seen("11", json!([ours("later", fields.clone())])).holds_what(&left),
            "applied by somebody in our name"
        );
        let edited = json!({"manager": "kubectl-edit", "operation": "Update", "fieldsV1": {"f:spec": {"f:c": {}}}});
        assert!(!seen("11", json!([ours("t", fields), edited])).holds_what(&left), "there is something to take over");
    }

    #[test]
    fn freezing_and_thawing_are_changes_and_nothing_in_between_is() {
        let marked = |version: &str, word: &str| {
            let live = json!({"metadata": {"uid": "u", "resourceVersion": version, "annotations": {keys::RECONCILE: word},
                "managedFields": [ours(version, json!({"f:data": {}}))]}});
            Seen::of(&serde_json::from_value(live).unwrap(), &[]).unwrap()
        };
        let (free, frozen) = (marked("10", "enabled"), marked("11", "Disabled"));
        assert!(!frozen.holds_what(&free) && !free.holds_what(&frozen));
        assert!(marked("12", "disabled").holds_what(&frozen), "an edit of a frozen object is nothing to us");
        assert!(!marked("12", "enabled").holds_what(&free));
    }

    #[test]
    fn without_managed_fields_only_the_same_version_is_the_same() {
        let left = seen("10", json!([]));
        assert!(seen("10", json!([])).holds_what(&left) && !seen("11", json!([])).holds_what(&left));
        assert!(seen("9", json!([])).is_older_than(&left) && !seen("x", json!([])).is_older_than(&left));
        assert!(
            !seen("10", json!([])).is_older_than(&left) && seen("9", json!([])).is_older_than(&seen("10", json!([])))
        );
    }
}
