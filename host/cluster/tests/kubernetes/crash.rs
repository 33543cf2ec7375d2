//! The connection is cut after request 1, 2, … n. Run again with what was recorded before the first write: the same end.

use crate::world::World;
use anyhow::Result;
use http::{Request, Response};
use kube::Client;
use kube::client::{Body, ClientBuilder};
use orangery_cluster::Target;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::task::{Context, Poll};
use tower::{BoxError, Service};

/// Lets so many requests through, and fails all others before they are sent.
struct Cut<S> {
    inner: S,
    left: Arc<AtomicI64>,
}

impl<S, B> Service<Request<Body>> for Cut<S>
where
    S: Service<Request<Body>, Response = Response<B>, Error = BoxError>,
    S::Future: Send + 'static,
    B: 'static,
{
    type Response = Response<B>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<B>, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        if self.left.fetch_sub(1, Ordering::SeqCst) <= 0 {
            return Box::pin(async { Err("the connection was cut".into()) });
        }
        Box::pin(self.inner.call(request))
    }
}

#[tokio::test]
async fn whatever_request_is_the_last_the_next_run_ends_in_the_same_state() -> Result<()> {
    for cut in 1.. {
        let mut world = World::new("crash").await?;
        world.applied(vec![world.map("gone", "1"), world.map("changed", "1"), world.map("same", "1")]).await?;
        let wanted = |world: &World| vec![world.map("changed", "2"), world.map("same", "1"), world.map("new", "1")];

        let left = Arc::new(AtomicI64::new(cut));
        let shared = Arc::clone(&left);
        world.connect(move |config| {
            let left = Arc::clone(&shared);
            let layer = tower::layer::layer_fn(move |inner| Cut { inner, left: Arc::clone(&left) });
            Ok::<Client, kube::Error>(ClientBuilder::try_from(config)?.with_layer(&layer).build())
        });
        let plan = world.plan(wanted(&world))?;
        let applied = world.target.apply(&plan).await;
        if applied.is_complete() {
            world.target.prune(&plan.owner, &plan.stale).await;
        }
        let finished = left.load(Ordering::SeqCst) >= 0;

        // The process is gone, and with it all reports: only the intent was recorded.
        world.ledger = plan.ledger;
        world.connect(Client::try_from);
        world.applied(wanted(&world)).await?;
        let state = (
            world.value("gone").await?,
            world.value("changed").await?,
            world.value("same").await?,
            world.value("new").await?,
        );
        assert_eq!(state, (None, Some("2".into()), Some("1".into()), Some("1".into())), "cut after request {cut}");
        assert_eq!(world.ledger.len(), 3, "cut after request {cut}");
        if finished {
            assert!(cut > 5, "the run made only {cut} requests: nothing was cut");
            break;
        }
    }
    Ok(())
}
