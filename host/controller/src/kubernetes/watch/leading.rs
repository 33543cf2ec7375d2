//! Watches and reconciles only while this copy leads.
//!
//! # Guarantees
//! What is triggered while this copy stands by waits, each object once. A reconciliation that the loss of the lease interrupts ends where
//! it waits next, and starts over. In a new term, in which another copy may have acted, nothing is reconciled before the caches hold a
//! fresh list: an old one could lack what that copy has created, and it would be deleted.

use super::initial_list::{InitialList, ListObserver};
use crate::kubernetes::lease::{Fence, Reign};
use futures::{Stream, StreamExt, stream};
use kube::runtime::controller::Action;
use kube::runtime::watcher::{self, Event};
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

/// The events of the watch of each reign, one after the other. A watch goes on over a lost lease until this copy leads again; then
/// it begins anew with a list, because a watch that the API server has left hanging cannot be told from a quiet one.
pub(super) fn watch_while_leading<K, W>(
    fence: Fence,
    list: Arc<Mutex<ListObserver>>,
    watch: impl Fn() -> W,
) -> impl Stream<Item = Result<Event<K>, watcher::Error>>
where
    W: Stream<Item = Result<Event<K>, watcher::Error>>,
{
    let watches = stream::unfold((fence, Reign::NONE), |(fence, last)| async move {
        let (term, reign) = fence.leads_after(last).await;
        Some(((fence.clone(), term, reign), (fence, reign)))
    });
    watches.flat_map(move |(fence, term, reign)| {
        list.lock().unwrap_or_else(PoisonError::into_inner).enter(term);
        let superseded = async move { fence.superseded(reign).await };
        watch().take_until(Box::pin(superseded))
    })
}

/// Waits until this copy leads and the caches are fresh, then reconciles; starts over when the lease is lost meanwhile. `stop` ends
/// the waiting.
pub(super) async fn while_leading<E, R>(
    fence: &Fence,
    caches: &[InitialList],
    stop: impl Future<Output = ()> + Clone,
    reconcile: impl Fn() -> R,
) -> Result<Action, E>
where
    R: Future<Output = Result<Action, E>>,
{
    loop {
        let leads = async {
            let term = fence.leads().await;
            let fresh = async {
                for cache in caches {
                    cache.complete(term).await;
                }
            };
            tokio::select! {
                () = fresh => Some(term),
                () = fence.lost(term) => None,
            }
        };
        let term = tokio::select! {
            biased;
            () = stop.clone() => return Ok(Action::await_change()),
            term = leads => term,
        };
        let Some(term) = term else { continue };
        tokio::select! {
            result = reconcile() => return result,
            () = fence.lost(term) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use super::super::initial_list::channel;
    use crate::kubernetes::lease::Since;
    use futures::FutureExt;
    use std::convert::Infallible;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;
    use tokio::time::{Instant, timeout};

    const PATIENCE: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn what_is_interrupted_starts_over_when_the_lease_is_ours_again() {
        let (fence, begun) = (Fence::closed(), AtomicUsize::new(0));
        let never = futures::future::pending::<()>().shared();
        let working = while_leading(&fence, &[], never, || {
            let attempt = begun.fetch_add(1, Ordering::SeqCst);
            async move {
                if attempt == 0 {
                    futures::future::pending::<()>().await;
                }
                Ok::<_, Infallible>(Action::requeue(Duration::from_secs(7)))
            }
        });
        let changing = async {
            assert_eq!(begun.load(Ordering::SeqCst), 0, "nothing begins without the lease");
            fence.begin(Instant::now() + Duration::from_millis(200), Since::AnotherLed);
            fence.lost(fence.term()).await;
            assert_eq!(begun.load(Ordering::SeqCst), 1);
            fence.begin(Instant::now() + PATIENCE, Since::NobodyLed);
        };
        let (result, ()) = timeout(PATIENCE, async { tokio::join!(working, changing) }).await.unwrap();
        assert_eq!(result.unwrap(), Action::requeue(Duration::from_secs(7)));
        assert_eq!(begun.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_copy_that_stands_by_can_be_stopped() {
        let stopped = futures::future::ready(()).shared();
        let reconcile = || async { Ok::<_, Infallible>(Action::requeue(PATIENCE)) };
        let ended = timeout(PATIENCE, while_leading(&Fence::closed(), &[], stopped, reconcile)).await.unwrap();
        assert_eq!(ended.unwrap(), Action::await_change());
    }

    #[tokio::test]
    async fn each_reign_begins_with_a_list_and_only_a_new_term_waits_for_it() {
        let (observer, listed) = channel();
        let (fence, list) = (Fence::closed(), Arc::new(Mutex::new(observer)));
        let events = watch_while_leading::<(), _>(fence.clone(), Arc::clone(&list), || {
            stream::iter([Ok(Event::Init), Ok(Event::InitDone)]).chain(stream::pending())
        });
        let mut events = std::pin::pin!(events.inspect(|event| {
            list.lock().unwrap_or_else(PoisonError::into_inner).observe(event);
        }));
        let caches = std::slice::from_ref(&listed);
        let never = futures::future::pending::<()>().shared();
        let reconcile = || async { Ok::<_, Infallible>(Action::await_change()) };
        let pause = Duration::from_millis(50);
        let deadline = || Instant::now() + PATIENCE;
        assert!(timeout(pause, events.next()).await.is_err(), "a copy that never led does not watch");
        fence.begin(deadline(), Since::AnotherLed);
        assert!(timeout(pause, while_leading(&fence, caches, never.clone(), reconcile)).await.is_err());
        for _ in 0..2 {
            events.next().await.unwrap().unwrap();
        }
        timeout(PATIENCE, while_leading(&fence, caches, never.clone(), reconcile)).await.unwrap().unwrap();
        fence.close();
        assert!(timeout(pause, events.next()).await.is_err(), "it keeps its watch while it stands by");
        fence.begin(deadline(), Since::NobodyLed);
        timeout(PATIENCE, while_leading(&fence, caches, never.clone(), reconcile)).await.unwrap().unwrap();
        for _ in 0..2 {
            events.next().await.unwrap().unwrap();
        }
        fence.close();
        fence.begin(deadline(), Since::AnotherLed);
        let waits = timeout(pause, while_leading(&fence, caches, never.clone(), reconcile)).await;
        assert!(waits.is_err(), "the list is from before the other copy");
        for _ in 0..2 {
            events.next().await.unwrap().unwrap();
        }
        timeout(PATIENCE, while_leading(&fence, caches, never, reconcile)).await.unwrap().unwrap();
    }
}
