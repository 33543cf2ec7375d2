//! Tells when a cache holds a complete list that was begun in the present term.
//!
//! `Store::wait_until_ready` of kube remembers only one waker, so that of several waiters one is woken and the others wait for ever.
//! The controller of a store is that one waiter; all others wait here.

use crate::kubernetes::lease::Term;
use kube::runtime::watcher::{self, Event};
use tokio::sync::watch;

/// Observes the watch.
pub(super) struct ListObserver {
    completed: watch::Sender<Term>,
    /// Of the list that is observed now.
    term: Term,
}

/// Waits for the list. Clones wait independently of each other.
#[derive(Clone)]
pub(super) struct InitialList(watch::Receiver<Term>);

/// An observer and a waiter for one cache.
pub(super) fn channel() -> (ListObserver, InitialList) {
    let (completed, receiver) = watch::channel(Term::NONE);
    (ListObserver { completed, term: Term::NONE }, InitialList(receiver))
}

impl ListObserver {
    /// The events from now on are those of a watch that began in this term.
    pub(super) fn enter(&mut self, term: Term) {
        self.term = term;
    }

    /// Notes an event that the cache has taken in already.
    pub(super) fn observe<K>(&self, event: &Result<Event<K>, watcher::Error>) {
        if let Ok(Event::InitDone) = event {
            self.completed.send_replace(self.term);
        }
    }
}

impl InitialList {
    /// Whether there has been a complete list at all.
    pub(super) fn was_ever_complete(&self) -> bool {
        *self.0.borrow() > Term::NONE
    }

    /// Waits for a complete list of this term or a later one; for ever if the watch ends before it.
    pub(super) async fn complete(&self, term: Term) {
        if self.0.clone().wait_for(|completed| *completed >= term).await.is_err() {
            std::future::pending().await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::kubernetes::lease::{Fence, Since};
    use futures::future::join_all;
    use std::time::Duration;
    use tokio::time::Instant;

    /// A term and the next one.
    fn terms() -> (Term, Term) {
        let fence = Fence::closed();
        let begin = || {
            fence.begin(Instant::now(), Since::AnotherLed);
            fence.term()
        };
        (begin(), begin())
    }

    #[tokio::test]
    async fn everybody_who_waits_is_woken_by_one_complete_list() {
        let (mut filling, filled) = channel();
        let (term, _) = terms();
        filling.enter(term);
        let waiters: Vec<_> = (0..20)
            .map(|_| {
                let filled = filled.clone();
                tokio::spawn(async move { filled.complete(term).await })
            })
            .collect();
        tokio::task::yield_now().await;
        filling.observe::<()>(&Ok(Event::Init));
        filling.observe(&Ok(Event::InitApply(())));
        assert!(!filled.was_ever_complete(), "half a list is none");
        filling.observe::<()>(&Ok(Event::InitDone));
        assert!(filled.was_ever_complete());
        let woken = tokio::time::timeout(Duration::from_secs(60), join_all(waiters)).await;
        assert!(woken.unwrap().iter().all(Result::is_ok));
    }

    #[tokio::test]
    async fn a_list_of_an_earlier_term_is_not_enough() {
        let (mut filling, filled) = channel();
        let (first, second) = terms();
        filling.enter(first);
        filling.observe::<()>(&Ok(Event::InitDone));
        filled.complete(first).await;
        assert!(tokio::time::timeout(Duration::from_millis(50), filled.complete(second)).await.is_err());
        filling.enter(second);
        filling.observe::<()>(&Ok(Event::InitDone));
        filled.complete(second).await;
    }

    #[tokio::test]
    async fn a_watch_that_ends_before_its_list_fills_nothing() {
        let (filling, filled) = channel();
        drop(filling);
        let (term, _) = terms();
        assert!(tokio::time::timeout(Duration::from_millis(50), filled.complete(term)).await.is_err());
    }
}
