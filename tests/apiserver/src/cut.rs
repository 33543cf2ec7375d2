//! A connection that fails from the n-th request on, as a process that ends there would.

use http::{Request, Response};
use kube::client::{Body, ClientBuilder};
use kube::{Client, Config};
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

/// A client whose requests are counted down from `left`.
///
/// # Errors
/// The configuration cannot be used.
pub fn client(config: Config, left: &Arc<AtomicI64>) -> Result<Client, kube::Error> {
    let left = Arc::clone(left);
    let layer = tower::layer::layer_fn(move |inner| Cut { inner, left: Arc::clone(&left) });
    Ok(ClientBuilder::try_from(config)?.with_layer(&layer).build())
}
