//! The policy of the guard: the operator's defaults, refined by the annotations of a set.

use crate::conditions::{Notice, Reason};
use crate::keys;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// How many inputs or objects may disappear at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thresholds {
    /// The share from which a loss is too large, in percent, 1 to 100.
    pub share: u8,
    /// A loss of up to this many is never too large.
    pub floor: u32,
}

/// When to hold. The operator sets the defaults, annotations of one set refine them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GuardPolicy {
    /// Whether the guard holds anything at all.
    pub on: bool,
    /// Whether all objects, or all inputs of one source, may disappear.
    pub allow_empty: bool,
    /// How much may vanish at once.
    pub thresholds: Thresholds,
}

/// Not of the form `SHARE/FLOOR`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{given:?} is not of the form SHARE/FLOOR, a percentage from 1 to 100 and a number of inputs, for example 50/5"
)]
pub struct ThresholdsError {
    /// What was given.
    pub given: String,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { share: 50, floor: 5 }
    }
}

impl fmt::Display for Thresholds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.share, self.floor)
    }
}

impl FromStr for Thresholds {
    type Err = ThresholdsError;

    fn from_str(text: &str) -> Result<Self, ThresholdsError> {
        let wrong = || ThresholdsError { given: text.to_owned() };
        let (share, floor) = text.trim().split_once('/').ok_or_else(wrong)?;
        let share = share.trim();
        let share: u8 = share.strip_suffix('%').unwrap_or(share).parse().map_err(|_| wrong())?;
        let floor = floor.trim().parse().map_err(|_| wrong())?;
        if (1..=100).contains(&share) { Ok(Self { share, floor }) } else { Err(wrong()) }
    }
}

impl Default for GuardPolicy {
    fn default() -> Self {
        Self { on: true, allow_empty: false, thresholds: Thresholds::default() }
    }
}

impl fmt::Display for GuardPolicy {
    /// The form of `status.pendingPrune.policy`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let empty = if self.allow_empty { " allow-empty" } else { "" };
        write!(f, "{}{empty}", self.thresholds)
    }
}

impl GuardPolicy {
    /// The policy for a set with these annotations, and what is wrong with them. A value that cannot be read changes nothing.
    #[must_use]
    pub fn with_annotations(self, annotations: &BTreeMap<String, String>) -> (Self, Vec<Notice>) {
        let mut policy = self;
        let mut notices = Vec::new();
        if let Some(value) = annotations.get(keys::PRUNE_GUARD) {
            let word = value.trim();
            if word.eq_ignore_ascii_case("off") {
                policy.on = false;
            } else if word.eq_ignore_ascii_case("on") {
                policy.on = true;
            } else {
                match word.parse() {
                    Ok(thresholds) => policy = Self { on: true, thresholds, ..policy },
                    Err(error) => notices.push(Notice::warning(
                        Reason::InvalidSpec,
                        format!(
                            "metadata.annotations[{}]: {error}; nor is it on or off. The operator's default stays in force: {}",
                            keys::PRUNE_GUARD,
                            if self.on { self.thresholds.to_string() } else { "off".to_owned() }
                        ),
                    )),
                }
            }
        }
        if let Some(value) = annotations.get(keys::ALLOW_EMPTY) {
            let word = value.trim();
            if word.eq_ignore_ascii_case("true") || word.eq_ignore_ascii_case("false") {
                policy.allow_empty = word.eq_ignore_ascii_case("true");
            } else {
                notices.push(Notice::warning(
                    Reason::InvalidSpec,
                    format!(
                        "metadata.annotations[{}]: {value:?} is neither true nor false; it stays {}",
                        keys::ALLOW_EMPTY,
                        self.allow_empty
                    ),
                ));
            }
        }
        (policy, notices)
    }

    /// Whether so many of so many at once could be a mistake.
    pub(super) fn too_many(self, gone: usize, of: usize) -> bool {
        let Thresholds { share, floor } = self.thresholds;
        gone > usize::try_from(floor).unwrap_or(usize::MAX)
            && gone.saturating_mul(100) >= of.saturating_mul(usize::from(share))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refined(key: &str, value: &str) -> (GuardPolicy, Vec<String>) {
        let (policy, notices) = GuardPolicy::default().with_annotations(&[(key.to_owned(), value.to_owned())].into());
        (policy, notices.into_iter().map(|notice| notice.message).collect())
    }

    #[test]
    fn a_set_chooses_its_own_thresholds() {
        for (text, share, floor) in [("25/2", 25, 2), (" 100% / 0 ", 100, 0), ("1/4000000000", 1, 4_000_000_000)] {
            let (policy, notices) = refined(keys::PRUNE_GUARD, text);
            assert_eq!(policy.thresholds, Thresholds { share, floor }, "{text}");
            assert!(policy.on && notices.is_empty());
        }
        let off = GuardPolicy { on: false, ..GuardPolicy::default() };
        assert!(off.with_annotations(&[(keys::PRUNE_GUARD.to_owned(), "50/5".to_owned())].into()).0.on);
        assert!(off.with_annotations(&[(keys::PRUNE_GUARD.to_owned(), "on".to_owned())].into()).0.on);
        assert!(!refined(keys::PRUNE_GUARD, "Off").0.on);
    }

    #[test]
    fn a_value_that_cannot_be_read_is_named_and_changes_nothing() {
        for value in ["", "maybe", "50", "50/", "/5", "0/5", "101/5", "50/-1", "50/5/1", "half/5", "true"] {
            let (policy, notices) = refined(keys::PRUNE_GUARD, value);
            assert_eq!(policy, GuardPolicy::default(), "{value}");
            assert_eq!(notices.len(), 1, "{value}");
            assert!(notices[0].contains("orangery.dev/prune-guard") && notices[0].contains("for example 50/5"));
            assert!(notices[0].ends_with("The operator's default stays in force: 50/5"), "{}", notices[0]);
        }
        let (policy, notices) = refined(keys::ALLOW_EMPTY, "yes");
        assert_eq!(policy, GuardPolicy::default());
        assert!(notices[0].contains("orangery.dev/allow-empty]: \"yes\" is neither true nor false"), "{}", notices[0]);
    }

    #[test]
    fn the_share_is_reached_exactly_and_the_floor_is_not() {
        let policy = GuardPolicy::default();
        assert!(policy.too_many(50, 100) && policy.too_many(6, 12) && policy.too_many(6, 11));
        assert!(!policy.too_many(49, 100) && !policy.too_many(5, 5) && !policy.too_many(6, 13));
    }
}
