//! Files that existed before: who owns them, and how they are released again.

use super::file::{self, Held, Written};
use super::path::ObjectPath;
use super::{DirectoryTarget, RemoveError};
use orangery_core::{FailedObject, LedgerEntry, NamespacedName, Object, Plan, Planned, keys};
use serde_json::{Map, Value};

/// A file is ours to overwrite if its labels say so, if we wrote it, or if the ledger says that this very text is adopted. One
/// that nobody owns is reported, so that it is decided whether it may be adopted. One that holds something else is not ours.
pub(super) fn may_overwrite(
    plan: &Plan,
    planned: &Planned,
    held: &Held,
    path: &ObjectPath,
) -> Result<(), Box<FailedObject>> {
    let key = planned.object.key();
    let another = |message: String| {
        Box::new(FailedObject { owned_by_another: true, ..FailedObject::new(key.clone(), format!("{key} {message}")) })
    };
    match held.owner() {
        Some(other) if other != plan.owner.name => {
            if planned.object.annotation(keys::TAKE_OWNERSHIP) == Some("true") {
                return Ok(());
            }
            return Err(another(format!(
                "belongs to ResourceSet/{other}: remove it there, or set the annotation {}: \"true\" on it in {}",
                keys::TAKE_OWNERSHIP,
                planned.origin
            )));
        }
        Some(_) => return Ok(()),
        None => {}
    }
    let serial = held.serial();
    let known = plan.ledger.get(&key).is_some_and(|entry| entry.uid.as_deref() == Some(serial.as_str()));
    if known || asks_to_be_taken(held) {
        return Ok(());
    }
    if !held.object.as_ref().is_ok_and(|object| object.key() == key) {
        return Err(another(format!(
            "would overwrite {path}, which was not written by this tool and does not hold this object: remove that file"
        )));
    }
    let message = format!("{key} exists in {path}, which was not written by this tool ({})", planned.origin);
    Err(Box::new(FailedObject { unowned: Some(serial), ..FailedObject::new(key.clone(), message) }))
}

/// Whether the file itself lets a set take it over.
fn asks_to_be_taken(held: &Held) -> bool {
    held.object.as_ref().is_ok_and(|object| object.annotation(keys::TAKE_OWNERSHIP) == Some("true"))
}

impl DirectoryTarget {
    /// Writes an adopted file without our first lines and labels.
    pub(super) fn release(&self, owner: &NamespacedName, entry: &LedgerEntry) -> Result<(), RemoveError> {
        let path = ObjectPath::of(&entry.key)?;
        let Some(held) = file::read(&self.root, &path)? else { return Ok(()) };
        if !entry.is_about(held.uid.as_deref()) || held.owner().as_ref() != Some(owner) {
            return Ok(());
        }
        let Ok(object) = held.object else { return Ok(()) };
        file::write(&self.root, &path, &Written::unowned(&without_labels(object))?)?;
        Ok(())
    }
}

fn without_labels(mut object: Object) -> Object {
    if let Some(Value::Object(metadata)) = object.0.get_mut("metadata") {
        if let Some(Value::Object(labels)) = metadata.get_mut("labels") {
            labels.remove(keys::OWNER_NAME);
            labels.remove(keys::OWNER_NAMESPACE);
        }
        if metadata.get("labels").and_then(Value::as_object).is_some_and(Map::is_empty) {
            metadata.remove("labels");
        }
    }
    object
}

#[cfg(test)]
mod tests;
