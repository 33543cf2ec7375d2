//! Runs large work on data that somebody else controls outside the workers, which also renew the lease and answer probes.
//!
//! The sixth law (`docs/architecture.md`) asks for a budget of time, memory and stack. What evaluates foreign *programs*
//! (expressions, schemas, schedules) is a call into the sandbox. Work that only walks through foreign *data* is linear in its size,
//! which is bounded where the data comes in; that bound is its budget, and here it gets a thread.
//!
//! # Guarantees
//! - Large work runs on a thread of its own, at most [`AT_ONCE`] at a time, so that its memory is bounded as well.
//! - Small work runs on the worker, because a thread would cost more.

use tokio::sync::Semaphore;

/// Work on this many bytes, which takes about a millisecond, and on more gets a thread.
const LARGE: usize = 128 << 10;
/// How many threads do large work at once.
const AT_ONCE: usize = 2;

static PLACES: Semaphore = Semaphore::const_new(AT_ONCE);

/// Runs work on so many bytes of data.
pub(crate) async fn run<T: Send + 'static>(bytes: usize, work: impl FnOnce() -> T + Send + 'static) -> T {
    if bytes < LARGE {
        return work();
    }
    // The semaphore is never closed. The permit is kept until the work has ended, also after the caller was dropped.
    let place = PLACES.acquire().await;
    let done = tokio::task::spawn_blocking(move || {
        let _place = place;
        work()
    });
    match done.await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            // A panic ends this reconciliation, as it would have on the worker.
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is shutting down, and drops this task too.
            Err(_) => std::future::pending().await,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;
    use std::time::Duration;

    #[tokio::test]
    async fn small_work_stays_and_large_work_leaves_the_worker() {
        let here = thread::current().id();
        assert_eq!(run(LARGE - 1, || thread::current().id()).await, here);
        assert_ne!(run(LARGE, || thread::current().id()).await, here);
    }

    #[tokio::test]
    async fn the_only_worker_goes_on_while_large_works_take_turns() {
        static RUNNING: AtomicUsize = AtomicUsize::new(0);
        static MOST: AtomicUsize = AtomicUsize::new(0);
        let works: Vec<_> = (0..6)
            .map(|_| {
                tokio::spawn(run(LARGE, || {
                    MOST.fetch_max(RUNNING.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    thread::sleep(Duration::from_millis(100));
                    RUNNING.fetch_sub(1, Ordering::SeqCst);
                }))
            })
            .collect();
        let mut beats = 0;
        while works.iter().any(|work| !work.is_finished()) {
            tokio::time::sleep(Duration::from_millis(1)).await;
            beats += 1;
        }
        assert!(beats > 5, "the worker stood still: {beats} beats in 300 ms");
        assert!((1..=AT_ONCE).contains(&MOST.load(Ordering::SeqCst)));
    }

    #[tokio::test]
    async fn a_panic_reaches_the_one_who_waits() {
        let broken = tokio::spawn(run(LARGE, || panic!("a defect"))).await;
        assert!(broken.unwrap_err().is_panic());
        assert_eq!(run(LARGE, || 1).await, 1, "the place is free again");
    }
}
