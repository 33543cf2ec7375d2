//! Leader election over a Kubernetes Lease, so that two copies of the operator never act at once.
//!
//! # Guarantees
//! While [`Leadership`] is held, no other holder that obeys the protocol acts: leadership is given up before the lease can be taken
//! over, because the renew deadline is shorter than the lease duration and counts from the moment when the last successful renewal
//! was *sent*. A request without an answer has failed: each is given up after a third of the deadline. The [`Fence`] closes at the
//! deadline by itself, even if no task has the time to notice.
//!
//! # Assumptions
//! Clocks may differ between machines: a foreign lease is judged by how long *we* have seen it unchanged.

mod fence;

pub use fence::{Fence, Fenced};

use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::api::{Api, ObjectMeta, PostParams};
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until, timeout, timeout_at};

/// Timing and identity of an election.
#[derive(Debug, Clone)]
pub struct Election {
    /// Name of the Lease.
    pub name: String,
    /// Who we are: pod name or host name, with something unique.
    pub identity: String,
    /// How long a lease is valid without renewal.
    pub lease: Duration,
    /// Without a successful renewal for this long, leadership is given up. Shorter than `lease`.
    pub renew_deadline: Duration,
    /// Time between attempts.
    pub retry: Duration,
}

impl Election {
    /// The timing of Flux Operator: 35 s, 30 s, 5 s.
    #[must_use]
    pub fn new(name: impl Into<String>, identity: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            identity: identity.into(),
            lease: Duration::from_secs(35),
            renew_deadline: Duration::from_secs(30),
            retry: Duration::from_secs(5),
        }
    }

    /// Timeout of one request, short enough for three in a row before the deadline.
    fn request_timeout(&self) -> Duration {
        self.renew_deadline / 3
    }
}

/// Why leadership ended.
#[derive(Debug, thiserror::Error)]
pub enum LeaseError {
    /// Renewal failed for too long.
    #[error("the lease {name} could not be renewed for {seconds} s, so another copy may lead now: {source}")]
    NotRenewed {
        /// Name of the Lease.
        name: String,
        /// The renew deadline.
        seconds: u64,
        /// The last failure.
        source: RequestFailure,
    },
    /// Somebody else holds the lease.
    #[error("the lease {name} was taken over by {}", if holder.is_empty() { "nobody: it was deleted" } else { holder })]
    TakenOver {
        /// Name of the Lease.
        name: String,
        /// Who holds it.
        holder: String,
    },
}

/// Why one request about the lease failed.
#[derive(Debug, thiserror::Error)]
pub enum RequestFailure {
    /// The API server refused it, or the connection broke.
    #[error(transparent)]
    Failed(#[from] Box<kube::Error>),
    /// There was no answer in time.
    #[error("the API server did not answer within {seconds} s")]
    TimedOut {
        /// The timeout.
        seconds: u64,
    },
}

/// The result of an attempt to renew.
enum Renewal {
    Done,
    /// By this holder; an empty name if the lease was deleted.
    TakenOver(String),
}

/// The lease is ours.
pub struct Leadership {
    api: Api<Lease>,
    election: Election,
    held: Lease,
    /// When the last successful renewal was sent: the lease may count from then.
    renewed: Instant,
    fence: Fence,
}

/// Waits until the lease is ours, then opens the fence. Failures of the API server are logged and retried for ever.
pub async fn acquire(api: Api<Lease>, election: Election, fence: Fence) -> Leadership {
    let mut seen: Option<(String, Instant)> = None;
    loop {
        let renewed = Instant::now();
        match timeout(election.request_timeout(), attempt(&api, &election, &mut seen)).await {
            Ok(Ok(Some(held))) => {
                fence.extend(renewed + election.renew_deadline);
                return Leadership { api, election, held, renewed, fence };
            }
            Ok(Ok(None)) => {}
            Ok(Err(error)) => {
                tracing::warn!(lease = election.name, %error, "cannot read or write the lease; trying again");
            }
            Err(_) => {
                tracing::warn!(lease = election.name, "nobody answers about the lease; trying again");
            }
        }
        sleep(election.retry).await;
    }
}

/// One attempt: creates the lease, takes a free or expired one, or answers `None`.
async fn attempt(
    api: &Api<Lease>,
    election: &Election,
    seen: &mut Option<(String, Instant)>,
) -> Result<Option<Lease>, kube::Error> {
    let Some(found) = api.get_opt(&election.name).await? else {
        let lease = Lease {
            metadata: ObjectMeta { name: Some(election.name.clone()), ..ObjectMeta::default() },
            spec: Some(ours(election, 0)),
        };
        return conflict_is_none(api.create(&PostParams::default(), &lease).await);
    };
    let spec = found.spec.clone().unwrap_or_default();
    let holder = spec.holder_identity.unwrap_or_default();
    let version = found.metadata.resource_version.clone().unwrap_or_default();
    if !holder.is_empty() && holder != election.identity {
        let since = match seen {
            Some((last, since)) if *last == version => *since,
            _ => {
                *seen = Some((version, Instant::now()));
                tracing::info!(lease = election.name, holder, "another copy leads; waiting");
                return Ok(None);
            }
        };
        let lease =
            spec.lease_duration_seconds.and_then(|s| u64::try_from(s).ok()).map_or(election.lease, Duration::from_secs);
        if since.elapsed() < lease {
            return Ok(None);
        }
    }
    let transitions = spec.lease_transitions.unwrap_or(0) + i32::from(holder != election.identity);
    let mut taken = found;
    taken.spec = Some(ours(election, transitions));
    conflict_is_none(api.replace(&election.name, &PostParams::default(), &taken).await)
}

/// Another copy was faster, which is not an error.
fn conflict_is_none(result: Result<Lease, kube::Error>) -> Result<Option<Lease>, kube::Error> {
    match result {
        Ok(lease) => Ok(Some(lease)),
        Err(kube::Error::Api(status)) if status.code == 409 => Ok(None),
        Err(error) => Err(error),
    }
}

fn ours(election: &Election, transitions: i32) -> LeaseSpec {
    let now = MicroTime(jiff::Timestamp::now());
    LeaseSpec {
        holder_identity: Some(election.identity.clone()),
        lease_duration_seconds: i32::try_from(election.lease.as_secs()).ok(),
        acquire_time: Some(now.clone()),
        renew_time: Some(now),
        lease_transitions: Some(transitions),
        ..LeaseSpec::default()
    }
}

impl Leadership {
    /// Renews until leadership is lost. The caller must stop acting when this returns.
    ///
    /// # Errors
    /// Always ends with one: why leadership was lost.
    pub async fn keep(&mut self) -> LeaseError {
        let name = self.election.name.clone();
        let timed_out = |waited: Duration| RequestFailure::TimedOut { seconds: waited.as_secs() };
        let mut last = timed_out(self.election.renew_deadline);
        loop {
            let deadline = self.renewed + self.election.renew_deadline;
            sleep_until(deadline.min(Instant::now() + self.election.retry)).await;
            let sent = Instant::now();
            if sent >= deadline {
                self.fence.close();
                return LeaseError::NotRenewed { name, seconds: self.election.renew_deadline.as_secs(), source: last };
            }
            let timeout = self.election.request_timeout();
            match timeout_at(deadline.min(sent + timeout), self.renew()).await {
                Ok(Ok(Renewal::Done)) => {
                    self.renewed = sent;
                    self.fence.extend(sent + self.election.renew_deadline);
                    continue;
                }
                Ok(Ok(Renewal::TakenOver(holder))) => {
                    self.fence.close();
                    return LeaseError::TakenOver { name, holder };
                }
                Ok(Err(error)) => last = RequestFailure::Failed(Box::new(error)),
                Err(_) => last = timed_out(timeout),
            }
            tracing::warn!(lease = name, error = %last, "cannot renew the lease; trying again");
        }
    }

    async fn renew(&mut self) -> Result<Renewal, kube::Error> {
        match self.write().await {
            Ok(()) => Ok(Renewal::Done),
            Err(kube::Error::Api(status)) if status.code == 409 => {
                let found = self.api.get_opt(&self.election.name).await?;
                let spec = found.as_ref().and_then(|lease| lease.spec.as_ref());
                let holder = spec.and_then(|spec| spec.holder_identity.clone()).unwrap_or_default();
                match found {
                    // An earlier renewal arrived although its answer did not, or somebody changed the metadata.
                    Some(lease) if holder == self.election.identity => {
                        self.held = lease;
                        self.write().await.map(|()| Renewal::Done)
                    }
                    _ => Ok(Renewal::TakenOver(holder)),
                }
            }
            Err(error) => Err(error),
        }
    }

    async fn write(&mut self) -> Result<(), kube::Error> {
        let mut next = self.held.clone();
        if let Some(spec) = next.spec.as_mut() {
            spec.renew_time = Some(MicroTime(jiff::Timestamp::now()));
        }
        self.held = self.api.replace(&self.election.name, &PostParams::default(), &next).await?;
        Ok(())
    }

    /// Gives the lease up at once, so that the next copy need not wait until it expires. The fence closes first.
    pub async fn release(mut self) {
        self.fence.close();
        if let Some(spec) = self.held.spec.as_mut() {
            spec.holder_identity = Some(String::new());
            spec.lease_duration_seconds = Some(1);
        }
        let name = &self.election.name;
        match timeout(self.election.request_timeout(), self.api.replace(name, &PostParams::default(), &self.held)).await
        {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => {
                tracing::warn!(lease = name, %error, "the lease could not be released; it runs out by itself");
            }
            Err(_) => {
                tracing::warn!(lease = name, "nobody answered to the release of the lease; it runs out by itself")
            }
        }
    }
}
