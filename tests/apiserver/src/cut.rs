//! A connection whose requests meet another outcome than being sent: cut from the n-th on, as by a process that ends there.

use futures::future::BoxFuture;
use http::{Request, Response};
use kube::client::{Body, ClientBuilder};
use kube::{Client, Config};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::task::{Context, Poll};
use tower::{BoxError, Service};

/// What becomes of a request instead of being sent; `None` sends it.
pub type RequestOutcome = dyn Fn(&Request<Body>) -> Option<BoxFuture<'static, BoxError>> + Send + Sync;

/// Asks for the outcome of each request.
struct Fated<S> {
    inner: S,
    outcome: Arc<RequestOutcome>,
}

impl<S, B> Service<Request<Body>> for Fated<S>
where
    S: Service<Request<Body>, Response = Response<B>, Error = BoxError>,
    S::Future: Send + 'static,
    B: 'static,
{
    type Response = Response<B>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Response<B>, BoxError>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        match (self.outcome)(&request) {
            Some(outcome) => Box::pin(async { Err(outcome.await) }),
            None => Box::pin(self.inner.call(request)),
        }
    }
}

/// A client that asks for the outcome of each of its requests.
///
/// # Errors
/// The configuration cannot be used.
pub fn fated(config: Config, outcome: &Arc<RequestOutcome>) -> Result<Client, kube::Error> {
    let outcome = Arc::clone(outcome);
    let layer = tower::layer::layer_fn(move |inner| Fated { inner, outcome: Arc::clone(&outcome) });
    Ok(ClientBuilder::try_from(config)?.with_layer(&layer).build())
}

/// A client whose requests are counted down from `left`; after them, all fail before they are sent.
///
/// # Errors
/// The configuration cannot be used.
pub fn client(config: Config, left: &Arc<AtomicI64>) -> Result<Client, kube::Error> {
    fated(config, &after(left))
}

/// The connection is cut when `left` is used up.
#[must_use]
pub fn after(left: &Arc<AtomicI64>) -> Arc<RequestOutcome> {
    let left = Arc::clone(left);
    Arc::new(move |_| {
        let is_cut = left.fetch_sub(1, Ordering::SeqCst) <= 0;
        is_cut.then(|| -> BoxFuture<'static, BoxError> { Box::pin(async { "the connection was cut".into() }) })
    })
}
