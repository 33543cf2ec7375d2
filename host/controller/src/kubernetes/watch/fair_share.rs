//! Decides which namespace is next: how many sets are worked on at once, and how many of one namespace.
//!
//! # Guarantees
//! While others wait, a namespace has at most its share of the places, so that many or slow sets of one do not keep those of
//! another. Within a namespace the order is that of asking; between namespaces the one with the fewest sets under way is next.
//! Whoever stops waiting holds no place.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::oneshot;

/// All places.
pub(super) struct FairShare {
    state: Mutex<State>,
    places: usize,
    of_one: usize,
}

#[derive(Default)]
struct State {
    working: BTreeMap<String, usize>,
    taken: usize,
    waiting: BTreeMap<String, VecDeque<(u64, oneshot::Sender<Slot>)>>,
    asked: u64,
}

/// Who may be worked on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Namespaces {
    /// One: all places are its own.
    One,
    /// All of them: some places are always left for another one.
    All,
}

/// A place, until it is dropped.
pub(super) struct Slot {
    fair_share: Arc<FairShare>,
    /// Taken out when the place is given to nobody.
    namespace: Option<String>,
}

impl FairShare {
    pub(super) fn new(places: u16, namespaces: Namespaces) -> Arc<Self> {
        let places = usize::from(places).max(1);
        let of_one = match namespaces {
            Namespaces::One => places,
            Namespaces::All => (places - places.div_ceil(4)).max(1),
        };
        Arc::new(Self { state: Mutex::default(), places, of_one })
    }

    /// Waits for a place.
    pub(super) async fn take(self: &Arc<Self>, namespace: &str) -> Slot {
        loop {
            let (give, given) = oneshot::channel();
            {
                let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
                state.asked += 1;
                let number = state.asked;
                state.waiting.entry(namespace.to_owned()).or_default().push_back((number, give));
            }
            self.give();
            // The giver goes only with the whole.
            if let Ok(slot) = given.await {
                return slot;
            }
        }
    }

    /// Gives free places to those who wait.
    fn give(self: &Arc<Self>) {
        loop {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            if state.taken >= self.places {
                return;
            }
            let Some((namespace, give)) = state.next(self.of_one) else { return };
            if give.is_closed() {
                continue;
            }
            state.taken += 1;
            *state.working.entry(namespace.clone()).or_default() += 1;
            drop(state);
            if let Err(mut slot) = give.send(Slot { fair_share: Arc::clone(self), namespace: Some(namespace) }) {
                slot.end();
            }
        }
    }
}

impl State {
    /// Takes the next one out of the queue.
    fn next(&mut self, of_one: usize) -> Option<(String, oneshot::Sender<Slot>)> {
        let under_way = |namespace: &String| self.working.get(namespace).copied().unwrap_or_default();
        let may = self.waiting.iter().filter(|(namespace, queue)| !queue.is_empty() && under_way(namespace) < of_one);
        let first = |queue: &VecDeque<(u64, oneshot::Sender<Slot>)>| queue.front().map(|(number, _)| *number);
        let next = may.min_by_key(|(namespace, queue)| (under_way(namespace), first(queue)))?.0.clone();
        let queue = self.waiting.get_mut(&next)?;
        let (_, give) = queue.pop_front()?;
        if queue.is_empty() {
            self.waiting.remove(&next);
        }
        Some((next, give))
    }
}

impl Slot {
    /// Gives the place back without giving it on.
    fn end(&mut self) {
        let Some(namespace) = self.namespace.take() else { return };
        let mut state = self.fair_share.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.taken = state.taken.saturating_sub(1);
        if let Some(working) = state.working.get_mut(&namespace) {
            *working = working.saturating_sub(1);
            if *working == 0 {
                state.working.remove(&namespace);
            }
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if self.namespace.is_some() {
            self.end();
            self.fair_share.give();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    /// Asks, and has the place at once or is in the queue.
    fn asks(
        fair_share: &Arc<FairShare>,
        namespace: &'static str,
    ) -> (Option<Slot>, futures::future::BoxFuture<'static, Slot>) {
        let fair_share = Arc::clone(fair_share);
        let mut asking = async move { fair_share.take(namespace).await }.boxed();
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
        // The next place goes to the namespace with fewer sets under way, though the other one asked first.
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
    async fn who_stops_waiting_holds_no_place() {
        let fair_share = FairShare::new(1, Namespaces::All);
        let (only, _) = asks(&fair_share, "a");
        let (_, gone) = asks(&fair_share, "b");
        let (_, stays) = asks(&fair_share, "b");
        drop(gone);
        drop(only);
        assert!(stays.now_or_never().is_some());
        let (_, given) = asks(&fair_share, "c");
        drop(given);
        assert!(asks(&fair_share, "d").0.is_some());
    }
}
