//! Deletes what is ours and no longer wanted, and reports why the rest stays.

pub(crate) mod disown;
mod watched;

use crate::kubernetes::client::bounded::bounded;
use crate::kubernetes::client::connection::{Deletion, Propagation, Session};
use crate::kubernetes::client::refusal::Refusal;
use crate::kubernetes::live::deletion::{terminating, until_gone};
use crate::kubernetes::object::ownership::is_owned_by;
use crate::kubernetes::target::KubernetesTarget;
use futures::FutureExt;
use orangery_core::plan::is_deleted_first;
use orangery_core::{
    Action, Change, Deadline, FailedObject, GroupVersionKind, LedgerEntry, Mark, Object, ObjectKey, Owner, PruneReport,
    RetainedObject, TerminatingObject, duration, keys,
};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// How long one prune waits for deletions to finish. Most objects are gone within it; the rest is left to the next prune.
const GRACE: Duration = Duration::from_secs(1);

/// The outcome of pruning one entry.
enum PruneOutcome {
    Gone,
    Released,
    PruneDisabled,
    /// With what was seen of it.
    Frozen(Box<Object>),
    Adopted,
    Failed(String),
    /// The identity lacks a right.
    Denied(String),
    /// Accepted, not finished: path and UID to look for.
    Going(String, String),
}

/// Deletes `stale` in its order: Flux objects first and until they are gone, because their finalizers tear down what they
/// installed. Requests the deletions, waits briefly, and reports what is still terminating.
pub(crate) async fn prune(target: &KubernetesTarget, owner: &Owner, stale: &[LedgerEntry]) -> PruneReport {
    let session = match target.session(owner) {
        Ok(session) => session,
        Err(refusal) => {
            let message = format!("cannot connect to the API server: {refusal}");
            let failed = stale.iter().map(|entry| failure(entry, message.clone())).collect();
            return PruneReport { failed, ..PruneReport::default() };
        }
    };
    let (first, rest): (Vec<&LedgerEntry>, Vec<&LedgerEntry>) =
        stale.iter().partition(|entry| is_deleted_first(&entry.key));
    let limit = target.options.patience.terminating;
    // Forgotten before the deletion, so that the watch does not report it as a change by somebody else.
    for entry in stale {
        target.memory.forget(owner, &entry.key);
    }
    let mut report = PruneReport::default();
    remove(target, &session, owner, first, limit, &mut report).await;
    let before: BTreeSet<&ObjectKey> = report.terminating.iter().map(|terminating| &terminating.key).collect();
    let going: Vec<&LedgerEntry> = stale.iter().filter(|entry| before.contains(&entry.key)).collect();
    // An environment does not wait for the Flux objects of another one.
    let needs = |entry: &LedgerEntry| {
        let first =
            going.iter().find(|first| first.input.is_none() || entry.input.is_none() || first.input == entry.input)?;
        let message = format!("{} is deleted when {} is gone", entry.key, first.key);
        Some(TerminatingObject { key: entry.key.clone(), message, since: None, deadline: Deadline::NotBegun })
    };
    let mut last = Vec::new();
    let mut later = Vec::new();
    for entry in rest {
        match needs(entry) {
            Some(terminating) => later.push(terminating),
            None => last.push(entry),
        }
    }
    remove(target, &session, owner, last, limit, &mut report).await;
    watch(target, &session, owner, stale, &report).await;
    report.terminating.extend(later);
    report
}

/// Has the set told when what is being deleted is gone, and when what is frozen no longer is. The watch of its kind may not run yet,
/// or any more.
async fn watch(
    target: &KubernetesTarget,
    session: &Session,
    owner: &Owner,
    stale: &[LedgerEntry],
    report: &PruneReport,
) {
    let going: BTreeSet<&ObjectKey> = report.terminating.iter().map(|terminating| &terminating.key).collect();
    target.memory.ends(owner, stale.iter().map(|entry| &entry.key), &going);
    let mut asked = BTreeSet::new();
    let frozen: BTreeSet<&ObjectKey> = report.frozen().collect();
    for entry in stale.iter().filter(|entry| going.contains(&entry.key) || frozen.contains(&entry.key)) {
        let gvk = gvk(entry);
        if !asked.insert((gvk.clone(), entry.key.namespace.as_str())) {
            continue;
        }
        if let Ok(Some(kind)) = session.kind_in_any_version(&gvk).await {
            let (identity, namespaces) = (&session.connection.identity, BTreeSet::from([entry.key.namespace.as_str()]));
            let reach = target.reach(session, &kind, &namespaces).await;
            target.watches.views(identity, &kind, &namespaces, reach, || target.identities.watching(identity)).await;
        }
    }
}

fn gvk(entry: &LedgerEntry) -> GroupVersionKind {
    let key = &entry.key;
    GroupVersionKind { group: key.group.clone(), version: entry.version.clone(), kind: key.kind.clone() }
}

/// Requests all deletions, and waits briefly for them to finish.
async fn remove(
    target: &KubernetesTarget,
    session: &Session,
    owner: &Owner,
    entries: Vec<&LedgerEntry>,
    limit: Duration,
    report: &mut PruneReport,
) {
    let asked = entries.into_iter().map(|entry| {
        async move {
            let outcome = ask(target, session, owner, entry).await;
            (entry, outcome.unwrap_or_else(refused))
        }
        .boxed()
    });
    let fates: Vec<(&LedgerEntry, PruneOutcome)> = bounded(asked.collect()).await;
    let start = Instant::now();
    for (entry, outcome) in fates {
        let PruneOutcome::Going(path, uid) = outcome else {
            if let PruneOutcome::Frozen(live) = &outcome {
                target.keep_frozen(owner, &entry.key, live);
            }
            record(report, entry, outcome);
            continue;
        };
        match until_gone(session, &path, &uid, GRACE.saturating_sub(start.elapsed())).await {
            Ok(None) => record(report, entry, PruneOutcome::Gone),
            Ok(Some(end)) => {
                let (key, deadline) = (entry.key.clone(), end.deadline(limit));
                let message = match deadline {
                    Deadline::Passed => format!("{key} {}, for longer than {}", end.waiting, duration::format(limit)),
                    Deadline::At(_) | Deadline::NotBegun => format!("{key} {}", end.waiting),
                };
                report.terminating.push(TerminatingObject { key, message, since: end.since, deadline });
            }
            Err(refusal) => record(report, entry, refused(refusal)),
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "an error is mapped")]
fn refused(refusal: Refusal) -> PruneOutcome {
    if refusal.is_forbidden() {
        PruneOutcome::Denied(refusal.to_string())
    } else {
        PruneOutcome::Failed(refusal.to_string())
    }
}

fn failure(entry: &LedgerEntry, message: String) -> FailedObject {
    FailedObject::new(entry.key.clone(), format!("{} delete failed: {message}", entry.key))
}

fn record(report: &mut PruneReport, entry: &LedgerEntry, outcome: PruneOutcome) {
    match outcome {
        PruneOutcome::Gone => report.deleted.push(Change {
            key: entry.key.clone(),
            version: entry.version.clone(),
            uid: None,
            action: Action::Deleted,
        }),
        PruneOutcome::Released => report.released.push(entry.key.clone()),
        PruneOutcome::PruneDisabled => report.retained.push(RetainedObject::prune_disabled(entry)),
        PruneOutcome::Frozen(_) => report.retained.push(RetainedObject::frozen(entry)),
        PruneOutcome::Adopted => report.adopted.push(entry.clone()),
        PruneOutcome::Failed(message) => report.failed.push(failure(entry, message)),
        PruneOutcome::Denied(message) => {
            report.failed.push(FailedObject { denied: true, ..failure(entry, message) });
        }
        PruneOutcome::Going(..) => report.failed.push(failure(entry, "is being deleted".to_owned())),
    }
}

/// Requests the deletion of the live object if it is ours. It is read first unless a watch shows it.
async fn ask(
    target: &KubernetesTarget,
    session: &Session,
    owner: &Owner,
    entry: &LedgerEntry,
) -> Result<PruneOutcome, Refusal> {
    let key = &entry.key;
    let Some(kind) = session.kind_in_any_version(&gvk(entry)).await? else {
        // With its definition, every object of a kind goes.
        return Ok(PruneOutcome::Gone);
    };
    let path = kind.path(&key.namespace, &key.name);
    if let Some(uid) = watched::delete_as_seen(target, session, owner, entry, &kind).await? {
        return Ok(uid.map_or(PruneOutcome::Gone, |uid| PruneOutcome::Going(path, uid)));
    }
    let Some(live) = session.metadata(&path).await? else { return Ok(PruneOutcome::Gone) };
    let Some(uid) = live.uid().map(str::to_owned) else { return Ok(PruneOutcome::Released) };
    if entry.uid.as_ref().is_some_and(|known| *known != uid) || !is_owned_by(&live, owner) {
        return Ok(PruneOutcome::Released);
    }
    if live.is_frozen() {
        return Ok(PruneOutcome::Frozen(Box::new(live)));
    }
    if live.has_disabled(keys::PRUNE) {
        return Ok(PruneOutcome::PruneDisabled);
    }
    if terminating(&live).is_some() {
        return Ok(PruneOutcome::Going(path, uid));
    }
    if entry.mark == Mark::Adopted {
        return Ok(PruneOutcome::Adopted);
    }
    match session.delete(&path, &uid, None, Propagation::Background).await {
        Ok(Deletion::Done) => Ok(PruneOutcome::Gone),
        Ok(Deletion::Begun) => Ok(PruneOutcome::Going(path, uid)),
        Err(refusal) if refusal.is_not_found() => Ok(PruneOutcome::Gone),
        // Another object took the name between the read and the delete.
        Err(refusal) if refusal.is_conflict() && refusal.message.contains("UID") => Ok(PruneOutcome::Released),
        Err(refusal) => Err(refusal),
    }
}
