//! Deleting as much as possible for a set that is released in any case: its namespace is being deleted, or its service account
//! is gone.
//!
//! # Guarantees
//! Every object is tried, each for a short time and all of them for a bounded time, because the deletion of the namespace waits
//! for them. Objects that are not known to be gone are reported, unless they are deleted with the namespace.

use crate::pipeline::converge::adoption::{Consent, Owns};
use crate::pipeline::converge::{LedgerError, LedgerStore};
use crate::pipeline::set::teardown;
use async_trait::async_trait;
use futures::{StreamExt, stream};
use kube::ResourceExt;
use orangery_api::ResourceSet;
use orangery_cluster::Target;
use orangery_core::plan::{self, deletion_order};
use orangery_core::{Ledger, LedgerEntry, Mark, NamespacedName, ObjectKey, Owner};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::{Instant, timeout, timeout_at};

/// Time for one object.
const EACH: Duration = Duration::from_secs(5);
/// Time for all of them.
const ALL: Duration = Duration::from_secs(12);
/// Objects that are deleted at once.
const AT_ONCE: usize = 16;
/// Objects named in a message; the others are counted.
const SHOWN: usize = 10;

/// Why the set is released although it may not delete everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cause {
    /// Its namespace is being deleted.
    NamespaceTerminating,
    /// The service account of this name does not exist any more.
    AccountGone(String),
}

/// An object that may still exist.
pub(super) struct LeftBehind {
    key: ObjectKey,
    message: String,
}

/// Keeps no ledger: it is deleted together with the set.
struct DiscardLedger;

#[async_trait]
impl LedgerStore for DiscardLedger {
    async fn record(&self, _: &NamespacedName, _: &Ledger) -> Result<(), LedgerError> {
        Ok(())
    }
}

/// Deletes what `owner` may delete, and answers what may be left. Without an owner nothing can be deleted.
pub(super) async fn delete(
    target: &dyn Target,
    owner: Option<&Owner>,
    ledger: &Ledger,
    cause: &Cause,
    set: &ResourceSet,
) -> Vec<LeftBehind> {
    let deadline = Instant::now() + ALL;
    let consent = Consent::of(set.annotations());
    let entries = deletion_order(ledger.iter().map(|entry| with_content(entry, ledger, consent)).collect());
    let mut left: Vec<LeftBehind> = stream::iter(entries)
        .map(|entry| delete_one(target, owner, entry, consent, deadline))
        .buffered(AT_ONCE)
        .filter_map(std::future::ready)
        .collect()
        .await;
    if *cause == Cause::NamespaceTerminating {
        let namespace = set.namespace().unwrap_or_default();
        left.retain(|left| left.key.namespace != namespace && !is_namespace(&left.key, &namespace));
    }
    left
}

/// Each object is deleted alone, so a namespace that contains an adopted object is treated as adopted itself.
fn with_content(entry: &LedgerEntry, ledger: &Ledger, consent: Consent<'_>) -> LedgerEntry {
    let adopted = |entry: &&LedgerEntry| entry.mark == Mark::Adopted && consent.owns == Owns::Created;
    let content: Ledger = ledger.iter().filter(adopted).cloned().collect();
    let is_occupied = !plan::take_occupied(&mut vec![entry.clone()], &content, &BTreeSet::new()).is_empty();
    LedgerEntry { mark: if is_occupied { Mark::Adopted } else { entry.mark }, ..entry.clone() }
}

async fn delete_one(
    target: &dyn Target,
    owner: Option<&Owner>,
    entry: LedgerEntry,
    consent: Consent<'_>,
    deadline: Instant,
) -> Option<LeftBehind> {
    let key = entry.key.clone();
    let left = |message: String| Some(LeftBehind { message, key: key.clone() });
    let Some(owner) = owner else {
        return left(format!("{key}: the set has no service account to delete it with"));
    };
    let alone: Ledger = std::iter::once(entry).collect();
    let work = timeout(EACH, teardown::delete_all(target, &DiscardLedger, owner, &alone, consent));
    match timeout_at(deadline, work).await {
        Ok(Ok(Ok(done))) if !done.left.is_empty() => left(format!(
            "{key} existed before this ResourceSet, or contains such an object, and stays, without its labels"
        )),
        Ok(Ok(Ok(done))) if done.ledger.is_empty() => None,
        Ok(Ok(Ok(done))) => left(
            done.pruned
                .failed
                .first()
                .map_or_else(|| format!("{key} is still being deleted"), |failed| failed.message.clone()),
        ),
        Ok(Ok(Err(error))) => left(error.to_string()),
        Ok(Err(_)) | Err(_) => left(format!("{key} is not known to be gone: there was no time to wait for it")),
    }
}

fn is_namespace(key: &ObjectKey, name: &str) -> bool {
    key.group.is_empty() && key.kind == "Namespace" && key.name == name
}

/// Names what is left and why, for an event.
pub(super) fn message(cause: &Cause, left: &[LeftBehind]) -> String {
    let why = match cause {
        Cause::NamespaceTerminating => "its namespace is being deleted".to_owned(),
        Cause::AccountGone(account) => format!("its service account {account} does not exist any more"),
    };
    let mut list: Vec<&str> = left.iter().take(SHOWN).map(|left| left.message.as_str()).collect();
    let more = left.len().saturating_sub(SHOWN);
    let more_text = format!("and {more} more");
    if more > 0 {
        list.push(&more_text);
    }
    format!("{} objects are left behind, because {why}: {}", left.len(), list.join("; "))
}
