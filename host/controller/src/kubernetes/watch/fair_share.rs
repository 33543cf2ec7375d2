//! Limits how many sets are reconciled at once, and how many of one namespace.
//!
//! # Guarantees
//! One namespace never gets the last quarter of the slots, so that many or slow sets of one namespace do not delay those of
//! another. Within a namespace, slots are granted in the order of the requests; between namespaces, to the one with the fewest
//! running sets. A request that is dropped holds no slot.

use crate::kubernetes::metrics::QueueState;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// The slots of all namespaces.
pub(super) struct FairShare {
    state: Mutex<State>,
    slots: usize,
    per_namespace: usize,
}

#[derive(Default)]
struct State {
    running: BTreeMap<String, usize>,
    used: usize,
    waiting: BTreeMap<String, VecDeque<Request>>,
    requests: u64,
}

/// A request for a slot.
struct Request {
    number: u64,
    at: Instant,
    grant: oneshot::Sender<Slot>,
}

/// Which namespaces compete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Namespaces {
    /// Only one, which may use all slots.
    One,
    /// All of them: some slots are always left for another namespace.
    All,
}

/// A slot, until it is dropped.
pub(super) struct Slot {
    fair_share: Arc<FairShare>,
    /// `None` once the slot is given back.
    namespace: Option<String>,
}

impl FairShare {
    pub(super) fn new(slots: u16, namespaces: Namespaces) -> Arc<Self> {
        let slots = usize::from(slots).max(1);
        let per_namespace = match namespaces {
            Namespaces::One => slots,
            Namespaces::All => (slots - slots.div_ceil(4)).max(1),
        };
        Arc::new(Self { state: Mutex::default(), slots, per_namespace })
    }

    /// Waits for a slot.
    pub(super) async fn acquire(self: &Arc<Self>, namespace: &str) -> Slot {
        loop {
            let (grant, granted) = oneshot::channel();
            {
                let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
                state.requests += 1;
                let number = state.requests;
                let request = Request { number, at: Instant::now(), grant };
                state.waiting.entry(namespace.to_owned()).or_default().push_back(request);
            }
            self.grant();
            // The sender is dropped only together with `self`.
            if let Ok(slot) = granted.await {
                return slot;
            }
        }
    }

    /// Grants free slots to those who wait.
    fn grant(self: &Arc<Self>) {
        loop {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            if state.used >= self.slots {
                return;
            }
            let Some((namespace, grant)) = state.next(self.per_namespace) else { return };
            if grant.is_closed() {
                continue;
            }
            state.used += 1;
            *state.running.entry(namespace.clone()).or_default() += 1;
            drop(state);
            if let Err(mut slot) = grant.send(Slot { fair_share: Arc::clone(self), namespace: Some(namespace) }) {
                slot.end();
            }
        }
    }
}

impl State {
    /// Takes the next request out of its queue.
    fn next(&mut self, per_namespace: usize) -> Option<(String, oneshot::Sender<Slot>)> {
        let running_in = |namespace: &String| self.running.get(namespace).copied().unwrap_or_default();
        let may =
            self.waiting.iter().filter(|(namespace, queue)| !queue.is_empty() && running_in(namespace) < per_namespace);
        let first = |queue: &VecDeque<Request>| queue.front().map(|request| request.number);
        let next = may.min_by_key(|(namespace, queue)| (running_in(namespace), first(queue)))?.0.clone();
        let queue = self.waiting.get_mut(&next)?;
        let Request { grant, .. } = queue.pop_front()?;
        if queue.is_empty() {
            self.waiting.remove(&next);
        }
        Some((next, grant))
    }
}

impl State {
    /// The requests that somebody still waits for.
    fn open(&self) -> impl Iterator<Item = &Request> {
        self.waiting.values().flatten().filter(|request| !request.grant.is_closed())
    }
}

impl QueueState for FairShare {
    fn waiting(&self) -> usize {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).open().count()
    }

    fn oldest(&self) -> Duration {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.open().map(|request| request.at.elapsed()).max().unwrap_or_default()
    }
}

impl Slot {
    /// Gives the slot back, without granting it to the next.
    fn end(&mut self) {
        let Some(namespace) = self.namespace.take() else { return };
        let mut state = self.fair_share.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.used = state.used.saturating_sub(1);
        if let Some(running) = state.running.get_mut(&namespace) {
            *running = running.saturating_sub(1);
            if *running == 0 {
                state.running.remove(&namespace);
            }
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if self.namespace.is_some() {
            self.end();
            self.fair_share.grant();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    /// Asks, and has the slot at once or is in the queue.
    fn asks(
        fair_share: &Arc<FairShare>,
        namespace: &'static str,
    ) -> (Option<Slot>, futures::future::BoxFuture<'static, Slot>) {
        let fair_share = Arc::clone(fair_share);
        let mut asking = async move { fair_share.acquire(namespace).await }.boxed();
        (asking.as_mut().now_or_never(), asking)
    }

    #[tokio::test]
    async fn one_namespace_never_takes_the_last_places() {
        let fair_share = FairShare::new(4, Namespaces::All);
        let busy: Vec<_> = (0..10).map(|_| asks(&fair_share, "busy")).collect();
        assert_eq!(busy.iter().filter(|(slot, _)| slot.is_some()).count(), 3);
        let (other, _) = asks(&fair_share, "other");
        assert!(other.is_some(), "another namespace does not wait");
        let (second, waits) = asks(&fair_share, "other");
        assert!(second.is_none());
        // The next slot goes to the namespace with fewer sets under way, though the other one requests first.
        drop(busy);
        assert!(waits.now_or_never().is_some());
    }

    #[tokio::test]
    async fn a_place_goes_to_whom_has_fewest_under_way() {
        let fair_share = FairShare::new(3, Namespaces::All);
        let (first, _) = asks(&fair_share, "a");
        let (second, _) = asks(&fair_share, "a");
        let (third, _) = asks(&fair_share, "b");
        let (a, mut a_waits) = asks(&fair_share, "a");
        let (c, c_waits) = asks(&fair_share, "c");
        assert!(first.is_some() && second.is_some() && third.is_some() && a.is_none() && c.is_none());
        drop(first);
        let c = c_waits.now_or_never();
        assert!(c.is_some() && a_waits.as_mut().now_or_never().is_none());
        drop(second);
        assert!(a_waits.now_or_never().is_some());
    }

    #[tokio::test]
    async fn a_single_namespace_has_all_places_and_one_place_serves_everybody_in_turn() {
        let fair_share = FairShare::new(2, Namespaces::One);
        let both = [asks(&fair_share, "a").0, asks(&fair_share, "a").0];
        assert!(both.iter().all(Option::is_some));
        let fair_share = FairShare::new(1, Namespaces::All);
        let (only, _) = asks(&fair_share, "a");
        let (none, waits) = asks(&fair_share, "b");
        assert!(only.is_some() && none.is_none());
        drop(only);
        assert!(waits.now_or_never().is_some());
    }

    #[tokio::test]
    async fn those_who_wait_are_counted_until_they_are_served_or_leave() {
        let fair_share = FairShare::new(1, Namespaces::All);
        let (only, _) = asks(&fair_share, "a");
        assert_eq!((fair_share.waiting(), fair_share.oldest()), (0, Duration::ZERO));
        let (_, leaves) = asks(&fair_share, "a");
        let (_, stays) = asks(&fair_share, "b");
        assert_eq!(fair_share.waiting(), 2);
        assert!(fair_share.oldest() > Duration::ZERO);
        drop(leaves);
        assert_eq!(fair_share.waiting(), 1);
        drop(only);
        assert_eq!(fair_share.waiting(), 0);
        drop(stays);
    }

    #[tokio::test]
    async fn who_stops_waiting_holds_no_place() {
        let fair_share = FairShare::new(1, Namespaces::All);
        let (only, _) = asks(&fair_share, "a");
        let (_, gone) = asks(&fair_share, "b");
        let (_, stays) = asks(&fair_share, "b");
        drop(gone);
        drop(only);
        assert!(stays.now_or_never().is_some());
        let (_, granted) = asks(&fair_share, "c");
        drop(granted);
        assert!(asks(&fair_share, "d").0.is_some());
    }
}
