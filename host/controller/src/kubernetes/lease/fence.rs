//! Fencing: the clients of a process write nothing unless the lease is certainly ours.
//!
//! A copy that loses the lease stops its reconciliations, but a task that computes at that moment goes on until it waits next,
//! and events wait in a queue. So every request is checked where it is sent.
//!
//! # Guarantees
//! No write is sent after the deadline, even if nothing has noticed that it passed. A write under way at the deadline is given up,
//! and its connection closed. Reads go on.

use http::{Method, Request, Response};
use kube::Client;
use kube::client::Body;
use std::sync::Arc;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use tower::{BoxError, service_fn};

/// How long the process may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Permit {
    /// There is no lease.
    Always,
    /// The lease is ours until then.
    Until(Instant),
    /// The lease is not ours yet, or not any more.
    Never,
}

/// Allows the clients of a process to write until a deadline. Clones share the deadline.
#[derive(Clone)]
pub struct Fence(Arc<watch::Sender<Permit>>);

/// A request that was not sent, or was given up, because the lease is not ours.
#[derive(Debug, thiserror::Error)]
#[error("{method} {path} was not finished: the lease is not held any more, so another copy may act")]
pub struct Fenced {
    method: Method,
    path: String,
}

impl Fence {
    /// Refuses writes until the lease is acquired.
    #[must_use]
    pub fn closed() -> Self {
        Self(Arc::new(watch::Sender::new(Permit::Never)))
    }

    /// Allows all writes, for a process without a lease.
    #[must_use]
    pub fn open() -> Self {
        Self(Arc::new(watch::Sender::new(Permit::Always)))
    }

    /// The same client, behind the fence.
    #[must_use]
    pub fn wrap(&self, client: Client) -> Client {
        let (fence, namespace) = (self.clone(), client.default_namespace().to_owned());
        let guarded = service_fn(move |request| {
            let (fence, client) = (fence.clone(), client.clone());
            async move { fence.send(&client, request).await }
        });
        Client::new(guarded, namespace)
    }

    /// Allows writes until `deadline`.
    pub(super) fn extend(&self, deadline: Instant) {
        self.0.send_replace(Permit::Until(deadline));
    }

    /// Refuses writes from now on.
    pub(super) fn close(&self) {
        self.0.send_replace(Permit::Never);
    }

    async fn send(&self, client: &Client, request: Request<Body>) -> Result<Response<Body>, BoxError> {
        if matches!(*request.method(), Method::GET | Method::HEAD) {
            return Ok(client.send(request).await?);
        }
        let fenced = Fenced { method: request.method().clone(), path: request.uri().path().to_owned() };
        let mut answer = std::pin::pin!(client.send(request));
        let mut permits = self.0.subscribe();
        loop {
            let permit = *permits.borrow_and_update();
            let over = match permit {
                Permit::Never => true,
                Permit::Until(deadline) => deadline <= Instant::now(),
                Permit::Always => false,
            };
            if over {
                return Err(fenced.into());
            }
            let deadline = async {
                match permit {
                    Permit::Until(deadline) => sleep_until(deadline).await,
                    Permit::Always | Permit::Never => std::future::pending().await,
                }
            };
            tokio::select! {
                answer = &mut answer => return Ok(answer?),
                // The permit changed or is due, and is checked again.
                _ = permits.changed() => {}
                () = deadline => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use http::StatusCode;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    const PATIENCE: Duration = Duration::from_secs(60);

    /// A client whose server counts requests and answers them, or none of them.
    fn server(answers: bool) -> (Client, Arc<AtomicUsize>) {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let service = service_fn(move |_: Request<Body>| {
            count.fetch_add(1, Ordering::SeqCst);
            async move {
                if !answers {
                    std::future::pending::<()>().await;
                }
                let mut response = Response::new(Body::empty());
                *response.status_mut() = StatusCode::OK;
                Ok::<_, BoxError>(response)
            }
        });
        (Client::new(service, "default"), asked)
    }

    fn request(method: Method) -> Request<Body> {
        Request::builder().method(method).uri("/api/v1/namespaces/a/configmaps/b").body(Body::empty()).unwrap()
    }

    async fn send(client: &Client, method: Method) -> Result<StatusCode, String> {
        let answer = tokio::time::timeout(PATIENCE, client.send(request(method))).await.unwrap();
        answer.map(|answer| answer.status()).map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn writes_pass_while_the_lease_is_ours_and_are_not_sent_before_and_after() {
        let (client, asked) = server(true);
        let fence = Fence::closed();
        let client = fence.wrap(client);
        for method in [Method::PATCH, Method::POST, Method::PUT, Method::DELETE] {
            let refused = send(&client, method.clone()).await.unwrap_err();
            assert!(refused.contains(method.as_str()) && refused.contains("configmaps/b"), "{refused}");
        }
        assert_eq!(asked.load(Ordering::SeqCst), 0, "before");
        fence.extend(Instant::now() + PATIENCE);
        assert_eq!(send(&client, Method::PATCH).await, Ok(StatusCode::OK));
        fence.close();
        assert!(send(&client, Method::PATCH).await.is_err());
        fence.extend(Instant::now());
        assert!(send(&client, Method::PATCH).await.is_err(), "nobody has closed it, but the deadline has passed");
        assert_eq!(asked.load(Ordering::SeqCst), 1, "after");
        assert_eq!(send(&client, Method::GET).await, Ok(StatusCode::OK), "reading goes on");
    }

    #[tokio::test]
    async fn a_write_under_way_outlives_a_renewal_and_ends_at_the_deadline() {
        let (client, asked) = server(false);
        let fence = Fence::closed();
        let client = fence.wrap(client);
        let begun = Instant::now();
        let long = Duration::from_millis(1500);
        fence.extend(begun + Duration::from_millis(500));
        let writing = tokio::spawn(async move { send(&client, Method::DELETE).await });
        tokio::time::sleep(Duration::from_millis(100)).await;
        fence.extend(begun + long);
        let ended = writing.await.unwrap();
        assert!(ended.unwrap_err().contains("lease"), "the server never answers");
        assert!(begun.elapsed() >= long, "it was given up after {:?}, before the renewed deadline", begun.elapsed());
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn a_write_under_way_ends_at_once_when_another_copy_has_the_lease() {
        let (client, _) = server(false);
        let fence = Fence::closed();
        fence.extend(Instant::now() + PATIENCE);
        let client = fence.wrap(client);
        let writing = tokio::spawn(async move { send(&client, Method::POST).await });
        tokio::time::sleep(Duration::from_millis(50)).await;
        let lost = Instant::now();
        fence.close();
        assert!(writing.await.unwrap().is_err());
        assert!(lost.elapsed() < PATIENCE / 2, "it ended by the deadline only");
    }

    #[tokio::test]
    async fn without_a_lease_everything_passes() {
        let (client, _) = server(true);
        assert_eq!(send(&Fence::open().wrap(client), Method::DELETE).await, Ok(StatusCode::OK));
    }
}
