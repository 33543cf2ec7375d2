//! Single-flight: equal requests that are made while one is under way share its answer.
//!
//! Answers are not kept: the first request after an answer has arrived starts a new call.

use futures::FutureExt;
use futures::future::{BoxFuture, Shared, WeakShared};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Identifies a request: equal requests have equal keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct RequestKey([u8; 32]);

impl RequestKey {
    /// The key of these parts. Each part is preceded by its length, so that no two lists of parts have the same key.
    pub(crate) fn of<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(part);
        }
        Self(hash.finalize().into())
    }
}

type Flight<T> = Shared<BoxFuture<'static, T>>;

/// The requests under way.
pub(crate) struct SingleFlight<T: Clone + Send + 'static> {
    waiting: Mutex<HashMap<RequestKey, WeakShared<BoxFuture<'static, T>>>>,
}

impl<T: Clone + Send + 'static> Default for SingleFlight<T> {
    fn default() -> Self {
        Self { waiting: Mutex::default() }
    }
}

impl<T: Clone + Send + Sync + 'static> SingleFlight<T> {
    /// The answer to a request: that of an equal one under way, or that of a new call.
    pub(crate) async fn ask(&self, question: RequestKey, start: impl FnOnce() -> BoxFuture<'static, T>) -> T {
        let flight = self.join(question, start);
        let answer = flight.clone().await;
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let ours = waiting.get(&question).and_then(WeakShared::upgrade).is_none_or(|there| there.ptr_eq(&flight));
        if ours {
            waiting.remove(&question);
        }
        answer
    }

    fn join(&self, question: RequestKey, start: impl FnOnce() -> BoxFuture<'static, T>) -> Flight<T> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let there = waiting.get(&question).and_then(WeakShared::upgrade);
        if let Some(flight) = there.filter(|flight| flight.peek().is_none()) {
            return flight;
        }
        let flight = start().shared();
        if let Some(weak) = flight.downgrade() {
            waiting.insert(question, weak);
        }
        // Requests whose callers all left are still in the map.
        waiting.retain(|_, weak| weak.upgrade().is_some());
        flight
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    fn question(text: &str) -> RequestKey {
        RequestKey::of([text.as_bytes()])
    }

    #[tokio::test]
    async fn equal_questions_at_once_are_asked_once_and_later_ones_again() {
        let flights = Arc::new(SingleFlight::<usize>::default());
        let asked = Arc::new(AtomicUsize::new(0));
        let ask = |text: &'static str| {
            let (flights, asked) = (Arc::clone(&flights), Arc::clone(&asked));
            async move {
                let start = || {
                    async move {
                        tokio::time::sleep(Duration::from_millis(100)).await;
                        asked.fetch_add(1, Ordering::SeqCst)
                    }
                    .boxed()
                };
                flights.ask(question(text), start).await
            }
        };
        assert_eq!(tokio::join!(ask("a"), ask("a"), ask("b")), (0, 0, 1));
        assert_eq!(ask("a").await, 2);
        assert!(flights.waiting.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn an_asker_that_leaves_does_not_take_the_answer_with_it() {
        let flights = SingleFlight::<usize>::default();
        let slow = || {
            async {
                tokio::time::sleep(Duration::from_millis(100)).await;
                7
            }
            .boxed()
        };
        let first = tokio::time::timeout(Duration::from_millis(10), flights.ask(question("a"), slow));
        let (left, stayed) = tokio::join!(first, flights.ask(question("a"), slow));
        assert!(left.is_err());
        assert_eq!(stayed, 7);
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_ne!(RequestKey::of([&b"ab"[..], b"c"]), RequestKey::of([&b"a"[..], b"bc"]));
    }
}
