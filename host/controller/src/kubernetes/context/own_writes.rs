//! Remembers how far our own writes have brought each custom resource, so that a reconciliation can begin with the cache.
//!
//! # Guarantees
//! An object from the cache is used only if the cache has taken in our own last write to it. Then the ledger in its status is the
//! present one, because nobody else writes it; what somebody else has changed a moment ago reaches the cache, and triggers the next
//! reconciliation.

use kube::ResourceExt;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// The resource version of our last write, by the UID of the object.
#[derive(Default)]
pub(in crate::kubernetes) struct OwnWrites(Mutex<HashMap<String, u64>>);

impl OwnWrites {
    /// Notes the answer to a write.
    pub(in crate::kubernetes) fn note(&self, written: &impl ResourceExt) {
        let Some(uid) = written.uid() else { return };
        // A version that is not a number cannot be compared: the object is read each time.
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(uid, number(written).unwrap_or(u64::MAX));
    }

    /// Whether the cached object has our last write in it.
    pub(in crate::kubernetes) fn are_in(&self, cached: &impl ResourceExt) -> bool {
        let Some(uid) = cached.uid() else { return false };
        let writes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        writes.get(&uid).is_none_or(|written| number(cached).is_some_and(|cached| cached >= *written))
    }

    /// The object is gone.
    pub(in crate::kubernetes) fn forget(&self, uid: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(uid);
    }
}

fn number(object: &impl ResourceExt) -> Option<u64> {
    object.resource_version()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use orangery_api::ResourceSet;

    fn set(version: &str) -> ResourceSet {
        let mut set = ResourceSet::new("a", orangery_api::ResourceSetSpec::default());
        set.metadata.uid = Some("u".to_owned());
        set.metadata.resource_version = Some(version.to_owned());
        set
    }

    #[test]
    fn a_cache_without_our_last_write_is_not_used() {
        let writes = OwnWrites::default();
        assert!(writes.are_in(&set("1")), "we have written nothing");
        writes.note(&set("10"));
        assert_eq!(
            [writes.are_in(&set("9")), writes.are_in(&set("10")), writes.are_in(&set("11"))],
            [false, true, true]
        );
        writes.note(&set("not a number"));
        assert!(!writes.are_in(&set("12")));
        writes.forget("u");
        assert!(writes.are_in(&set("1")));
    }
}
