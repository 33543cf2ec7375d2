//! Deletes what is ours and no longer wanted, and says of the rest why it stays.

use super::KubernetesTarget;
use super::bounded::bounded;
use super::connection::{Propagation, Session};
use super::ownership::is_owned_by;
use super::refusal::Refusal;
use futures::FutureExt;
use orangery_core::plan::is_deleted_first;
use orangery_core::{
    Action, Change, Failed, GroupVersionKind, Kept, LedgerEntry, Mark, Object, Owner, PruneReport, keys,
};
use serde_json::Value;
use std::time::{Duration, Instant};

/// Pause between two looks at a terminating object.
const PAUSE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));

/// What became of one entry.
enum Fate {
    Gone,
    Released,
    Kept(String),
    Failed(String),
    /// Accepted, not finished: path and UID to look for.
    Going(String, String),
}

/// Deletes `stale` in its order: Flux objects first and until they are gone, because they tear down what they made.
pub(super) async fn prune(target: &KubernetesTarget, owner: &Owner, stale: &[LedgerEntry]) -> PruneReport {
    let mut report = PruneReport::default();
    let session = match target.session(owner) {
        Ok(session) => session,
        Err(refusal) => {
            let message = format!("cannot connect to the API server: {refusal}");
            report.failed = stale.iter().map(|entry| failure(entry, message.clone())).collect();
            return report;
        }
    };
    let (first, rest): (Vec<&LedgerEntry>, Vec<&LedgerEntry>) =
        stale.iter().partition(|entry| is_deleted_first(&entry.key));
    let patience = target.options.patience;
    // Before the deed: a watch must not take it for somebody else's.
    for entry in stale {
        target.memory.forget(owner, &entry.key);
    }
    for (entries, limit) in [(first, patience.flux), (rest, patience.gone)] {
        let session = &session;
        let asked = entries.into_iter().map(|entry| {
            async move {
                let fate = ask(session, owner, entry).await;
                (entry, fate.unwrap_or_else(|refusal| Fate::Failed(refusal.to_string())))
            }
            .boxed()
        });
        let fates: Vec<(&LedgerEntry, Fate)> = bounded(asked.collect()).await;
        let start = Instant::now();
        for (entry, fate) in fates {
            let fate = match fate {
                Fate::Going(path, uid) => {
                    match until_gone(session, &path, &uid, limit.saturating_sub(start.elapsed())).await {
                        Ok(None) => Fate::Gone,
                        Ok(Some(waiting)) => Fate::Failed(waiting),
                        Err(refusal) => Fate::Failed(refusal.to_string()),
                    }
                }
                settled => settled,
            };
            record(&mut report, entry, fate);
        }
    }
    report
}

fn failure(entry: &LedgerEntry, message: String) -> Failed {
    Failed::new(entry.key.clone(), format!("{} delete failed: {message}", entry.key))
}

fn record(report: &mut PruneReport, entry: &LedgerEntry, fate: Fate) {
    match fate {
        Fate::Gone => report.deleted.push(Change {
            key: entry.key.clone(),
            version: entry.version.clone(),
            uid: None,
            action: Action::Deleted,
        }),
        Fate::Released => report.released.push(entry.key.clone()),
        Fate::Kept(message) => report.kept.push(Kept { key: entry.key.clone(), mark: Mark::PruneDisabled, message }),
        Fate::Failed(message) => report.failed.push(failure(entry, message)),
        Fate::Going(..) => report.failed.push(failure(entry, "is being deleted".to_owned())),
    }
}

/// Looks at the live object and asks for its deletion if it is ours.
async fn ask(session: &Session, owner: &Owner, entry: &LedgerEntry) -> Result<Fate, Refusal> {
    let key = &entry.key;
    let gvk = GroupVersionKind { group: key.group.clone(), version: entry.version.clone(), kind: key.kind.clone() };
    let Some(kind) = session.kind_in_any_version(&gvk).await? else {
        // With its definition, every object of a kind goes.
        return Ok(Fate::Gone);
    };
    let path = kind.path(&key.namespace, &key.name);
    let Some(live) = session.metadata(&path).await? else { return Ok(Fate::Gone) };
    let Some(uid) = live.uid().map(str::to_owned) else { return Ok(Fate::Released) };
    if entry.uid.as_ref().is_some_and(|known| *known != uid) || !is_owned_by(&live, owner) {
        return Ok(Fate::Released);
    }
    let disabled = |value: Option<&str>| value.is_some_and(|value| value.eq_ignore_ascii_case("disabled"));
    if disabled(live.annotation(keys::PRUNE)) || disabled(live.label(keys::PRUNE)) {
        return Ok(Fate::Kept(format!("{key} stays: it says {}: disabled", keys::PRUNE)));
    }
    if terminating(&live).is_some() {
        return Ok(Fate::Going(path, uid));
    }
    match session.delete(&path, &uid, Propagation::Background).await {
        Ok(()) => Ok(Fate::Going(path, uid)),
        Err(refusal) if refusal.is_not_found() => Ok(Fate::Gone),
        // Another object took the name between the look and the deed.
        Err(refusal) if refusal.is_conflict() && refusal.message.contains("UID") => Ok(Fate::Released),
        Err(refusal) => Err(refusal),
    }
}

/// Waits until the object with this UID does not exist any more; what it waits for otherwise.
pub(super) async fn until_gone(
    session: &Session,
    path: &str,
    uid: &str,
    limit: Duration,
) -> Result<Option<String>, Refusal> {
    let start = Instant::now();
    let mut pause = PAUSE.0;
    loop {
        let live = session.metadata(path).await?.filter(|live| live.uid() == Some(uid));
        let Some(live) = live else { return Ok(None) };
        if start.elapsed() + pause > limit {
            let whole = session.get::<Object>(path).await?.filter(|live| live.uid() == Some(uid));
            return Ok(Some(
                terminating(whole.as_ref().unwrap_or(&live)).unwrap_or_else(|| "is still there".to_owned()),
            ));
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSE.1);
    }
}

/// What a terminating object waits for; `None` if it is not terminating.
pub(super) fn terminating(live: &Object) -> Option<String> {
    let metadata = live.0.get("metadata")?;
    let since = metadata.get("deletionTimestamp")?.as_str()?;
    let names = |finalizers: Option<&Value>| -> Vec<String> {
        let list = finalizers.and_then(Value::as_array).into_iter().flatten();
        list.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let mut waiting = names(metadata.get("finalizers"));
    waiting.extend(names(live.0.get("spec").and_then(|spec| spec.get("finalizers"))));
    let mut text = match waiting.as_slice() {
        [] => format!("waits for the end of its grace period since {since}"),
        [one] => format!("waits for finalizer {one} since {since}"),
        many => format!("waits for finalizers {} since {since}", many.join(", ")),
    };
    // A namespace says itself what keeps it.
    let conditions = live.0.get("status").and_then(|status| status.get("conditions")).and_then(Value::as_array);
    for condition in conditions.into_iter().flatten() {
        let is = |field: &str, wanted: &str| condition.get(field).and_then(Value::as_str) == Some(wanted);
        if is("status", "True")
            && (is("type", "NamespaceFinalizersRemaining") || is("type", "NamespaceContentRemaining"))
        {
            text.push_str(": ");
            text.push_str(condition.get("message").and_then(Value::as_str).unwrap_or_default());
        }
    }
    Some(text)
}
