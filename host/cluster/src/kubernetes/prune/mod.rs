//! Deletes what is ours and no longer wanted, and says of the rest why it stays.

pub(crate) mod disown;

use crate::kubernetes::KubernetesTarget;
use crate::kubernetes::client::bounded::bounded;
use crate::kubernetes::client::connection::{Propagation, Session};
use crate::kubernetes::client::refusal::Refusal;
use crate::kubernetes::object::ownership::is_owned_by;
use futures::FutureExt;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use orangery_core::plan::is_deleted_first;
use orangery_core::{
    Action, Change, Failed, GroupVersionKind, Kept, LedgerEntry, Mark, Object, ObjectKey, Owner, PruneReport,
    Terminating, keys,
};
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// Pause between two looks at a terminating object.
const PAUSE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));
/// How long one prune looks again: most objects are gone in a moment. The rest is for the next one.
const GRACE: Duration = Duration::from_secs(1);

/// What became of one entry.
enum Fate {
    Gone,
    Released,
    Kept(String),
    Adopted,
    Failed(String),
    /// Accepted, not finished: path and UID to look for.
    Going(String, String),
}

/// Deletes `stale` in its order: Flux objects first and until they are gone, because they tear down what they made. Asks, looks
/// for a moment, and says what is still on its way.
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
    let patience = target.options.patience;
    // Before the deletion: a watch must not take it for somebody else's.
    for entry in stale {
        target.memory.forget(owner, &entry.key);
    }
    let mut report = PruneReport::default();
    remove(&session, owner, first, patience.flux, &mut report).await;
    let before: BTreeSet<&ObjectKey> = report.terminating.iter().map(|terminating| &terminating.key).collect();
    let going: Vec<&LedgerEntry> = stale.iter().filter(|entry| before.contains(&entry.key)).collect();
    // An environment does not wait for the Flux objects of another one.
    let needs = |entry: &LedgerEntry| {
        let first =
            going.iter().find(|first| first.input.is_none() || entry.input.is_none() || first.input == entry.input)?;
        let message = format!("{} is deleted when {} is gone", entry.key, first.key);
        Some(Terminating { key: entry.key.clone(), message })
    };
    let mut last = Vec::new();
    let mut later = Vec::new();
    for entry in rest {
        match needs(entry) {
            Some(terminating) => later.push(terminating),
            None => last.push(entry),
        }
    }
    remove(&session, owner, last, patience.gone, &mut report).await;
    report.terminating.extend(later);
    report
}

/// Asks for the deletion of all of them, and looks for a moment what became of it.
async fn remove(
    session: &Session,
    owner: &Owner,
    entries: Vec<&LedgerEntry>,
    limit: Duration,
    report: &mut PruneReport,
) {
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
        let Fate::Going(path, uid) = fate else {
            record(report, entry, fate);
            continue;
        };
        match until_gone(session, &path, &uid, GRACE.saturating_sub(start.elapsed())).await {
            Ok(None) => record(report, entry, Fate::Gone),
            Ok(Some(end)) if end.takes_longer_than(limit) => record(report, entry, Fate::Failed(end.waiting)),
            Ok(Some(end)) => {
                let message = format!("{} {}", entry.key, end.waiting);
                report.terminating.push(Terminating { key: entry.key.clone(), message });
            }
            Err(refusal) => record(report, entry, Fate::Failed(refusal.to_string())),
        }
    }
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
        Fate::Kept(message) => {
            let mark = if entry.mark == Mark::Adopted { Mark::Adopted } else { Mark::PruneDisabled };
            report.kept.push(Kept { key: entry.key.clone(), mark, message });
        }
        Fate::Adopted => report.adopted.push(entry.clone()),
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
    if entry.mark == Mark::Adopted {
        return Ok(Fate::Adopted);
    }
    match session.delete(&path, &uid, Propagation::Background).await {
        Ok(()) => Ok(Fate::Going(path, uid)),
        Err(refusal) if refusal.is_not_found() => Ok(Fate::Gone),
        // Another object took the name between the look and the deed.
        Err(refusal) if refusal.is_conflict() && refusal.message.contains("UID") => Ok(Fate::Released),
        Err(refusal) => Err(refusal),
    }
}

/// A deletion that has not ended.
pub(crate) struct Ending {
    /// What it waits for.
    pub(crate) waiting: String,
    /// When the object was to be gone, in milliseconds since 1970; `None` if nobody has asked for it.
    since: Option<u64>,
}

impl Ending {
    fn of(live: &Object) -> Self {
        let since = live.0.get("metadata").and_then(|metadata| metadata.get("deletionTimestamp"));
        let since = since.and_then(|since| serde_json::from_value::<Time>(since.clone()).ok());
        let since = since.and_then(|since| u64::try_from(since.0.as_millisecond()).ok());
        Self { waiting: terminating(live).unwrap_or_else(|| "is still there".to_owned()), since }
    }

    /// The clock is the API server's, so that it goes on when we are started again.
    fn takes_longer_than(&self, limit: Duration) -> bool {
        let now = crate::kubernetes::live::wait::now();
        self.since.is_some_and(|since| u128::from(now.saturating_sub(since)) > limit.as_millis())
    }
}

/// Looks until the object with this UID does not exist any more, at most for `limit`; else what it waits for.
pub(crate) async fn until_gone(
    session: &Session,
    path: &str,
    uid: &str,
    limit: Duration,
) -> Result<Option<Ending>, Refusal> {
    let start = Instant::now();
    let mut pause = PAUSE.0;
    loop {
        let live = session.metadata(path).await?.filter(|live| live.uid() == Some(uid));
        let Some(live) = live else { return Ok(None) };
        if start.elapsed() + pause > limit {
            let whole = session.get::<Object>(path).await?.filter(|live| live.uid() == Some(uid));
            return Ok(Some(Ending::of(whole.as_ref().unwrap_or(&live))));
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSE.1);
    }
}

/// What a terminating object waits for; `None` if it is not terminating.
pub(crate) fn terminating(live: &Object) -> Option<String> {
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
