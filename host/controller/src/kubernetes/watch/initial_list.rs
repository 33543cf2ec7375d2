//! Tells when a cache holds its first complete list.
//!
//! `Store::wait_until_ready` of kube remembers only one waker, so that of several waiters one is woken and the others wait for ever.
//! The controller of a store is that one waiter; all others wait here.

use kube::runtime::watcher::{self, Event};
use tokio::sync::watch;

/// Observes the watch.
pub(super) struct ListObserver(watch::Sender<bool>);

/// Waits for the list. Clones wait independently of each other.
#[derive(Clone)]
pub(super) struct InitialList(watch::Receiver<bool>);

/// An observer and a waiter for one cache.
pub(super) fn channel() -> (ListObserver, InitialList) {
    let (sender, receiver) = watch::channel(false);
    (ListObserver(sender), InitialList(receiver))
}

impl ListObserver {
    /// Notes an event that the cache has taken in already.
    pub(super) fn observe<K>(&self, event: &Result<Event<K>, watcher::Error>) {
        if let Ok(Event::InitDone) = event {
            self.0.send_replace(true);
        }
    }
}

impl InitialList {
    /// Whether the first list is complete.
    pub(super) fn is_complete(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits for the first complete list; for ever if the watch ends before it.
    pub(super) async fn wait(&mut self) {
        if self.0.wait_for(|filled| *filled).await.is_err() {
            std::future::pending().await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use futures::future::join_all;
    use std::time::Duration;

    #[tokio::test]
    async fn everybody_who_waits_is_woken_by_one_complete_list() {
        let (filling, filled) = channel();
        let waiters: Vec<_> = (0..20)
            .map(|_| {
                let mut filled = filled.clone();
                tokio::spawn(async move { filled.wait().await })
            })
            .collect();
        tokio::task::yield_now().await;
        filling.observe::<()>(&Ok(Event::Init));
        filling.observe(&Ok(Event::InitApply(())));
        assert!(!filled.is_complete(), "half a list is none");
        filling.observe::<()>(&Ok(Event::InitDone));
        assert!(filled.is_complete());
        let woken = tokio::time::timeout(Duration::from_secs(60), join_all(waiters)).await;
        assert!(woken.unwrap().iter().all(Result::is_ok));
    }

    #[tokio::test]
    async fn a_watch_that_ends_before_its_list_fills_nothing() {
        let (filling, mut filled) = channel();
        drop(filling);
        assert!(tokio::time::timeout(Duration::from_millis(50), filled.wait()).await.is_err());
    }
}
