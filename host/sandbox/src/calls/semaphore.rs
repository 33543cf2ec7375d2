//! A semaphore for calls that is fair between namespaces and between origins.
//!
//! # Guarantees
//! No origin and no namespace holds more permits than its bound. A permit that becomes free goes to the namespace that holds the
//! fewest, then to the origin that holds the fewest, then to the longest waiting claimant: a namespace with a thousand providers
//! delays another namespace by one permit, not by a thousand.

use crate::consumer::Consumer;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// The namespace and origin that a permit is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claimant {
    namespace: Arc<str>,
    origin: Option<Arc<str>>,
}

impl Claimant {
    pub(crate) fn new(consumer: &Consumer, origin: Option<&str>) -> Self {
        Self { namespace: consumer.namespace().into(), origin: origin.map(Arc::from) }
    }
}

/// How many permits there are in all, and at most for each namespace and origin.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Capacity {
    pub(crate) all: usize,
    pub(crate) of_namespace: usize,
    pub(crate) of_origin: usize,
}

impl Capacity {
    /// This many permits for everybody: only the order of the waiters is fair.
    pub(crate) fn all(all: usize) -> Self {
        Self { all, of_namespace: all, of_origin: all }
    }
}

/// Hands out a bounded number of permits.
#[derive(Debug)]
pub(crate) struct FairSemaphore {
    capacity: Capacity,
    state: Mutex<State>,
}

/// A permit; dropping it gives it back.
#[derive(Debug)]
pub(crate) struct Permit {
    semaphore: Arc<FairSemaphore>,
    claimant: Claimant,
}

#[derive(Debug, Default)]
struct State {
    held: usize,
    by_namespace: HashMap<Arc<str>, usize>,
    by_origin: HashMap<Arc<str>, usize>,
    /// Waiters in the order in which they came.
    waiting: VecDeque<Waiter>,
}

#[derive(Debug)]
struct Waiter {
    claimant: Claimant,
    give: oneshot::Sender<Permit>,
}

impl FairSemaphore {
    pub(crate) fn new(capacity: Capacity) -> Arc<Self> {
        Arc::new(Self { capacity, state: Mutex::default() })
    }

    /// Waits for a permit.
    pub(crate) async fn take(self: Arc<Self>, claimant: Claimant) -> Permit {
        loop {
            let given = {
                let mut state = self.state();
                // Nobody is overtaken: a waiter in the queue is held back by a bound that does not concern this claimant.
                if state.admits(&claimant, self.capacity) {
                    state.hold(&claimant);
                    drop(state);
                    return Permit { semaphore: self, claimant };
                }
                let (give, given) = oneshot::channel();
                state.waiting.push_back(Waiter { claimant: claimant.clone(), give });
                given
            };
            if let Ok(permit) = given.await {
                return permit;
            }
        }
    }

    fn give_back(self: &Arc<Self>, claimant: &Claimant) {
        let mut chosen = Vec::new();
        {
            let mut state = self.state();
            state.release(claimant);
            while let Some(next) = state.next(self.capacity) {
                state.hold(&next.claimant);
                chosen.push(next);
            }
        }
        for Waiter { claimant, give } in chosen {
            // If the waiter has left, the permit is dropped and so goes to the next one.
            drop(give.send(Permit { semaphore: Arc::clone(self), claimant }));
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.semaphore.give_back(&self.claimant);
    }
}

impl State {
    fn held_by(&self, claimant: &Claimant) -> (usize, usize) {
        let of = |held: &HashMap<Arc<str>, usize>, key: &Arc<str>| held.get(key).copied().unwrap_or(0);
        let origin = claimant.origin.as_ref().map_or(0, |origin| of(&self.by_origin, origin));
        (of(&self.by_namespace, &claimant.namespace), origin)
    }

    fn admits(&self, claimant: &Claimant, capacity: Capacity) -> bool {
        let (namespace, origin) = self.held_by(claimant);
        self.held < capacity.all && namespace < capacity.of_namespace && origin < capacity.of_origin
    }

    fn hold(&mut self, claimant: &Claimant) {
        self.held += 1;
        *self.by_namespace.entry(Arc::clone(&claimant.namespace)).or_default() += 1;
        if let Some(origin) = &claimant.origin {
            *self.by_origin.entry(Arc::clone(origin)).or_default() += 1;
        }
    }

    fn release(&mut self, claimant: &Claimant) {
        self.held = self.held.saturating_sub(1);
        leave(&mut self.by_namespace, &claimant.namespace);
        if let Some(origin) = &claimant.origin {
            leave(&mut self.by_origin, origin);
        }
    }

    /// Takes the next waiter that may have a permit out of the queue.
    fn next(&mut self, capacity: Capacity) -> Option<Waiter> {
        self.waiting.retain(|waiting| !waiting.give.is_closed());
        let (_, at) = (0..self.waiting.len())
            .filter_map(|at| {
                let claimant = &self.waiting.get(at)?.claimant;
                self.admits(claimant, capacity).then(|| (self.held_by(claimant), at))
            })
            .min()?;
        self.waiting.remove(at)
    }
}

/// Subtracts one permit; an entry without permits is removed.
fn leave(held: &mut HashMap<Arc<str>, usize>, key: &Arc<str>) {
    if let Some(count) = held.get_mut(key) {
        *count = count.saturating_sub(1);
        if *count == 0 {
            held.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt as _;
    use futures::future::BoxFuture;

    fn ask(semaphore: &Arc<FairSemaphore>, namespace: &str, origin: &str) -> BoxFuture<'static, Permit> {
        let claimant = Claimant::new(&format!("Kind/{namespace}/name").into(), Some(origin));
        Arc::clone(semaphore).take(claimant).boxed()
    }

    fn now(asked: &mut BoxFuture<'static, Permit>) -> Option<Permit> {
        asked.now_or_never()
    }

    #[test]
    fn a_free_place_goes_to_the_namespace_that_holds_the_fewest() {
        let semaphore = FairSemaphore::new(Capacity::all(2));
        let first = now(&mut ask(&semaphore, "a", "x")).unwrap();
        let second = now(&mut ask(&semaphore, "a", "x")).unwrap();
        let mut more: Vec<_> = (0..100).map(|_| ask(&semaphore, "a", "x")).collect();
        assert!(more.iter_mut().all(|asked| now(asked).is_none()));
        let mut late = ask(&semaphore, "b", "x");
        assert!(now(&mut late).is_none());
        drop(first);
        assert!(now(&mut late).is_some(), "a hundred of another namespace came before");
        drop(second);
        assert!(now(&mut more[0]).is_some(), "then the one that waited longest");
    }

    #[test]
    fn one_origin_and_one_namespace_have_capacity_of_their_own() {
        let semaphore = FairSemaphore::new(Capacity { all: 4, of_namespace: 3, of_origin: 2 });
        let held: Vec<_> = ["x", "x", "y"].map(|origin| now(&mut ask(&semaphore, "a", origin)).unwrap()).into();
        assert!(now(&mut ask(&semaphore, "b", "x")).is_none(), "the origin has its two");
        assert!(now(&mut ask(&semaphore, "a", "z")).is_none(), "the namespace has its three");
        let last = now(&mut ask(&semaphore, "b", "y")).unwrap();
        let mut full = ask(&semaphore, "c", "z");
        assert!(now(&mut full).is_none());
        drop(last);
        assert!(now(&mut full).is_some());
        drop(held);
        assert_eq!(semaphore.state().held, 0);
        assert!(semaphore.state().by_namespace.is_empty() && semaphore.state().by_origin.is_empty());
    }

    #[test]
    fn who_no_longer_waits_takes_no_place() {
        let semaphore = FairSemaphore::new(Capacity::all(1));
        let held = now(&mut ask(&semaphore, "a", "x")).unwrap();
        let mut left = ask(&semaphore, "b", "x");
        let mut stays = ask(&semaphore, "c", "x");
        assert!(now(&mut left).is_none() && now(&mut stays).is_none());
        drop(left);
        drop(held);
        assert!(now(&mut stays).is_some());
    }
}
