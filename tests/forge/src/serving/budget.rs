//! Rate limits: how many requests an account has left in the current window.
//!
//! Counts by the wall clock, one window of an hour (GitHub) or a minute (GitLab) for each account. The anonymous limit is
//! as generous as that of a token, unlike the real one of sixty: a test that wants sixty says so.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::hosted::repository::Flavour;

/// Every account's budget.
#[derive(Debug)]
pub(crate) struct Budgets {
    pub(crate) limit: BTreeMap<Flavour, u64>,
    spent: BTreeMap<(Flavour, String), Window>,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    used: u64,
    resets_at: i64,
}

/// What an account has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// Requests in a window.
    pub limit: u64,
    /// Requests spent.
    pub used: u64,
    /// When the window ends, Unix seconds.
    pub resets_at: i64,
}

impl Default for Budgets {
    fn default() -> Self {
        let limit = BTreeMap::from([(Flavour::Github, 5000), (Flavour::Gitlab, 2000)]);
        Self { limit, spent: BTreeMap::new() }
    }
}

impl Budgets {
    pub(crate) fn of(&mut self, flavour: Flavour, account: &str, now: Timestamp) -> Budget {
        let limit = self.limit.get(&flavour).copied().unwrap_or(u64::MAX);
        let window = self.window(flavour, account, now);
        Budget { limit, used: window.used.min(limit), resets_at: window.resets_at }
    }

    /// Takes one request; the refusal is that nothing is left.
    pub(crate) fn take(&mut self, flavour: Flavour, account: &str, now: Timestamp) -> Result<(), Budget> {
        let budget = self.of(flavour, account, now);
        if budget.used >= budget.limit {
            return Err(budget);
        }
        self.window(flavour, account, now).used += 1;
        Ok(())
    }

    /// Gives one back: GitHub does not count an authorized 304.
    pub(crate) fn give_back(&mut self, flavour: Flavour, account: &str, now: Timestamp) {
        let window = self.window(flavour, account, now);
        window.used = window.used.saturating_sub(1);
    }

    /// Starts every window anew with another limit.
    pub(crate) fn set(&mut self, flavour: Flavour, limit: u64) {
        self.limit.insert(flavour, limit);
        self.spent.retain(|(whose, _), _| *whose != flavour);
    }

    fn window(&mut self, flavour: Flavour, account: &str, now: Timestamp) -> &mut Window {
        let length = if flavour == Flavour::Github { 3600 } else { 60 };
        let fresh = Window { used: 0, resets_at: now.as_second() + length };
        let window = self.spent.entry((flavour, account.to_owned())).or_insert(fresh);
        if window.resets_at <= now.as_second() {
            *window = fresh;
        }
        window
    }
}

impl Budget {
    /// Requests left.
    pub fn remaining(&self) -> u64 {
        self.limit.saturating_sub(self.used)
    }
}
