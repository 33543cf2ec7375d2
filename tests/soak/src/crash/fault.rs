//! What meets a request, and the layer that brings it to the n-th.

use http::Response;
use kube::client::Body;
use orangery_test_apiserver::cut::{Outcome, RequestOutcome};
use serde_json::json;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long a request waits before its client gives up.
const TIME_OUT: Duration = Duration::from_millis(700);

/// What meets one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The process ends before the request is sent.
    KilledBefore,
    /// The process ends when the server has done it.
    KilledAfter,
    /// The connection breaks before the request is sent.
    ResetBefore,
    /// The connection breaks when the server has done it.
    ResetAfter,
    /// The server does it, but no answer comes until the client gives up.
    TimedOut,
    /// The server refuses it with this status, once.
    Refused(u16),
}

/// All of them.
pub const FAULTS: [Fault; 8] = [
    Fault::KilledBefore,
    Fault::KilledAfter,
    Fault::ResetBefore,
    Fault::ResetAfter,
    Fault::TimedOut,
    Fault::Refused(409),
    Fault::Refused(429),
    Fault::Refused(500),
];

impl Fault {
    /// Whether the process is gone afterwards.
    #[must_use]
    pub fn kills(self) -> bool {
        matches!(self, Self::KilledBefore | Self::KilledAfter)
    }

    /// What becomes of the request. `met` is called when it has come to that: an operator that is killed after its request is
    /// killed when the server has done it.
    fn outcome(self, met: impl FnOnce() + Send + 'static) -> Outcome {
        let failing = async move {
            met();
            match self {
                Self::KilledBefore | Self::KilledAfter => std::future::pending().await,
                Self::TimedOut => {
                    tokio::time::sleep(TIME_OUT).await;
                    "operation timed out".into()
                }
                _ => "connection reset by peer".into(),
            }
        };
        match self {
            Self::KilledBefore | Self::ResetBefore => Outcome::Unsent(Box::pin(failing)),
            Self::KilledAfter | Self::ResetAfter | Self::TimedOut => Outcome::Unanswered(Box::pin(failing)),
            Self::Refused(code) => Outcome::Answered(Box::new(refusal(code))),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KilledBefore => f.write_str("killed before"),
            Self::KilledAfter => f.write_str("killed after"),
            Self::ResetBefore => f.write_str("reset before"),
            Self::ResetAfter => f.write_str("reset after"),
            Self::TimedOut => f.write_str("timed out at"),
            Self::Refused(code) => write!(f, "answered {code} at"),
        }
    }
}

/// The answer of an API server that refuses.
fn refusal(code: u16) -> Response<Body> {
    let reason = match code {
        409 => "Conflict",
        429 => "TooManyRequests",
        _ => "InternalError",
    };
    let status = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "code": code, "reason": reason,
        "message": format!("refused once, with {code}, by a test"),
    });
    let mut answer = Response::new(Body::from(status.to_string().into_bytes()));
    *answer.status_mut() = http::StatusCode::from_u16(code).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    let json = http::HeaderValue::from_static("application/json");
    answer.headers_mut().insert(http::header::CONTENT_TYPE, json);
    answer
}

/// Brings a fault to the n-th request, and counts all.
pub(super) struct Scissors {
    /// The fault, and the number of the request that meets it.
    cut: Option<(Fault, u64)>,
    seen: AtomicU64,
    /// What the request was.
    met: Mutex<Option<String>>,
}

impl Scissors {
    /// Cuts there; `None` only counts.
    pub(super) fn new(cut: Option<(Fault, u64)>) -> Arc<Self> {
        Arc::new(Self { cut, seen: AtomicU64::new(0), met: Mutex::new(None) })
    }

    /// How many requests were made.
    pub(super) fn seen(&self) -> u64 {
        self.seen.load(Ordering::SeqCst)
    }

    /// The request that was cut, if it came to that.
    pub(super) fn met(&self) -> Option<String> {
        self.met.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The layer before the API server.
    pub(super) fn layer(self: &Arc<Self>) -> Arc<RequestOutcome> {
        let scissors = Arc::clone(self);
        Arc::new(move |request| {
            let number = scissors.seen.fetch_add(1, Ordering::SeqCst) + 1;
            match scissors.cut {
                Some((fault, at)) if number == at => {
                    let what = format!("{} {}", request.method(), request.uri());
                    let scissors = Arc::clone(&scissors);
                    let met = move || *scissors.met.lock().unwrap_or_else(PoisonError::into_inner) = Some(what);
                    match fault {
                        Fault::Refused(_) => {
                            met();
                            fault.outcome(|| {})
                        }
                        _ => fault.outcome(met),
                    }
                }
                // A dead process sends nothing more, whatever of it is still being cleared away.
                Some((fault, at)) if fault.kills() && number > at => Fault::KilledBefore.outcome(|| {}),
                _ => Outcome::Sent,
            }
        })
    }
}
