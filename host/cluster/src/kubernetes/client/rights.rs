//! What an identity has been told about what it may do.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a right that was granted is believed. Roles change.
const BELIEVED: Duration = Duration::from_secs(600);
/// How long a missing one is: somebody who has just added it should not have to wait.
const MISSING: Duration = Duration::from_secs(10);

/// Verb, group, resource and namespace.
pub(super) type Place = (&'static str, String, String, String);

/// The access reviews of one identity: when it asked, and what it was told.
#[derive(Default)]
pub(crate) struct Rights {
    told: Mutex<HashMap<Place, (Instant, bool)>>,
}

impl Rights {
    /// What was told recently enough to be believed.
    pub(super) fn known(&self, place: &Place) -> Option<bool> {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, allowed) = told.get(place)?;
        (at.elapsed() < if *allowed { BELIEVED } else { MISSING }).then_some(*allowed)
    }

    /// Keeps an answer.
    pub(super) fn keep(&self, place: Place, allowed: bool) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.retain(|_, (at, _)| at.elapsed() < BELIEVED);
        told.insert(place, (Instant::now(), allowed));
    }
}
