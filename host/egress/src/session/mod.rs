//! One call of a plugin: its grants, its credentials, what it has used up, and its trace.

pub(crate) mod egress;
pub(crate) mod identity;
mod pipeline;
pub(crate) mod script;
pub(crate) mod trace;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::connection::clients::Route;
use crate::connection::policy::Timeouts;
use crate::connection::proxy::ProxyServer;
use crate::request::message::{HttpError, Request, Response};
use crate::request::origin::Origin;
use crate::request::target::Target;
use crate::secret::fingerprint::Fingerprint;
use crate::secret::redact::Redactor;
use crate::session::egress::{SessionSpec, Shared};
use crate::session::trace::RequestTrace;

/// The most characters of a text that is passed to a plugin.
const SENTENCE_CHARS: usize = 1024;
/// Denials that are traced in addition to the requests of the budget.
const SPARE_TRACES: usize = 32;

/// The session of one call of a plugin; it ends with the call.
pub struct Session {
    pub(crate) shared: Arc<Shared>,
    pub(crate) spec: SessionSpec,
    /// Whom it believes: TLS settings and a proxy of its own. Neither connections nor stored answers are shared with others.
    pub(crate) peer: Fingerprint,
    redactor: Redactor,
    spent: Mutex<Spent>,
    traces: Mutex<Vec<RequestTrace>>,
    /// When the first request began. Time before that must not count against the remote.
    begun: OnceLock<Instant>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Spent {
    /// Requests that were sent, and requests that were refused.
    requests: u32,
    bytes: u64,
}

impl Session {
    pub(crate) fn new(shared: Arc<Shared>, spec: SessionSpec) -> Self {
        let spec = SessionSpec { limits: spec.limits.at_most(shared.policy.ceilings), ..spec };
        let secrets: Vec<_> = spec.credentials.iter().flat_map(|credential| credential.secrets()).collect();
        let operator = &shared.policy.proxies;
        let proxies = [&spec.proxy, &operator.http, &operator.https].into_iter().flatten();
        let redactor =
            Redactor::of(secrets.iter().chain(spec.tls.private_key()).chain(proxies.filter_map(ProxyServer::password)));
        let tls = spec.tls.fingerprint(&shared.key);
        let peer = match &spec.proxy {
            None => tls,
            Some(proxy) => shared.key.of([tls.as_bytes(), proxy.fingerprint(&shared.key).as_bytes()]),
        };
        Self { shared, spec, peer, redactor, spent: Mutex::default(), traces: Mutex::default(), begun: OnceLock::new() }
    }

    /// Sends one request through the pipeline.
    ///
    /// # Errors
    /// The request is denied, exceeds a limit, or the remote fails. Every text is one bounded line without secrets.
    pub async fn send(&self, request: Request) -> Result<Response, HttpError> {
        let before = self.requests_counted()?;
        let total = self.timeouts().total;
        // Nothing is sent if no time is left.
        let sent = if total.is_zero() {
            None
        } else {
            tokio::time::timeout(total, self.send_with_redirects(&request)).await.ok()
        };
        let outcome = match sent {
            Some(outcome) => outcome,
            None => {
                let error = HttpError::Timeout(self.late(total));
                let url =
                    Target::parse(&request.url).map_or_else(|refusal| refusal.to_string(), |target| target.shown());
                let millis = u64::try_from(total.as_millis()).unwrap_or(u64::MAX);
                self.record(RequestTrace { millis, ..RequestTrace::start(request.method, url) }.ended(Some(&error)));
                Err(error)
            }
        };
        outcome.map_err(|error| {
            // A request that was refused before it was sent still counts.
            if self.requests() == before {
                self.count_refused();
            }
            self.clean(error)
        })
    }

    /// Counts a refused request: refusals count like answers, so that no plugin can send requests without end.
    pub fn count_refused(&self) {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        spent.requests = spent.requests.saturating_add(1);
    }

    fn requests(&self) -> u32 {
        self.spent.lock().unwrap_or_else(PoisonError::into_inner).requests
    }

    /// How many requests were counted so far, if one more is allowed.
    ///
    /// # Errors
    /// The budget of requests is used up.
    fn requests_counted(&self) -> Result<u32, HttpError> {
        let spent = self.requests();
        if spent < self.spec.limits.requests { Ok(spent) } else { Err(self.requests_exhausted()) }
    }

    fn requests_exhausted(&self) -> HttpError {
        HttpError::BudgetExhausted(format!("this call may send {} requests", self.spec.limits.requests))
    }

    /// The time limits of the next exchange. Under a deadline the first byte may take as long as the whole answer, so
    /// that the error is the one about the whole.
    pub(crate) fn timeouts(&self) -> Timeouts {
        let timeouts = self.shared.policy.timeouts;
        let Some(deadline) = self.spec.deadline else { return timeouts };
        let left = deadline.saturating_sub(self.begun.get_or_init(Instant::now).elapsed());
        Timeouts { first_byte: left.saturating_mul(2), total: left, ..timeouts }
    }

    fn late(&self, total: Duration) -> String {
        let seconds = |time: Duration| format!("{:.1} s", time.as_secs_f64());
        match self.spec.deadline {
            None => format!("no complete answer within {}", seconds(total)),
            Some(deadline) if total < deadline => format!(
                "no complete answer within {}, which were left of the {} for all requests of this call",
                seconds(total),
                seconds(deadline)
            ),
            Some(deadline) => {
                format!("no complete answer within the {} for all requests of this call", seconds(deadline))
            }
        }
    }

    /// How a target is reached: by the session's own proxy, by that of the operator, or directly.
    pub(crate) fn route(&self, origin: &Origin) -> Route<'_> {
        match (&self.spec.proxy, self.shared.policy.proxies.of(origin)) {
            (Some(server), _) => Route::Session(server),
            (None, Some(server)) => Route::Operator(server),
            (None, None) => Route::Direct,
        }
    }

    /// What was asked so far.
    #[must_use]
    pub fn trace(&self) -> Vec<RequestTrace> {
        self.traces.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Masks the secrets of this session, including those that are minted during it, in the plugin's logs and errors.
    #[must_use]
    pub fn redactor(&self) -> Redactor {
        self.redactor.clone()
    }

    pub(crate) const fn secrets(&self) -> &Redactor {
        &self.redactor
    }

    /// The names of the headers that plugins may not set in this session.
    pub(crate) fn owned_headers(&self) -> BTreeSet<&str> {
        self.spec
            .credentials
            .iter()
            .filter_map(|credential| credential.owned_header())
            .map(|name| name.as_str())
            .collect()
    }

    /// Takes one request from the budget, and returns how many bytes its answer may have.
    pub(crate) fn take_request(&self) -> Result<u64, HttpError> {
        let limits = self.spec.limits;
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        if spent.requests >= limits.requests {
            return Err(self.requests_exhausted());
        }
        let left = limits.total_bytes.saturating_sub(spent.bytes);
        if left == 0 {
            return Err(self.bytes_exhausted());
        }
        spent.requests += 1;
        Ok(left.min(limits.response_bytes))
    }

    pub(crate) fn charge(&self, bytes: u64) {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        spent.bytes = spent.bytes.saturating_add(bytes);
    }

    pub(crate) fn bytes_exhausted(&self) -> HttpError {
        HttpError::BudgetExhausted(format!("this call may receive {} bytes", self.spec.limits.total_bytes))
    }

    pub(crate) fn record(&self, trace: RequestTrace) {
        let trace = trace.masked(&self.redactor);
        tracing::debug!(
            consumer = %self.spec.consumer,
            method = %trace.method,
            url = %trace.url,
            status = trace.status,
            from_cache = trace.from_cache,
            bytes = trace.bytes,
            millis = trace.millis,
            denied = trace.denied.as_deref(),
            failed = trace.failed.as_deref(),
            "egress"
        );
        let mut traces = self.traces.lock().unwrap_or_else(PoisonError::into_inner);
        let most = usize::try_from(self.spec.limits.requests).unwrap_or(usize::MAX).saturating_add(SPARE_TRACES);
        if traces.len() < most {
            traces.push(trace);
        }
    }

    /// The same error with its text as one bounded line without secrets.
    fn clean(&self, error: HttpError) -> HttpError {
        let clean = |text: String| -> String {
            let line = text.chars().map(|c| if c.is_control() { ' ' } else { c });
            self.redactor.mask(&line.collect::<String>()).chars().take(SENTENCE_CHARS).collect()
        };
        match error {
            HttpError::Denied(text) => HttpError::Denied(clean(text)),
            HttpError::BudgetExhausted(text) => HttpError::BudgetExhausted(clean(text)),
            HttpError::Timeout(text) => HttpError::Timeout(clean(text)),
            HttpError::Transport(text) => HttpError::Transport(clean(text)),
            HttpError::Other(text) => HttpError::Other(clean(text)),
            error @ (HttpError::TooLarge(_) | HttpError::BackingOff(_)) => error,
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("consumer", &self.spec.consumer)
            .field("grants", &self.spec.grants)
            .finish_non_exhaustive()
    }
}
