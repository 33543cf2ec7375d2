//! Bounds how long one rendering looks for the inputs that break the renderer.
//!
//! A batch that breaks is halved until single inputs are to blame, however many there are: whoever can open one
//! change request that breaks a renderer can open twenty, and the environments of others must not be affected. The
//! search is bounded by time, because each broken call may use up the time of a call. After the broken calls took
//! [`BUDGETS`] times the processor time of one call together, a batch that breaks fails as a whole; after twice that,
//! no more calls are made.

use crate::guest::fault::Fault;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How many times the processor time of a call may be spent, 60 s by default: enough to find several inputs that loop
/// among 256.
const BUDGETS: u32 = 30;

/// The time that one rendering has spent on broken calls so far.
pub(super) struct FaultSearch {
    most: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    spent: Duration,
    last: Option<Fault>,
}

/// What to do with a batch that broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Search {
    /// Halve the batch to find the inputs that are to blame.
    GoesOn,
    /// Fail the batch as a whole.
    Ends,
}

impl FaultSearch {
    /// A search that starts with nothing spent; one call may use this much processor time.
    pub(super) fn new(cpu: Duration) -> Self {
        Self { most: cpu.saturating_mul(BUDGETS), state: Mutex::default() }
    }

    /// Records a broken call.
    pub(super) fn found(&self, fault: &Fault, took: Duration) -> Search {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let search = if state.spent < self.most { Search::GoesOn } else { Search::Ends };
        state.spent = state.spent.saturating_add(took);
        state.last = Some(fault.clone());
        search
    }

    /// The last fault, if no more calls are to be made.
    pub(super) fn exhausted_by(&self) -> Option<Fault> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.last.clone().filter(|_| state.spent >= self.most * 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halving_ends_with_the_time_and_all_calls_end_with_twice_that() {
        let (cpu, fault) = (Duration::from_secs(1), Fault::OutOfStack);
        let search = FaultSearch::new(cpu);
        assert!((0..BUDGETS).all(|_| search.found(&fault, cpu) == Search::GoesOn));
        assert_eq!(search.found(&fault, cpu), Search::Ends);
        assert_eq!(search.exhausted_by(), None, "other batches are still tried as a whole");
        assert!((1..BUDGETS).all(|_| search.found(&fault, cpu) == Search::Ends));
        assert_eq!(search.exhausted_by(), Some(fault));
    }

    #[test]
    fn calls_that_break_at_once_are_not_counted_but_timed() {
        let search = FaultSearch::new(Duration::from_secs(1));
        assert!((0..10_000).all(|_| search.found(&Fault::OutOfStack, Duration::from_micros(500)) == Search::GoesOn));
    }
}
