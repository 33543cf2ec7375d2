//! Lets a restarted operator tell without requests that objects are as it left them: one short digest for a few
//! objects each.
//!
//! # Guarantees
//! Objects are confirmed only as a group: if one of them has changed, or nothing is known about it, no object of its
//! group is confirmed.

use crate::input::digest::sha256_hex;
use crate::object::ObjectKey;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Objects whose state shares one digest. More make the ledger smaller, fewer make one changed object cost fewer requests.
const GROUP: usize = 4;
/// As [`GROUP`], in a ledger of more than [`LARGE`] objects.
const LARGE_GROUP: usize = 16;
const LARGE: usize = 4000;

/// The state in which a set left its objects.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seal {
    /// A digest for each group; 0 where nothing is known.
    groups: Vec<u64>,
}

/// The state of each object: a digest of what was rendered and of what is live; `None` if it is not known.
pub type ObjectStates = BTreeMap<ObjectKey, Option<u64>>;

impl Seal {
    /// Seals these states.
    #[must_use]
    pub fn of(states: &ObjectStates) -> Self {
        let groups = grouped(states, Self::groups(states.len()));
        Self { groups: groups.iter().map(digest).collect() }
    }

    /// How many groups so many objects have.
    #[must_use]
    pub fn groups(objects: usize) -> usize {
        objects.div_ceil(if objects > LARGE { LARGE_GROUP } else { GROUP })
    }

    /// The objects whose states are those that were sealed.
    #[must_use]
    pub fn confirms<'s>(&self, states: &'s ObjectStates) -> BTreeSet<&'s ObjectKey> {
        let groups = grouped(states, self.groups.len());
        let same =
            groups.into_iter().zip(&self.groups).filter(|(group, sealed)| **sealed != 0 && digest(group) == **sealed);
        same.flat_map(|(group, _)| group.into_keys()).collect()
    }

    /// Whether nothing is sealed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// The digests in hexadecimal, sixteen digits each.
    #[must_use]
    pub fn to_hex(&self) -> String {
        self.groups.iter().map(|group| format!("{group:016x}")).collect()
    }

    /// Reads what [`Seal::to_hex`] wrote; anything else seals nothing.
    #[must_use]
    pub fn from_hex(text: &str) -> Self {
        let digits: Vec<char> = text.chars().collect();
        let group = |digits: &[char]| u64::from_str_radix(&digits.iter().collect::<String>(), 16).ok();
        let groups: Option<Vec<u64>> = digits.chunks(16).map(group).collect();
        Self { groups: groups.filter(|_| digits.len().is_multiple_of(16)).unwrap_or_default() }
    }
}

type Group<'s> = BTreeMap<&'s ObjectKey, Option<u64>>;

fn grouped(states: &ObjectStates, count: usize) -> Vec<Group<'_>> {
    let mut groups = vec![Group::new(); count];
    let most = u64::try_from(count).unwrap_or(u64::MAX).max(1);
    for (key, state) in states {
        let place = short(&format!("{}/{key}", key.group)) % most;
        if let Some(group) = usize::try_from(place).ok().and_then(|place| groups.get_mut(place)) {
            group.insert(key, *state);
        }
    }
    groups
}

fn digest(group: &Group<'_>) -> u64 {
    let lines: Option<Vec<String>> =
        group.iter().map(|(key, state)| Some(format!("{}/{key} {:x}\n", key.group, (*state)?))).collect();
    lines.filter(|lines| !lines.is_empty()).map(|lines| short(&lines.concat()).max(1)).unwrap_or_default()
}

fn short(text: &str) -> u64 {
    let hex = sha256_hex(text.as_bytes());
    hex.get(..16).and_then(|head| u64::from_str_radix(head, 16).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: usize) -> ObjectKey {
        let text = str::to_owned;
        ObjectKey { group: text(""), kind: text("ConfigMap"), namespace: text("apps"), name: name.to_string() }
    }

    fn states(count: usize) -> ObjectStates {
        (0..count).map(|name| (key(name), u64::try_from(name).ok())).collect()
    }

    #[test]
    fn everything_is_confirmed_as_it_was_and_a_change_only_costs_its_own_group() {
        let seal = Seal::from_hex(&Seal::of(&states(1000)).to_hex());
        assert_eq!(seal.confirms(&states(1000)).len(), 1000);
        for change in [Some(7777), None] {
            let mut changed = states(1000);
            changed.insert(key(500), change);
            let confirmed = seal.confirms(&changed);
            assert!(!confirmed.contains(&key(500)) && confirmed.len() > 980, "{}", confirmed.len());
        }
        let mut fewer = states(1000);
        fewer.remove(&key(3));
        assert!((980..999).contains(&seal.confirms(&fewer).len()), "the others of its group are asked about");
        assert!((980..1001).contains(&seal.confirms(&states(1001)).len()));
    }

    #[test]
    fn what_is_not_known_is_never_confirmed() {
        let mut unknown = states(9);
        unknown.insert(key(3), None);
        assert!(!Seal::of(&unknown).confirms(&unknown).contains(&key(3)));
        assert!(Seal::default().confirms(&states(9)).is_empty() && Seal::of(&states(0)).is_empty());
        for odd in ["xyz", "0123", "00000000000000001"] {
            assert!(Seal::from_hex(odd).is_empty(), "{odd}");
        }
    }
}
