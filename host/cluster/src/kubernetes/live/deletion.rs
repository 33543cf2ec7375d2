//! Objects that are being deleted: whether they are gone, and what they wait for.

use crate::kubernetes::client::connection::Session;
use crate::kubernetes::client::refusal::Refusal;
use crate::kubernetes::live::wait::now;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use orangery_core::{Deadline, Object, Timestamp};
use serde_json::Value;
use std::time::{Duration, Instant, SystemTime};

/// Pause between two reads of a terminating object.
const PAUSE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));
/// A deletion that has not ended.
pub(crate) struct Ending {
    /// What it waits for.
    pub(crate) waiting: String,
    /// When its deletion was asked for, or its grace period ends; `None` if its deletion was not asked for.
    pub(crate) since: Option<Timestamp>,
}

impl Ending {
    /// What the live object tells.
    pub(crate) fn of(live: &Object) -> Self {
        let since = live.0.get("metadata").and_then(|metadata| metadata.get("deletionTimestamp"));
        let since = since.and_then(|since| serde_json::from_value::<Time>(since.clone()).ok());
        let since = since.map(|since| SystemTime::from(since.0).into());
        Self { waiting: terminating(live).unwrap_or_else(|| "is still there".to_owned()), since }
    }

    /// When the object should be gone, if that takes at most `limit`. The clock is the API server's, so that it goes on when we are
    /// started again.
    pub(crate) fn deadline(&self, limit: Duration) -> Deadline {
        match self.since.map(|since| since + limit) {
            Some(until) if until <= now() => Deadline::Passed,
            Some(until) => Deadline::At(until),
            None => Deadline::NotBegun,
        }
    }
}

/// Reads until the object with this UID is gone, at most for `limit`. Returns what it waits for if it is not.
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
