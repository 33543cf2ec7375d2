//! Places: how many calls may do something at once, shared fairly.
//!
//! # Guarantees
//! No origin and no namespace holds more than its bound. A place that becomes free goes to the namespace that holds the
//! fewest, then to the origin that holds the fewest, then to whoever has waited longest: a namespace with a thousand
//! providers keeps another one waiting for one place, not for a thousand.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// On whose behalf a place is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claimant {
    namespace: Arc<str>,
    origin: Option<Arc<str>>,
}

impl Claimant {
    /// Of a consumer `Kind/namespace/name` that asks this origin.
    pub(crate) fn new(consumer: &str, origin: Option<&str>) -> Self {
        Self { namespace: consumer.split('/').nth(1).unwrap_or_default().into(), origin: origin.map(Arc::from) }
    }
}

/// How many places there are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) all: usize,
    pub(crate) of_namespace: usize,
    pub(crate) of_origin: usize,
}

impl Bounds {
    /// So many, whoever takes them; fairness is in the order alone.
    pub(crate) fn all(all: usize) -> Self {
        Self { all, of_namespace: all, of_origin: all }
    }
}

/// Places of one kind.
#[derive(Debug)]
pub(crate) struct Places {
    bounds: Bounds,
    state: Mutex<State>,
}

/// A place that is taken; dropping it frees it.
#[derive(Debug)]
pub(crate) struct Place {
    places: Arc<Places>,
    claimant: Claimant,
}

#[derive(Debug, Default)]
struct State {
    held: usize,
    by_namespace: HashMap<Arc<str>, usize>,
    by_origin: HashMap<Arc<str>, usize>,
    /// In the order of their coming.
    waiting: VecDeque<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    claimant: Claimant,
    give: oneshot::Sender<Place>,
}

impl Places {
    pub(crate) fn new(bounds: Bounds) -> Arc<Self> {
        Arc::new(Self { bounds, state: Mutex::default() })
    }

    /// Waits for a place.
    pub(crate) async fn take(self: Arc<Self>, claimant: Claimant) -> Place {
        loop {
            let given = {
                let mut state = self.state();
                // Whoever waits is kept back by a bound of its own, so nobody is overtaken.
                if state.admits(&claimant, self.bounds) {
                    state.hold(&claimant);
                    drop(state);
                    return Place { places: self, claimant };
                }
                let (give, given) = oneshot::channel();
                state.waiting.push_back(Waiting { claimant: claimant.clone(), give });
                given
            };
            if let Ok(place) = given.await {
                return place;
            }
        }
    }

    fn give_back(self: &Arc<Self>, claimant: &Claimant) {
        let mut chosen = Vec::new();
        {
            let mut state = self.state();
            state.release(claimant);
            while let Some(next) = state.next(self.bounds) {
                state.hold(&next.claimant);
                chosen.push(next);
            }
        }
        for Waiting { claimant, give } in chosen {
            // If nobody waits for it any more the place comes back, and is given to the next.
            drop(give.send(Place { places: Arc::clone(self), claimant }));
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.give_back(&self.claimant);
    }
}

impl State {
    fn held_by(&self, claimant: &Claimant) -> (usize, usize) {
        let of = |held: &HashMap<Arc<str>, usize>, key: &Arc<str>| held.get(key).copied().unwrap_or(0);
        let origin = claimant.origin.as_ref().map_or(0, |origin| of(&self.by_origin, origin));
        (of(&self.by_namespace, &claimant.namespace), origin)
    }

    fn admits(&self, claimant: &Claimant, bounds: Bounds) -> bool {
        let (namespace, origin) = self.held_by(claimant);
        self.held < bounds.all && namespace < bounds.of_namespace && origin < bounds.of_origin
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

    /// The next one that may have a place, taken out of the queue.
    fn next(&mut self, bounds: Bounds) -> Option<Waiting> {
        self.waiting.retain(|waiting| !waiting.give.is_closed());
        let (_, at) = (0..self.waiting.len())
            .filter_map(|at| {
                let claimant = &self.waiting.get(at)?.claimant;
                self.admits(claimant, bounds).then(|| (self.held_by(claimant), at))
            })
            .min()?;
        self.waiting.remove(at)
    }
}

/// One place less; what holds none is forgotten.
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

    fn ask(places: &Arc<Places>, namespace: &str, origin: &str) -> BoxFuture<'static, Place> {
        let claimant = Claimant::new(&format!("Kind/{namespace}/name"), Some(origin));
        Arc::clone(places).take(claimant).boxed()
    }

    fn now(asked: &mut BoxFuture<'static, Place>) -> Option<Place> {
        asked.now_or_never()
    }

    #[test]
    fn a_free_place_goes_to_the_namespace_that_holds_the_fewest() {
        let places = Places::new(Bounds::all(2));
        let first = now(&mut ask(&places, "a", "x")).unwrap();
        let second = now(&mut ask(&places, "a", "x")).unwrap();
        let mut more: Vec<_> = (0..100).map(|_| ask(&places, "a", "x")).collect();
        assert!(more.iter_mut().all(|asked| now(asked).is_none()));
        let mut late = ask(&places, "b", "x");
        assert!(now(&mut late).is_none());
        drop(first);
        assert!(now(&mut late).is_some(), "a hundred of another namespace came before");
        drop(second);
        assert!(now(&mut more[0]).is_some(), "then the one that waited longest");
    }

    #[test]
    fn one_origin_and_one_namespace_have_bounds_of_their_own() {
        let places = Places::new(Bounds { all: 4, of_namespace: 3, of_origin: 2 });
        let held: Vec<_> = ["x", "x", "y"].map(|origin| now(&mut ask(&places, "a", origin)).unwrap()).into();
        assert!(now(&mut ask(&places, "b", "x")).is_none(), "the origin has its two");
        assert!(now(&mut ask(&places, "a", "z")).is_none(), "the namespace has its three");
        let last = now(&mut ask(&places, "b", "y")).unwrap();
        let mut full = ask(&places, "c", "z");
        assert!(now(&mut full).is_none());
        drop(last);
        assert!(now(&mut full).is_some());
        drop(held);
        assert_eq!(places.state().held, 0);
        assert!(places.state().by_namespace.is_empty() && places.state().by_origin.is_empty());
    }

    #[test]
    fn who_no_longer_waits_takes_no_place() {
        let places = Places::new(Bounds::all(1));
        let held = now(&mut ask(&places, "a", "x")).unwrap();
        let mut left = ask(&places, "b", "x");
        let mut stays = ask(&places, "c", "x");
        assert!(now(&mut left).is_none() && now(&mut stays).is_none());
        drop(left);
        drop(held);
        assert!(now(&mut stays).is_some());
    }
}
