//! Whether the deletion of a whole set is intended, or an accident that affects many sets.
//!
//! Deleting one set, or a few, is intended. Two things delete all of them although that is rarely intended: the
//! definition of ResourceSet is deleted (`kubectl delete crd …`, an uninstall of Flux Operator), or a tool deletes them
//! one after the other (`--all`, a chart, a directory that became empty). Then the objects stay until a person decides.
//!
//! | rule | held when |
//! |---|---|
//! | definition | the definition of ResourceSet is being deleted |
//! | many | at least [`DeletionPolicy::at_least`] sets, and at least half of all, are deleted within [`DeletionPolicy::within`] |
//!
//! A set whose namespace is being deleted, one that is suspended and one whose deletion was approved count nowhere.

use crate::keys;
use crate::time::Timestamp;
use std::time::Duration;

/// When the deletion of sets is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeletionPolicy {
    /// Whether anything is held at all.
    pub hold: DeletionHold,
    /// Fewer sets than this are never too many.
    pub at_least: usize,
    /// Deletions within this time belong together.
    pub within: Duration,
}

/// Whether deletions of sets can be held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeletionHold {
    /// Accidents are held.
    On,
    /// Every deletion is carried out at once.
    Off,
}

impl Default for DeletionPolicy {
    fn default() -> Self {
        Self { hold: DeletionHold::On, at_least: 5, within: Duration::from_secs(60) }
    }
}

/// A number of sets that were deleted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MassDeletion {
    /// The number of deleted sets.
    pub deleted: usize,
    /// The number of sets before the deletions.
    pub all: usize,
}

/// Why a deletion is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeletionHoldReason {
    /// The definition of ResourceSet is being deleted.
    Definition,
    /// Too many sets are deleted at once.
    MassDeletion(MassDeletion),
}

impl DeletionPolicy {
    /// Whether a deletion at `own` is one of too many: `deletions` are the times of all deletions that count, this one
    /// among them; `all` is the number of sets that there are or were.
    #[must_use]
    pub fn too_many(&self, own: Timestamp, deletions: &[Timestamp], all: usize) -> Option<MassDeletion> {
        let in_window =
            |start: Timestamp| deletions.iter().filter(|at| (start..=start + self.within).contains(at)).count();
        // Every window that matters begins with a deletion.
        let starts = deletions.iter().copied().filter(|start| *start <= own && own.since(*start) <= self.within);
        let deleted = starts.map(in_window).max().unwrap_or_default();
        let many = deleted >= self.at_least && deleted.saturating_mul(2) >= all;
        (self.hold == DeletionHold::On && many).then_some(MassDeletion { deleted, all })
    }

    /// How long to wait for further deletions before the first one is carried out, because clients delete one set after
    /// the other. The wait is zero if there are too few sets for the rule, and otherwise what a client such as kubectl
    /// needs for half of them, at fifty a second.
    #[must_use]
    pub fn settling(&self, all: usize) -> Duration {
        const LEAST: Duration = Duration::from_secs(2);
        const EACH: Duration = Duration::from_millis(20);
        const MOST: Duration = Duration::from_secs(15);
        if self.hold == DeletionHold::Off || all < self.at_least {
            return Duration::ZERO;
        }
        (LEAST + EACH.saturating_mul(u32::try_from(all / 2).unwrap_or(u32::MAX))).min(MOST)
    }
}

impl DeletionHoldReason {
    /// The message of the condition `DeletionHeld` of a set with this UID and so many objects.
    #[must_use]
    pub fn message(self, uid: &str, objects: usize) -> String {
        let why = match self {
            Self::Definition => "the definition of ResourceSet is being deleted, and all sets with it".to_owned(),
            Self::MassDeletion(MassDeletion { deleted, all }) => {
                format!("{deleted} of {all} ResourceSets are deleted at once")
            }
        };
        format!(
            "the deletion of {objects} objects is held: {why}. To delete them, set the annotation {}: {uid}. To keep them and let the \
             set go, set {}: disabled; a set of the same name takes them up again",
            keys::APPROVE_DELETION,
            keys::RECONCILE,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use proptest::prelude::*;

    const SECOND: u64 = 1000;

    fn at(millis: &[u64]) -> Vec<Timestamp> {
        millis.iter().copied().map(Timestamp::from_millis).collect()
    }

    fn judge(deletions: &[u64], all: usize) -> Option<MassDeletion> {
        let deletions = at(deletions);
        DeletionPolicy::default().too_many(deletions[0], &deletions, all)
    }

    #[test]
    fn five_of_ten_are_held_and_four_or_five_of_eleven_are_not() {
        assert_eq!(judge(&[1, 2, 3, 4, 5], 10), Some(MassDeletion { deleted: 5, all: 10 }));
        assert_eq!(judge(&[1, 2, 3, 4], 4), None, "all of four are a few");
        assert_eq!(judge(&[1, 2, 3, 4, 5], 11), None, "less than half");
        assert_eq!(judge(&[1, 2, 3, 4, 5, 6], 12), Some(MassDeletion { deleted: 6, all: 12 }));
    }

    #[test]
    fn only_what_goes_within_a_minute_belongs_together() {
        let spread: Vec<u64> = (0..10).map(|nth| nth * 20 * SECOND).collect();
        assert_eq!(judge(&spread, 10), None, "four in any minute");
        let dense: Vec<u64> = (0..10).map(|nth| nth * 15 * SECOND).collect();
        let dense = at(&dense);
        for own in &dense {
            let held = DeletionPolicy::default().too_many(*own, &dense, 10);
            assert_eq!(
                held,
                Some(MassDeletion { deleted: 5, all: 10 }),
                "the window may begin before, around or at {own}"
            );
        }
        let stray = [3600 * SECOND, 1, 2, 3, 4, 5];
        assert_eq!(judge(&stray, 6), None, "an hour later is another wish");
    }

    #[test]
    fn switched_off_nothing_is_held_and_nobody_waits() {
        let off = DeletionPolicy { hold: DeletionHold::Off, ..DeletionPolicy::default() };
        assert_eq!(off.too_many(Timestamp::from_millis(1), &at(&[1; 100]), 100), None);
        assert_eq!(off.settling(100), Duration::ZERO);
    }

    #[test]
    fn who_has_few_sets_does_not_wait_and_who_has_many_waits_longer() {
        let policy = DeletionPolicy::default();
        assert_eq!(policy.settling(4), Duration::ZERO);
        assert_eq!(policy.settling(5), Duration::from_millis(2040));
        assert_eq!(policy.settling(400), Duration::from_secs(6));
        assert_eq!(policy.settling(100_000), Duration::from_secs(15));
    }

    #[test]
    fn the_message_says_why_and_both_ways_out() {
        let message = DeletionHoldReason::MassDeletion(MassDeletion { deleted: 6, all: 7 }).message("u-1", 3);
        for part in
            ["3 objects", "6 of 7", "orangery.dev/approve-deletion: u-1", "fluxcd.controlplane.io/reconcile: disabled"]
        {
            assert!(message.contains(part), "{part:?} is not in {message}");
        }
        assert!(DeletionHoldReason::Definition.message("u-1", 3).contains("definition"));
    }

    proptest! {
        #[test]
        fn all_of_at_least_five_at_once_are_held_whatever_the_order(mut offsets in prop::collection::vec(0..60_000_u64, 5..40), first in 0..1_000_000_u64) {
            offsets.iter_mut().for_each(|at| *at += first);
            let offsets = at(&offsets);
            for own in &offsets {
                prop_assert!(DeletionPolicy::default().too_many(*own, &offsets, offsets.len()).is_some());
            }
        }

        #[test]
        fn fewer_than_five_are_never_held(deletions in prop::collection::vec(any::<u64>(), 1..5)) {
            prop_assert_eq!(judge(&deletions, deletions.len()), None);
        }
    }
}
