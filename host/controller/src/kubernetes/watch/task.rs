//! Runs each reconciliation as a task of its own.
//!
//! `kube` polls all reconciliations of a controller in one task, so they never run in parallel: planning ten thousand objects would
//! delay every other set, and the renewal of the lease.
//!
//! # Guarantees
//! Dropping the future ends the task where it waits next, so a copy that lost its lease sends no further request. A panic ends only
//! this reconciliation, which is retried like any other interrupted one.

use std::future::Future;
use tokio::task::JoinError;
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument as _;

/// Runs a reconciliation on whichever core is free.
pub(super) async fn run<T, E>(reconciliation: impl Future<Output = Result<T, E>> + Send + 'static) -> Result<T, E>
where
    T: Send + 'static,
    E: From<JoinError> + Send + 'static,
{
    AbortOnDropHandle::new(tokio::spawn(reconciliation.in_current_span())).await?
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::future::poll_fn;
    use std::sync::Arc;
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::task::Poll;
    use std::time::Duration;

    #[derive(Debug)]
    struct Broke(JoinError);

    impl From<JoinError> for Broke {
        fn from(error: JoinError) -> Self {
            Self(error)
        }
    }

    const SOON: Duration = Duration::from_secs(60);

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn two_run_in_parallel_though_one_task_waits_for_both() {
        let (here, there) = (channel(), channel());
        // Each keeps its thread until the other has begun.
        let meet = |told: Sender<()>, hears: Receiver<()>| async move {
            told.send(()).unwrap();
            Ok::<_, Broke>(hears.recv_timeout(SOON).is_ok())
        };
        let (one, other) = tokio::join!(run(meet(here.0, there.1)), run(meet(there.0, here.1)));
        assert!(one.unwrap() && other.unwrap());
    }

    #[tokio::test]
    async fn a_panic_is_an_error_of_this_one() {
        let broken = run(poll_fn(|_| -> Poll<Result<(), Broke>> { panic!("a bad day") })).await;
        let Broke(error) = broken.unwrap_err();
        assert!(error.is_panic());
        assert!(run(async { Ok::<_, Broke>(1) }).await.is_ok());
    }

    #[tokio::test]
    async fn it_ends_when_nobody_waits_for_it() {
        let held = Arc::new(());
        let guard = Arc::clone(&held);
        let endless = run(async move {
            std::future::pending::<()>().await;
            drop(guard);
            Ok::<_, Broke>(())
        });
        assert!(tokio::time::timeout(Duration::from_millis(50), endless).await.is_err());
        tokio::time::timeout(SOON, async {
            while Arc::strong_count(&held) > 1 {
                tokio::task::yield_now().await;
            }
        })
        .await
        .unwrap();
    }
}
