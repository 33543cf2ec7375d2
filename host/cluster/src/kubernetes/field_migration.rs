//! Takes the fields of Flux's kustomize-controller and helm-controller away from objects that a set has taken over.
//!
//! # Guarantees
//! Only objects that carry the labels of the set are written to, and only their field ownership changes: no value does. Statuses keep
//! their managers. The patch is bound to the resource version that was read.

use crate::kubernetes::client::bounded::bounded;
use crate::kubernetes::client::connection::Session;
use crate::kubernetes::client::refusal::Refusal;
use crate::kubernetes::object::ownership::is_owned_by;
use crate::kubernetes::target::KubernetesTarget;
use futures::FutureExt;
use orangery_core::{FailedObject, GroupVersionKind, LedgerEntry, Object, ObjectKey, Owner};
use serde_json::{Value, json};

/// The field managers of controllers that applied an object before a set did.
const MANAGERS: [&str; 2] = ["kustomize-controller", "helm-controller"];

/// Whether fields are really taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldMigration {
    /// The fields are only reported.
    DryRun,
    /// The fields are removed in the cluster.
    Real,
}

/// An object, and the managers whose fields were taken away from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigratedFields {
    /// The object whose fields moved.
    pub key: ObjectKey,
    /// Names of the managers; empty if there was nothing to take away.
    pub managers: Vec<String>,
}

/// What a migration did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FieldMigrationReport {
    /// Every object that is the set's.
    pub migrated: Vec<MigratedFields>,
    /// Objects that could not be read or written.
    pub failed: Vec<FailedObject>,
}

impl KubernetesTarget {
    /// Takes the fields of former controllers away from the objects of a set.
    pub async fn migrate_fields(
        &self,
        owner: &Owner,
        objects: &[LedgerEntry],
        mode: FieldMigration,
    ) -> FieldMigrationReport {
        let mut report = FieldMigrationReport::default();
        let failed = |entry: &LedgerEntry, refusal: &Refusal| {
            FailedObject::new(entry.key.clone(), format!("{} cannot be migrated: {refusal}", entry.key))
        };
        let session = match self.session(owner) {
            Ok(session) => session,
            Err(refusal) => {
                report.failed = objects.iter().map(|entry| failed(entry, &refusal)).collect();
                return report;
            }
        };
        let migrated = objects.iter().map(|entry| {
            let one = migrate(&session, owner, entry, mode);
            async move { (entry, one.await) }.boxed()
        });
        for (entry, one) in bounded(migrated.collect()).await {
            match one {
                Ok(one) => report.migrated.extend(one),
                Err(refusal) => report.failed.push(failed(entry, &refusal)),
            }
        }
        report
    }
}

/// One object; `None` if it is gone or not the set's.
async fn migrate(
    session: &Session,
    owner: &Owner,
    entry: &LedgerEntry,
    mode: FieldMigration,
) -> Result<Option<MigratedFields>, Refusal> {
    let key = &entry.key;
    let gvk = GroupVersionKind { group: key.group.clone(), version: entry.version.clone(), kind: key.kind.clone() };
    let Some(kind) = session.kind_in_any_version(&gvk).await? else { return Ok(None) };
    let path = kind.path(&key.namespace, &key.name);
    let Some(live) = session.metadata(&path).await?.filter(|live| is_owned_by(live, owner)) else { return Ok(None) };
    let (managers, patch) = without_former(&live);
    if let Some(patch) = patch.filter(|_| mode == FieldMigration::Real) {
        session.patch(&path, &patch).await?;
    }
    Ok(Some(MigratedFields { key: key.clone(), managers }))
}

/// The former managers of an object, and the JSON patch that takes their fields away, if there are any.
fn without_former(live: &Object) -> (Vec<String>, Option<Value>) {
    let metadata = live.0.get("metadata");
    let fields = metadata.and_then(|metadata| metadata.get("managedFields")).and_then(Value::as_array);
    let text = |entry: &'_ Value, field: &str| entry.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let former =
        |entry: &Value| MANAGERS.contains(&text(entry, "manager").as_str()) && text(entry, "subresource").is_empty();
    let (theirs, mut rest): (Vec<Value>, Vec<Value>) = fields.into_iter().flatten().cloned().partition(former);
    if theirs.is_empty() {
        return (Vec::new(), None);
    }
    let mut managers: Vec<String> = theirs.iter().map(|entry| text(entry, "manager")).collect();
    managers.dedup();
    if rest.is_empty() {
        // The API server ignores an empty list; a list of one empty entry clears the fields.
        rest.push(json!({}));
    }
    let version = metadata.and_then(|metadata| metadata.get("resourceVersion")).cloned().unwrap_or_default();
    let patch = json!([
        {"op": "replace", "path": "/metadata/managedFields", "value": rest},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": version},
    ]);
    (managers, Some(patch))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live(managers: Value) -> Object {
        serde_json::from_value(json!({"metadata": {"resourceVersion": "7", "managedFields": managers}})).unwrap()
    }

    #[test]
    fn only_former_controllers_lose_their_fields_and_statuses_keep_theirs() {
        let ours = json!({"manager": "flux-operator", "operation": "Apply"});
        let status = json!({"manager": "helm-controller", "operation": "Update", "subresource": "status"});
        let theirs = json!({"manager": "kustomize-controller", "operation": "Apply"});
        let (managers, patch) = without_former(&live(json!([ours, theirs, status])));
        assert_eq!(managers, ["kustomize-controller"]);
        assert_eq!(patch.unwrap().pointer("/0/value"), Some(&json!([ours, status])));
        assert_eq!(without_former(&live(json!([ours, status]))), (Vec::new(), None));
        let (_, patch) = without_former(&live(json!([theirs])));
        assert_eq!(patch.unwrap().pointer("/0/value"), Some(&json!([{}])));
    }
}
