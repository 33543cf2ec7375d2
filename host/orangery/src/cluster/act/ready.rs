//! Waits until an object has done what was asked of it.

use crate::cluster::connection::Connection;
use crate::cluster::item::Item;
use crate::cluster::kind::Kind;
use anyhow::anyhow;
use orangery_core::Reason;
use std::time::{Duration, Instant};

/// The first pause between two checks; each is twice as long as the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// The longest pause between two checks.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// What an object has to have handled.
#[derive(Debug, Clone, Copy)]
pub(super) enum Awaited<'a> {
    /// This request for a reconciliation.
    Request(&'a str),
    /// Its present generation.
    Generation,
}

/// Whether an object may come into being while it is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    /// It has to exist.
    Fails,
    /// It may be created later.
    Waits,
}

/// Waits until the object is ready; answers the message of its condition.
///
/// # Errors
/// It is suspended, it failed (`reason: message`), it does not exist, or time is up.
pub(super) async fn until_ready(
    connection: &Connection,
    kind: Kind,
    name: &str,
    awaited: Awaited<'_>,
    missing: Missing,
) -> anyhow::Result<String> {
    let begun = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        let found = match missing {
            Missing::Fails => Some(connection.get(kind, name).await?),
            Missing::Waits => connection.find(kind, name).await?,
        };
        if let Some(message) = found.as_ref().map(|item| judge(item, awaited)).transpose()?.flatten() {
            return Ok(message);
        }
        if begun.elapsed() >= connection.timeout {
            return Err(anyhow!("timed out waiting for {}/{name} to become ready", connection.namespace));
        }
        tokio::time::sleep(pause.min(connection.timeout.saturating_sub(begun.elapsed()))).await;
        pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
    }
}

/// The message of a ready object; `None` if it is not known yet.
fn judge(item: &Item, awaited: Awaited<'_>) -> anyhow::Result<Option<String>> {
    if item.is_suspended() {
        return Err(anyhow!("Reconciliation is disabled for {}", item.name().name));
    }
    if let Awaited::Request(requested) = awaited
        && item.text("/status/lastHandledReconcileAt") != requested
    {
        return Ok(None);
    }
    let present = item.object.metadata.generation;
    let Some(ready) = item.ready().filter(|ready| ready.generation == present) else { return Ok(None) };
    match ready.status {
        "True" => Ok(Some(ready.message.to_owned())),
        // A newer change interrupted it: the reconciliation of that one is on its way.
        "False" if ready.reason == Reason::HealthCheckCanceled.as_str() => Ok(None),
        "False" => Err(anyhow!("{}: {}", ready.reason, ready.message)),
        _ => Ok(None),
    }
}
