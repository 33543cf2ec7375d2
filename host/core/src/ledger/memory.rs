//! What the guard remembers of a set between reconciliations and restarts: bounded in size, written with the ledger.
//!
//! # Guarantees
//! Nothing is written while nothing is deleted. At most [`MAX_LEVELS`] levels are kept; where more were needed, two become one
//! that is as high as the higher and lasts as long as the longer, so that the guard holds rather too early than too late.

use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long a level counts after deletions lowered the number.
pub const HIGH_WATER: Duration = Duration::from_secs(60 * 60);

/// How many levels are kept.
pub const MAX_LEVELS: usize = 12;

/// How many inputs there were until deletions lowered their number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HighWaterLevel {
    /// How many inputs owned objects.
    pub inputs: usize,
    /// When deletions lowered the number. The level counts for [`HIGH_WATER`] from then.
    pub until: Timestamp,
}

/// What the guard remembers of a set.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GuardMemory {
    /// The approval that was used last: `status.lastHandledApproval`. It is never accepted again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_approval: Option<String>,
    /// The levels of the last hour, the oldest and highest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub levels: Vec<HighWaterLevel>,
    /// The policy that the present hold was judged by; `None` if nothing is held or an older version judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_under: Option<String>,
}

impl GuardMemory {
    /// The high-water mark: the most inputs of the last hour, as far as it is remembered.
    #[must_use]
    pub fn high_water(&self, now: Timestamp) -> usize {
        self.levels.iter().filter(|level| level.counts(now)).map(|level| level.inputs).max().unwrap_or_default()
    }

    /// The memory after deletions that lowered the number of inputs from `inputs`.
    pub(crate) fn after_a_drop(&self, inputs: usize, now: Timestamp) -> Self {
        let mut levels: Vec<HighWaterLevel> =
            self.levels.iter().filter(|level| level.counts(now) && level.inputs > inputs).copied().collect();
        levels.push(HighWaterLevel { inputs, until: now });
        while levels.len() > MAX_LEVELS {
            // The two whose ends are closest to each other lose the least by becoming one.
            let ends = levels.windows(2).enumerate().map(|(index, pair)| match pair {
                [first, second] => (second.until.since(first.until), index),
                _ => (Duration::MAX, index),
            });
            let Some((_, index)) = ends.min() else { break };
            let first = levels.remove(index);
            if let Some(second) = levels.get_mut(index) {
                second.inputs = second.inputs.max(first.inputs);
            }
        }
        Self { levels, ..self.clone() }
    }

    /// The memory after intended deletions: the earlier levels no longer count.
    pub(crate) fn after_intended_deletions(&self) -> Self {
        Self { levels: Vec::new(), ..self.clone() }
    }

    /// The memory after approved deletions.
    pub(crate) fn after_approval(&self, digest: &str) -> Self {
        Self { last_approval: Some(digest.to_owned()), ..self.after_intended_deletions() }
    }
}

impl HighWaterLevel {
    fn counts(&self, now: Timestamp) -> bool {
        self.until + HIGH_WATER > now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn the_mark_is_the_most_of_the_last_hour() {
        let memory =
            GuardMemory::default().after_a_drop(100, at(0)).after_a_drop(60, at(1000)).after_a_drop(55, at(2000));
        assert_eq!(memory.high_water(at(3000)), 100);
        assert_eq!(memory.high_water(at(0) + HIGH_WATER), 60);
        assert_eq!(memory.high_water(at(1500) + HIGH_WATER), 55);
        assert_eq!(memory.high_water(at(2000) + HIGH_WATER), 0);
    }

    #[test]
    fn a_level_that_a_later_one_reaches_is_forgotten() {
        let memory = GuardMemory::default().after_a_drop(10, at(0)).after_a_drop(20, at(1000));
        assert_eq!(memory.levels, [HighWaterLevel { inputs: 20, until: at(1000) }]);
    }

    #[test]
    fn however_much_goes_few_levels_are_kept_and_the_mark_is_never_lower_than_it_was() {
        let mut memory = GuardMemory::default();
        for step in 0..1000 {
            let inputs = 1000 - usize::try_from(step).unwrap();
            memory = memory.after_a_drop(inputs, at(step * 1000));
            assert!(memory.levels.len() <= MAX_LEVELS);
            assert_eq!(memory.high_water(at(step * 1000)), 1000, "all of it is within one hour");
        }
        let text = serde_json::to_string(&memory).unwrap();
        assert!(text.len() < 1000, "{text}");
        assert_eq!(serde_json::from_str::<GuardMemory>(&text).unwrap(), memory);
    }
}
