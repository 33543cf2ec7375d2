//! What annotations say of when and how long an object is reconciled.

use crate::{duration, keys};
use std::collections::BTreeMap;
use std::time::Duration;

/// The longest timeout that an annotation can ask for.
pub const LONGEST_TIMEOUT: Duration = Duration::from_secs(60 * 60);

/// When and how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cadence {
    /// Time between two re-checks; `None` is never by the clock.
    pub interval: Option<Duration>,
    /// Bounds health checks (sets) or polls (providers).
    pub timeout: Duration,
    /// What the annotation asked for, if that was more than [`LONGEST_TIMEOUT`].
    pub shortened_from: Option<Duration>,
    /// Suspended by annotation.
    pub suspended: bool,
}

impl Cadence {
    /// For a set: every 60 minutes, for at most 5.
    #[must_use]
    pub fn of_set(annotations: &BTreeMap<String, String>) -> Self {
        Self::of(annotations, Duration::from_secs(60 * 60), Duration::from_secs(5 * 60))
    }

    /// For a provider: every 10 minutes, for at most 2.
    #[must_use]
    pub fn of_provider(annotations: &BTreeMap<String, String>) -> Self {
        Self::of(annotations, Duration::from_secs(10 * 60), Duration::from_secs(2 * 60))
    }

    fn of(annotations: &BTreeMap<String, String>, interval: Duration, timeout: Duration) -> Self {
        let text = |key: &str| annotations.get(key).map(String::as_str);
        let asked = duration::timeout(text(keys::RECONCILE_TIMEOUT), timeout);
        Self {
            interval: duration::interval(text(keys::RECONCILE_EVERY), interval),
            timeout: asked.min(LONGEST_TIMEOUT),
            shortened_from: (asked > LONGEST_TIMEOUT).then_some(asked),
            suspended: text(keys::RECONCILE).is_some_and(|word| word.eq_ignore_ascii_case("disabled")),
        }
    }
}
