//! One series for each existing object.

use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

/// One series for each existing object. Series of deleted objects are refused, because a reconciliation that was under way at the
/// deletion would otherwise bring the series back for ever. UIDs are never used again.
#[derive(Clone)]
pub(super) struct Series<L> {
    pub(super) family: Family<L, Gauge>,
    known: Arc<Mutex<Known<L>>>,
}

struct Known<L> {
    shown: HashMap<String, (L, i64)>,
    gone: VecDeque<String>,
    /// A copy that stands by shows nothing: what it knows may be old.
    role: Role,
}

/// Whether this copy acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It holds the lease.
    Leader,
    /// Another copy acts, or none.
    Standby,
}

impl<L: Clone + Eq + Hash> Series<L> {
    /// Deletions that are remembered: far more than reconciliations run at once.
    const REMEMBERED: usize = 1000;

    pub(super) fn new() -> Self {
        let known = Known { shown: HashMap::new(), gone: VecDeque::new(), role: Role::Leader };
        Self { family: Family::default(), known: Arc::new(Mutex::new(known)) }
    }

    /// Replaces the series of the object with this UID; a value of 0 has no series.
    pub(super) fn show(&self, uid: String, labels: L, value: i64) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.gone.contains(&uid) {
            return;
        }
        let old = match value {
            0 => known.shown.remove(&uid),
            _ => known.shown.insert(uid, (labels.clone(), value)),
        };
        if let Some((old, _)) = old {
            self.family.remove(&old);
        }
        if known.role == Role::Leader && value != 0 {
            self.family.get_or_create(&labels).set(value);
        }
    }

    pub(super) fn plays(&self, role: Role) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.role = role;
        for (labels, value) in known.shown.values() {
            match role {
                Role::Leader => drop(self.family.get_or_create(labels).set(*value)),
                Role::Standby => drop(self.family.remove(labels)),
            }
        }
    }

    pub(super) fn forget(&self, uid: &str) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((old, _)) = known.shown.remove(uid) {
            self.family.remove(&old);
        }
        if !known.gone.iter().any(|gone| gone == uid) {
            known.gone.push_back(uid.to_owned());
            if known.gone.len() > Self::REMEMBERED {
                known.gone.pop_front();
            }
        }
    }
}
