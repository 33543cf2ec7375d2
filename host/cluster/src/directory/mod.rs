//! The directory target: one YAML file an object, for trying things out and for repositories that Flux reads.
//!
//! ```text
//! apps/ConfigMap/settings.yaml      namespace, kind (and group: `Deployment.apps`), name
//! _cluster/Namespace/apps.yaml      objects without a namespace
//! .orangery/*.json                  state: ledgers, snapshots
//! ```
//!
//! # Guarantees
//! The same rules as in a cluster: owner labels, a UID (in the file's first lines) and the ledger decide what may be
//! overwritten or deleted. Nothing outside the directory is touched, whatever an object is called and whatever links lie in
//! it. A file that somebody else wrote and that is adopted is overwritten as a whole, because files have no field owners; its text is
//! kept in `.orangery/replaced`. A file is whole or absent, never half written. Everything is checked before the first write: what fails the check fails its
//! environment, and what no single input gave fails all.
//!
//! # Assumptions
//! One process at a time works on a directory. Files are small: they are read and written in place, without threads.

mod adoption;
mod file;
mod path;
mod state;

pub use state::{StateDirectory, StateError};

use crate::target::{ReadAccess, ReadError, Target};
use async_trait::async_trait;
use cap_std::ambient_authority;
use cap_std::fs::Dir;
use file::Written;
use orangery_core::{
    Action, ApplyReport, Change, Disposition, Explain, FailedObject, Halted, LedgerEntry, Mark, NamespacedName, Object,
    ObjectKey, Owner, Plan, Planned, PruneReport, Reason, RetainedObject, keys,
};
use path::{ObjectPath, Unplaceable};
use std::collections::HashMap;
use std::io;
use std::path::Path;

/// A directory of manifests.
pub struct DirectoryTarget {
    root: Dir,
    state: StateDirectory,
}

/// The directory cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot use directory {path}: {cause}; give one that this user may read and write")]
pub struct OpenError {
    /// The path of the directory.
    pub path: String,
    /// The error of the operating system.
    #[source]
    pub cause: io::Error,
}

impl Explain for OpenError {
    fn reason(&self) -> Reason {
        Reason::ReconciliationFailed
    }

    fn disposition(&self) -> Disposition {
        match self.cause.kind() {
            // The user has to name another directory, or grant access to this one.
            io::ErrorKind::PermissionDenied
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::AlreadyExists
            | io::ErrorKind::ReadOnlyFilesystem => Disposition::WaitForChange,
            _ => Disposition::Retry,
        }
    }
}

impl DirectoryTarget {
    /// Opens a directory, creating it if it does not exist.
    ///
    /// # Errors
    /// The error of the operating system.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let opened = || {
            Dir::create_ambient_dir_all(path, ambient_authority())?;
            let root = Dir::open_ambient_dir(path, ambient_authority())?;
            let state = StateDirectory::inside(&root)?;
            Ok(Self { root, state })
        };
        opened().map_err(|cause| OpenError { path: path.display().to_string(), cause })
    }

    /// The state beside the objects.
    #[must_use]
    pub fn state(&self) -> &StateDirectory {
        &self.state
    }

    /// Decides what to do with one object, without writing.
    fn look(&self, plan: &Plan, planned: &Planned) -> Result<Decided, Box<FailedObject>> {
        let key = planned.object.key();
        let failed = |message: String| Box::new(FailedObject::new(key.clone(), format!("{key} {message}")));
        let path = ObjectPath::of(&key)
            .map_err(|error| failed(format!("cannot become a file: {error} ({})", planned.origin)))?;
        let held = file::read(&self.root, &path)
            .map_err(|error| failed(format!("cannot be compared with {path}: {error}")))?;
        let known = plan.ledger.get(&key).and_then(|entry| entry.uid.clone());
        if let Some(held) = &held {
            adoption::may_overwrite(plan, planned, held, &path)?;
        }
        let uid = held.as_ref().and_then(|held| held.uid.clone()).or(known).unwrap_or_else(|| file::new_uid(&key));
        let written = Written::new(&plan.owner, &planned.object, uid)
            .map_err(|error| failed(format!("cannot be written as YAML: {error}")))?;
        let frozen =
            |held: &file::Held| held.object.as_ref().is_ok_and(Object::is_frozen) && !planned.object.is_frozen();
        let action = match &held {
            None => Action::Created,
            Some(held) if frozen(held) => Action::Frozen,
            Some(held) if held.text == written.text => Action::Unchanged,
            Some(_) => Action::Configured,
        };
        // A file that we wrote can be rendered again, so its text is not kept.
        let replaced = held.filter(|held| held.uid.is_none()).map(|held| held.text);
        Ok(Decided { path, written, action, replaced })
    }
}

#[async_trait]
impl Target for DirectoryTarget {
    async fn apply(&self, plan: &Plan) -> ApplyReport {
        let mut report = ApplyReport::default();
        let mut halted = Halted::of(&plan.failed);
        let mut places: HashMap<String, ObjectKey> = HashMap::new();
        let mut decided = Vec::new();
        for planned in plan.objects() {
            let key = planned.object.key();
            let failed = match self.look(plan, planned) {
                // Two names that differ in case only are one file on some systems.
                Ok(look) if places.get(&look.path.folded()).is_some_and(|other| *other != key) => FailedObject::new(
                    key.clone(),
                    format!(
                        "{key} cannot become a file: {} differs from the file of another object in case only",
                        look.path
                    ),
                ),
                Ok(look) => {
                    places.insert(look.path.folded(), key);
                    decided.push((planned, look));
                    continue;
                }
                Err(failed) => *failed,
            };
            report.failed.push(failed);
            halted.halt(planned);
        }
        for (planned, Decided { path, written, action, replaced }) in decided {
            if action.is_change() {
                if halted.stops(planned) {
                    continue;
                }
                let kept = replaced.map_or(Ok(()), |text| self.state.keep_replaced(&path, &text));
                if let Err(error) = kept.and_then(|()| file::write(&self.root, &path, &written)) {
                    let key = planned.object.key();
                    let message = format!("{key} cannot be written to {path}: {error}");
                    report.failed.push(FailedObject::new(key, message));
                    halted.halt(planned);
                    continue;
                }
            }
            report.changes.push(Change {
                key: planned.object.key(),
                version: planned.object.gvk().version,
                uid: Some(written.uid),
                action,
            });
        }
        report
    }

    async fn prune(&self, owner: &Owner, stale: &[LedgerEntry]) -> PruneReport {
        let mut report = PruneReport::default();
        for entry in stale {
            match self.remove(&owner.name, entry) {
                Ok(PruneOutcome::Gone) => report.deleted.push(Change {
                    key: entry.key.clone(),
                    version: entry.version.clone(),
                    uid: None,
                    action: Action::Deleted,
                }),
                Ok(PruneOutcome::Released) => report.released.push(entry.key.clone()),
                Ok(PruneOutcome::Adopted) => report.adopted.push(entry.clone()),
                Ok(PruneOutcome::Frozen) => report.retained.push(RetainedObject::frozen(entry)),
                Ok(PruneOutcome::PruneDisabled) => report.retained.push(RetainedObject::prune_disabled(entry)),
                Err(error) => {
                    report
                        .failed
                        .push(FailedObject::new(entry.key.clone(), format!("{} delete failed: {error}", entry.key)));
                }
            }
        }
        report
    }

    async fn disown(&self, owner: &Owner, adopted: &[LedgerEntry]) -> PruneReport {
        let mut report = PruneReport::default();
        for entry in adopted {
            match self.release(&owner.name, entry) {
                Ok(()) => report.released.push(entry.key.clone()),
                Err(error) => {
                    let message = format!("{} is left in place, but its labels cannot be removed: {error}", entry.key);
                    report.failed.push(FailedObject::new(entry.key.clone(), message));
                }
            }
        }
        report
    }

    async fn read(&self, _owner: &Owner, _api_version: &str, key: &ObjectKey) -> Result<Option<Object>, ReadError> {
        let failed = |message: String| ReadError { key: key.clone(), message, access: ReadAccess::Granted };
        let path = ObjectPath::of(key).map_err(|error| failed(error.to_string()))?;
        let Some(held) = file::read(&self.root, &path).map_err(|error| failed(error.to_string()))? else {
            return Ok(None);
        };
        held.object.map(Some).map_err(|error| failed(format!("{path} holds no object: {error}")))
    }
}

/// What an apply does with one file.
struct Decided {
    path: ObjectPath,
    written: Written,
    action: Action,
    /// The text that is overwritten, if somebody else wrote it.
    replaced: Option<String>,
}

/// The outcome of pruning one file.
enum PruneOutcome {
    Gone,
    Released,
    Frozen,
    PruneDisabled,
    Adopted,
}

/// A file could not be removed, or not be left to nobody.
#[derive(Debug, thiserror::Error)]
enum RemoveError {
    #[error("{0}")]
    Unplaceable(#[from] Unplaceable),
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("it cannot be written as YAML: {0}")]
    Yaml(#[from] go_yaml::WriteError),
}

impl DirectoryTarget {
    fn remove(&self, owner: &NamespacedName, entry: &LedgerEntry) -> Result<PruneOutcome, RemoveError> {
        let path = ObjectPath::of(&entry.key)?;
        let Some(held) = file::read(&self.root, &path)? else { return Ok(PruneOutcome::Gone) };
        let same = held.uid.is_some() && (entry.uid.is_none() || held.uid == entry.uid);
        if !same || held.owner().as_ref() != Some(owner) {
            return Ok(PruneOutcome::Released);
        }
        if held.object.as_ref().is_ok_and(Object::is_frozen) {
            return Ok(PruneOutcome::Frozen);
        }
        if held.object.as_ref().is_ok_and(|object| object.has_disabled(keys::PRUNE)) {
            return Ok(PruneOutcome::PruneDisabled);
        }
        if entry.mark == Mark::Adopted {
            return Ok(PruneOutcome::Adopted);
        }
        file::remove(&self.root, &path)?;
        Ok(PruneOutcome::Gone)
    }
}

#[cfg(test)]
mod tests;
