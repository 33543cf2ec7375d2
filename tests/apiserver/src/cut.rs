//! A connection whose requests meet another outcome than being sent and answered: cut from the n-th on, as by a process that
//! ends there, or failing once before or after the server has done what it was asked.

use futures::future::BoxFuture;
use http::{Request, Response};
use kube::client::{Body, ClientBuilder, DynBody};
use kube::{Client, Config};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::task::{Context, Poll};
use tower::{BoxError, Service};

/// The way in which a request ends without an answer. Where it never ends, neither does the request.
pub type Failure = BoxFuture<'static, BoxError>;

/// What becomes of one request.
pub enum Outcome {
    /// It is sent, and its answer arrives.
    Sent,
    /// It is never sent.
    Unsent(Failure),
    /// It is sent, the server does what it is asked, and the answer is lost.
    Unanswered(Failure),
    /// It is not sent; this is the answer.
    Answered(Box<Response<Body>>),
}

/// Decides about each request.
pub type RequestOutcome = dyn Fn(&Request<Body>) -> Outcome + Send + Sync;

/// Asks for the outcome of each request.
struct Fated<S> {
    inner: S,
    outcome: Arc<RequestOutcome>,
}

impl<S> Service<Request<Body>> for Fated<S>
where
    S: Service<Request<Body>, Response = Response<Box<DynBody>>, Error = BoxError>,
    S::Future: Send + 'static,
{
    type Response = Response<Box<DynBody>>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        match (self.outcome)(&request) {
            Outcome::Sent => Box::pin(self.inner.call(request)),
            Outcome::Unsent(failure) => Box::pin(async { Err(failure.await) }),
            Outcome::Unanswered(failure) => {
                let answer = self.inner.call(request);
                Box::pin(async {
                    drop(answer.await);
                    Err(failure.await)
                })
            }
            Outcome::Answered(answer) => {
                let answer = answer.map(|body| {
                    let body: Box<DynBody> = Box::new(http_body_util::BodyExt::map_err(body, BoxError::from));
                    body
                });
                Box::pin(async { Ok(answer) })
            }
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
        if left.fetch_sub(1, Ordering::SeqCst) > 0 {
            return Outcome::Sent;
        }
        Outcome::Unsent(Box::pin(async { "the connection was cut".into() }))
    })
}
