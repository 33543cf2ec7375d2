//! One call at a time for each consumer: a second one waits, so that a single object cannot occupy a plugin.

use crate::consumer::Consumer;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The turns of all consumers.
#[derive(Debug)]
pub(crate) struct Queue {
    at_once: usize,
    consumers: Mutex<HashMap<Consumer, Weak<Semaphore>>>,
}

/// A consumer's turn; dropping it ends the turn.
#[derive(Debug)]
pub(crate) struct Turn {
    _permit: Option<OwnedSemaphorePermit>,
}

impl Queue {
    pub(crate) fn new(at_once: usize) -> Self {
        Self { at_once, consumers: Mutex::default() }
    }

    /// Waits for the consumer's turn.
    pub(crate) async fn turn(&self, consumer: &Consumer) -> Turn {
        let semaphore = self.semaphore(consumer);
        // Waiting cannot fail, because the semaphore is never closed.
        Turn { _permit: semaphore.acquire_owned().await.ok() }
    }

    fn semaphore(&self, consumer: &Consumer) -> Arc<Semaphore> {
        let mut consumers = self.consumers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(semaphore) = consumers.get(consumer).and_then(Weak::upgrade) {
            return semaphore;
        }
        // Consumers come and go with their objects; those without a waiting or running call are removed.
        consumers.retain(|_, semaphore| semaphore.strong_count() > 0);
        let semaphore = Arc::new(Semaphore::new(self.at_once));
        consumers.insert(consumer.clone(), Arc::downgrade(&semaphore));
        semaphore
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::time::timeout;

    #[tokio::test]
    async fn a_consumer_waits_for_its_own_turn_only() {
        let queue = Queue::new(1);
        let first = queue.turn(&"a".into()).await;
        let _other = queue.turn(&"b".into()).await;
        assert!(timeout(Duration::from_millis(50), queue.turn(&"a".into())).await.is_err());
        drop(first);
        assert!(timeout(Duration::from_secs(1), queue.turn(&"a".into())).await.is_ok());
    }

    #[tokio::test]
    async fn consumers_without_a_call_are_forgotten() {
        let queue = Queue::new(1);
        for n in 0..100 {
            drop(queue.turn(&n.to_string().into()).await);
        }
        assert!(queue.consumers.lock().unwrap().len() <= 1);
    }
}
