//! What annotations say of when and how long an object is reconciled.

use crate::{duration, keys};
use std::collections::BTreeMap;
use std::time::Duration;

/// The longest timeout that an annotation can ask for.
pub const LONGEST_TIMEOUT: Duration = Duration::from_secs(60 * 60);

/// Which operator acts on an object, where this one runs beside Flux Operator, and whether it acts at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Management {
    /// This operator acts.
    Active,
    /// This operator acts although the annotation that it shares with Flux Operator says `disabled`, so that the other one does not.
    ActiveHere,
    /// Nobody acts: the shared annotation says `disabled`, or our own `suspended`.
    Suspended,
    /// This operator does not touch the object. Another one may act on it.
    Elsewhere,
}

impl Management {
    /// Reads both annotations; [`keys::OWN_RECONCILE`] wins over [`keys::RECONCILE`]. Other words than those, in any case, say
    /// nothing.
    #[must_use]
    pub fn of(annotations: &BTreeMap<String, String>) -> Self {
        let says = |key: &str, wanted: &str| annotations.get(key).is_some_and(|word| word.eq_ignore_ascii_case(wanted));
        if says(keys::OWN_RECONCILE, "disabled") {
            Self::Elsewhere
        } else if says(keys::OWN_RECONCILE, "enabled") {
            Self::ActiveHere
        } else if says(keys::OWN_RECONCILE, "suspended") || says(keys::RECONCILE, "disabled") {
            Self::Suspended
        } else {
            Self::Active
        }
    }

    /// Whether this operator acts on the object.
    #[must_use]
    pub fn is_active(self) -> bool {
        match self {
            Self::Active | Self::ActiveHere => true,
            Self::Suspended | Self::Elsewhere => false,
        }
    }
}

/// When and how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cadence {
    /// Time between two re-checks; `None` is never by the clock.
    pub interval: Option<Duration>,
    /// Bounds health checks (sets) or polls (providers).
    pub timeout: Duration,
    /// What the annotation asked for, if that was more than [`LONGEST_TIMEOUT`].
    pub shortened_from: Option<Duration>,
    /// Suspended by annotation, or left to another operator.
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
            suspended: !Management::of(annotations).is_active(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_annotation_wins_over_the_shared_one() {
        for (shared, own, expected) in [
            (None, None, Management::Active),
            (Some("enabled"), None, Management::Active),
            (Some("Disabled"), None, Management::Suspended),
            (Some("disabled"), Some("Enabled"), Management::ActiveHere),
            (None, Some("enabled"), Management::ActiveHere),
            (None, Some("disabled"), Management::Elsewhere),
            (Some("disabled"), Some("disabled"), Management::Elsewhere),
            (None, Some("suspended"), Management::Suspended),
            (Some("disabled"), Some("perhaps"), Management::Suspended),
        ] {
            let annotations = [(keys::RECONCILE, shared), (keys::OWN_RECONCILE, own)];
            let annotations =
                annotations.into_iter().filter_map(|(key, word)| Some((key.to_owned(), word?.to_owned())));
            assert_eq!(Management::of(&annotations.collect()), expected, "{shared:?} {own:?}");
        }
    }
}
