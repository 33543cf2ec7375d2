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

impl Permit {
    fn allows(self, now: Instant) -> bool {
        match self {
            Self::Always => true,
            Self::Until(deadline) => now < deadline,
            Self::Never => false,
        }
    }

    /// Waits for the deadline; for ever if there is none.
    async fn ends(self) {
        match self {
            Self::Until(deadline) => sleep_until(deadline).await,
            Self::Always | Self::Never => std::future::pending().await,
        }
    }
}

/// A time in which no other copy led. It goes on over a lease that was lost and acquired again before another copy had it: what is
/// known of the cluster then is still true. A new term begins with a fresh look at everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Term(u64);

impl Term {
    /// Before the first one.
    pub(in crate::kubernetes) const NONE: Self = Self(0);
}

/// One time from acquiring the lease to losing it. A term consists of one or more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::kubernetes) struct Reign(u64);

impl Reign {
    /// Before the first one.
    pub(in crate::kubernetes) const NONE: Self = Self(0);
}

#[derive(Debug, Clone, Copy)]
struct State {
    permit: Permit,
    term: Term,
    reign: Reign,
}

/// What happened since this copy led last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::kubernetes) enum Since {
    /// Another copy may have acted.
    AnotherLed,
    /// The lease was ours all the time, though it could not be renewed.
    NobodyLed,
}

/// Allows the clients of a process to write until a deadline. Clones share the deadline.
#[derive(Clone)]
pub struct Fence(Arc<watch::Sender<State>>);

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
        Self(Arc::new(watch::Sender::new(State { permit: Permit::Never, term: Term::NONE, reign: Reign::NONE })))
    }

    /// Allows all writes, for a process without a lease.
    #[must_use]
    pub fn open() -> Self {
        Self(Arc::new(watch::Sender::new(State { permit: Permit::Always, term: Term(1), reign: Reign(1) })))
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

    /// Whether writes are allowed now: the lease is ours, or there is none.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.0.borrow().permit.allows(Instant::now())
    }

    /// The present term, or the last one.
    pub(in crate::kubernetes) fn term(&self) -> Term {
        self.0.borrow().term
    }

    /// Waits until this copy leads.
    pub(in crate::kubernetes) async fn leads(&self) -> Term {
        let (term, _) = self.leads_after(Reign::NONE).await;
        term
    }

    /// Waits until this copy leads in a reign after `last`.
    pub(in crate::kubernetes) async fn leads_after(&self, last: Reign) -> (Term, Reign) {
        let mut states = self.0.subscribe();
        loop {
            let state = *states.borrow_and_update();
            if state.reign > last && state.permit.allows(Instant::now()) {
                return (state.term, state.reign);
            }
            next(&mut states).await;
        }
    }

    /// Waits until a later reign has begun.
    pub(in crate::kubernetes) async fn superseded(&self, reign: Reign) {
        let mut states = self.0.subscribe();
        while states.borrow_and_update().reign == reign {
            next(&mut states).await;
        }
    }

    /// Waits until writes are refused, because the lease was lost or its deadline has passed, or until a later term has begun.
    pub(in crate::kubernetes) async fn lost(&self, term: Term) {
        let mut states = self.0.subscribe();
        loop {
            let state = *states.borrow_and_update();
            if state.term != term || !state.permit.allows(Instant::now()) {
                return;
            }
            tokio::select! {
                () = next(&mut states) => {}
                () = state.permit.ends() => {}
            }
        }
    }

    /// Allows writes until `deadline`, in a new reign.
    pub(in crate::kubernetes) fn begin(&self, deadline: Instant, since: Since) {
        self.0.send_modify(|state| {
            let term = match since {
                Since::AnotherLed => Term(state.term.0.saturating_add(1)),
                Since::NobodyLed => state.term,
            };
            let reign = Reign(state.reign.0.saturating_add(1));
            *state = State { permit: Permit::Until(deadline), term, reign };
        });
    }

    /// Allows writes until `deadline`, in the same reign.
    pub(super) fn extend(&self, deadline: Instant) {
        self.0.send_modify(|state| state.permit = Permit::Until(deadline));
    }

    /// Refuses writes from now on.
    pub(in crate::kubernetes) fn close(&self) {
        self.0.send_modify(|state| state.permit = Permit::Never);
    }

    async fn send(&self, client: &Client, request: Request<Body>) -> Result<Response<Body>, BoxError> {
        if matches!(*request.method(), Method::GET | Method::HEAD) {
            return Ok(client.send(request).await?);
        }
        let fenced = Fenced { method: request.method().clone(), path: request.uri().path().to_owned() };
        let mut answer = std::pin::pin!(client.send(request));
        let mut states = self.0.subscribe();
        loop {
            let permit = states.borrow_and_update().permit;
            if !permit.allows(Instant::now()) {
                return Err(fenced.into());
            }
            tokio::select! {
                answer = &mut answer => return Ok(answer?),
                // The permit changed or is due, and is checked again.
                () = next(&mut states) => {}
                () = permit.ends() => {}
            }
        }
    }
}

/// Waits for a change; for ever if there can be none.
async fn next(states: &mut watch::Receiver<State>) {
    if states.changed().await.is_err() {
        std::future::pending::<()>().await;
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
    async fn who_waits_hears_that_this_copy_leads_and_that_the_deadline_passes() {
        let fence = Fence::closed();
        let leads = tokio::spawn({
            let fence = fence.clone();
            async move { fence.leads().await }
        });
        tokio::task::yield_now().await;
        assert!(!fence.is_open() && !leads.is_finished());
        let deadline = Instant::now() + Duration::from_millis(300);
        fence.begin(deadline, Since::AnotherLed);
        let term = tokio::time::timeout(PATIENCE, leads).await.unwrap().unwrap();
        assert!(fence.is_open() && term == fence.term());
        tokio::time::timeout(PATIENCE, fence.lost(term)).await.unwrap();
        assert!(Instant::now() >= deadline && !fence.is_open(), "nobody renewed it");
    }

    #[tokio::test]
    async fn a_lease_that_nobody_else_had_meanwhile_continues_the_term_with_another_reign() {
        let fence = Fence::closed();
        fence.begin(Instant::now() + PATIENCE, Since::AnotherLed);
        let (term, reign) = fence.leads_after(Reign::NONE).await;
        fence.close();
        fence.begin(Instant::now() + PATIENCE, Since::NobodyLed);
        fence.superseded(reign).await;
        let (same, second) = fence.leads_after(reign).await;
        assert!(same == term && second > reign);
        fence.close();
        fence.begin(Instant::now() + PATIENCE, Since::AnotherLed);
        // Also who has missed the moment in which it was closed.
        fence.lost(term).await;
        assert!(fence.leads().await > term);
    }

    #[tokio::test]
    async fn without_a_lease_everything_passes() {
        let (client, _) = server(true);
        assert_eq!(send(&Fence::open().wrap(client), Method::DELETE).await, Ok(StatusCode::OK));
    }
}
