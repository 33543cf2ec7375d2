//! The end of a run, in a form that two runs can be compared by: everything but times, versions and UIDs.

use anyhow::Result;
use kube::api::ListParams;
use orangery_test_flow::{SET, World};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Kinds of the objects that the stories own.
pub(super) const KINDS: [&str; 2] = ["ConfigMap", "Job"];

/// Which objects there are, with their UIDs.
pub(super) type Uids = BTreeMap<String, String>;

/// What is left when everything is at rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndState {
    /// Objects, ledger, conditions.
    found: Value,
    /// Objects that were there before and are another now.
    made_anew: Vec<String>,
    /// Objects that were really deleted, as often as that happened.
    deleted: Vec<String>,
}

impl EndState {
    /// The state of this world now.
    pub(super) async fn of(world: &World, before: &Uids, deleted: Vec<String>) -> Result<Self> {
        let now = uids(world).await?;
        let anew = before.iter().filter(|(name, uid)| now.get(*name).is_some_and(|other| other != *uid));
        // Runs in other namespaces are compared too.
        let found = found(world).await?.to_string().replace(world.namespace(), "NAMESPACE");
        let found = serde_json::from_str(&found)?;
        Ok(Self { found, made_anew: anew.map(|(name, _)| name.clone()).collect(), deleted })
    }

    /// Where this differs from how it should be, in words; nothing if it does not.
    ///
    /// The log does not always know how the requests ended that a killed process had under way: after that, a DELETE may be
    /// missing in the log whose object is gone. None may be too many.
    #[must_use]
    pub fn differs_from(&self, wanted: &Self, killed: bool) -> Option<String> {
        let deleted = if killed { is_part(&self.deleted, &wanted.deleted) } else { self.deleted == wanted.deleted };
        let same = deleted && self.found == wanted.found && self.made_anew == wanted.made_anew;
        (!same).then(|| format!("it ended as\n{self:#?}\nand not as an uncut run does\n{wanted:#?}"))
    }
}

/// Whether each one is among `all`, as often at most.
fn is_part(some: &[String], all: &[String]) -> bool {
    let mut left = all.to_vec();
    some.iter().all(|one| left.iter().position(|other| other == one).map(|at| left.swap_remove(at)).is_some())
}

/// The objects that sets own, with their UIDs.
pub(super) async fn uids(world: &World) -> Result<Uids> {
    let owned = ListParams::default().labels("resourceset.fluxcd.controlplane.io/name");
    let mut all = Uids::new();
    for kind in KINDS {
        for object in world.api(kind)?.list_metadata(&owned).await? {
            let name = object.metadata.name.unwrap_or_default();
            all.insert(format!("{kind}/{name}"), object.metadata.uid.unwrap_or_default());
        }
    }
    Ok(all)
}

async fn found(world: &World) -> Result<Value> {
    let owned = ListParams::default().labels("resourceset.fluxcd.controlplane.io/name");
    let mut objects = Map::new();
    for kind in KINDS {
        for object in world.api(kind)?.list(&owned).await? {
            let name = object.metadata.name.clone().unwrap_or_default();
            let labels: BTreeMap<_, _> = object.metadata.labels.clone().unwrap_or_default();
            let object = serde_json::to_value(object)?;
            let content = json!({
                "data": object.get("data"),
                "containers": object.pointer("/spec/template/spec/containers/0/image"),
                "owner": labels.get("resourceset.fluxcd.controlplane.io/name"),
            });
            objects.insert(format!("{kind}/{name}"), content);
        }
    }
    let set = world.live(SET, "set").await?;
    if set.is_null() {
        return Ok(json!({"objects": objects, "set": null}));
    }
    let ledger: Vec<Value> =
        world.inventory("set").await?.iter().map(|entry| json!([entry.get("id"), entry.get("mark")])).collect();
    let [ready, reason, _] = world.condition(SET, "set", "Ready").await?;
    let [held, ..] = world.condition(SET, "set", "PruneHeld").await?;
    Ok(json!({
        "objects": objects, "ledger": ledger, "ready": [ready, reason], "held": held == "True",
        "pending": set.pointer("/status/pendingPrune"), "finalizers": set.pointer("/metadata/finalizers"),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(deleted: &[&str]) -> EndState {
        let deleted = deleted.iter().map(|name| (*name).to_owned()).collect();
        EndState { found: json!({"set": null}), made_anew: Vec::new(), deleted }
    }

    #[test]
    fn one_delete_too_many_is_another_end_and_one_that_the_log_lost_is_not_after_a_death() {
        let wanted = end(&["a", "b"]);
        assert_eq!(wanted.differs_from(&end(&["a", "b"]), false), None);
        assert_eq!(end(&["a"]).differs_from(&wanted, true), None);
        assert!(end(&["a"]).differs_from(&wanted, false).is_some());
        for killed in [true, false] {
            assert!(end(&["a", "b", "b"]).differs_from(&wanted, killed).is_some());
            assert!(end(&["a", "b", "c"]).differs_from(&wanted, killed).is_some());
        }
    }
}
