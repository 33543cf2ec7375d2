//! Leader election over a Kubernetes Lease, so that two copies of the operator never act at once.
//!
//! # Guarantees
//! While [`Leadership`] is held, no other holder that obeys the protocol acts: leadership is given up before the lease can be taken
//! over, because the renew deadline is shorter than the lease duration and counts from the moment when the last successful renewal
//! was *sent*. A request without an answer has failed: each is given up after a third of the deadline. The [`Fence`] closes at the
//! deadline by itself, even if no task has the time to notice. A copy that loses the lease stands by, and may lead again.
//!
//! # Assumptions
//! Clocks may differ between machines: a foreign lease is judged by how long *we* have seen it unchanged.

mod candidate;
mod fence;
mod timing;

pub use candidate::{Transition, take_part};
pub use fence::{Fence, Fenced, Term};
pub(super) use fence::{Reign, Since};
pub use timing::{InvalidTiming, Timing};

use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::api::{Api, ObjectMeta, PostParams};
use std::time::Duration;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

/// How long the release of the lease may delay the end of the process.
const RELEASE: Duration = Duration::from_millis(1500);

/// Identity and timing of a candidate.
#[derive(Debug, Clone)]
pub struct Election {
    /// Name of the Lease.
    pub name: String,
    /// Identity of this copy: pod name or host name, with something unique.
    pub identity: String,
    /// How long a lease lasts, and how often it is renewed.
    pub timing: Timing,
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
        /// The timeout in seconds.
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

/// The lease as another copy holds it, judged by our own clock.
struct Foreign {
    /// Resource version: each renewal changes it.
    version: String,
    /// Since when we have seen this version.
    since: Instant,
    /// How long it lasts without a renewal.
    lasts: Duration,
}

impl Foreign {
    fn expires(&self) -> Instant {
        self.since + self.lasts
    }
}

/// One uninterrupted holding of a lease: an object, and how often its holder has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Tenure {
    uid: Option<String>,
    transitions: Option<i32>,
}

impl Tenure {
    fn of(lease: &Lease) -> Self {
        Self {
            uid: lease.metadata.uid.clone(),
            transitions: lease.spec.as_ref().and_then(|spec| spec.lease_transitions),
        }
    }
}

/// Waits until the lease is ours, then opens the fence. Failures of the API server are logged and retried for ever.
pub async fn acquire(api: Api<Lease>, election: Election, fence: Fence) -> Leadership {
    acquire_again(api, election, fence, None).await
}

/// As [`acquire`]; the term goes on if nobody else has held the lease since `last`.
async fn acquire_again(api: Api<Lease>, election: Election, fence: Fence, last: Option<Tenure>) -> Leadership {
    let mut foreign: Option<Foreign> = None;
    loop {
        let begun = Instant::now();
        match timeout(election.timing.request_timeout(), attempt(&api, &election, &mut foreign)).await {
            Ok(Ok(Some(held))) => {
                let deadline = begun + election.timing.renew_deadline();
                let same = last.is_some_and(|last| last == Tenure::of(&held));
                fence.begin(deadline, if same { Since::NobodyLed } else { Since::AnotherLed });
                return Leadership { api, election, held, renewed: begun, fence };
            }
            Ok(Ok(None)) => {}
            Ok(Err(error)) => {
                tracing::warn!(lease = election.name, %error, "cannot read or write the lease; trying again");
            }
            Err(_) => {
                tracing::warn!(lease = election.name, "nobody answers about the lease; trying again");
            }
        }
        let retry = Instant::now() + election.timing.retry();
        // The lease of a copy that died is taken when it expires, not at the next attempt after that.
        let expires = foreign.as_ref().map(Foreign::expires).filter(|expires| *expires > Instant::now());
        sleep_until(expires.map_or(retry, |expires| expires.min(retry))).await;
    }
}

/// One attempt: creates the lease, takes a free or expired one, or answers `None`.
async fn attempt(
    api: &Api<Lease>,
    election: &Election,
    foreign: &mut Option<Foreign>,
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
        match foreign {
            Some(known) if known.version == version => {
                if Instant::now() < known.expires() {
                    return Ok(None);
                }
            }
            _ => {
                if foreign.is_none() {
                    tracing::info!(lease = election.name, holder, "another copy leads; standing by");
                }
                let seconds = spec.lease_duration_seconds.and_then(|seconds| u64::try_from(seconds).ok());
                let lasts = seconds.map_or(election.timing.lease(), Duration::from_secs);
                *foreign = Some(Foreign { version, since: Instant::now(), lasts });
                return Ok(None);
            }
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
        lease_duration_seconds: i32::try_from(election.timing.lease().as_secs()).ok(),
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
        let mut last = timed_out(self.election.timing.renew_deadline());
        loop {
            let deadline = self.renewed + self.election.timing.renew_deadline();
            sleep_until(deadline.min(Instant::now() + self.election.timing.retry())).await;
            let sent = Instant::now();
            if sent >= deadline {
                self.fence.close();
                return LeaseError::NotRenewed {
                    name,
                    seconds: self.election.timing.renew_deadline().as_secs(),
                    source: last,
                };
            }
            let timeout = self.election.timing.request_timeout();
            match timeout_at(deadline.min(sent + timeout), self.renew()).await {
                Ok(Ok(Renewal::Done)) => {
                    self.renewed = sent;
                    self.fence.extend(sent + self.election.timing.renew_deadline());
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
        let name = self.election.name.clone();
        match timeout(RELEASE, self.give_back()).await {
            Ok(Ok(())) => tracing::info!(lease = name, "the lease is released"),
            Ok(Err(error)) => {
                tracing::warn!(lease = name, %error, "the lease could not be released; it runs out by itself");
            }
            Err(_) => {
                tracing::warn!(lease = name, "nobody answered to the release of the lease; it runs out by itself");
            }
        }
    }

    async fn give_back(&mut self) -> Result<(), kube::Error> {
        match self.write_released().await {
            Err(kube::Error::Api(status)) if status.code == 409 => {}
            other => return other,
        }
        // A renewal that was interrupted by the release may have arrived.
        let found = self.api.get_opt(&self.election.name).await?;
        let is_ours = |lease: &Lease| {
            lease.spec.as_ref().and_then(|spec| spec.holder_identity.as_ref()) == Some(&self.election.identity)
        };
        match found.filter(is_ours) {
            Some(lease) => {
                self.held = lease;
                self.write_released().await
            }
            None => Ok(()),
        }
    }

    async fn write_released(&self) -> Result<(), kube::Error> {
        let mut free = self.held.clone();
        if let Some(spec) = free.spec.as_mut() {
            spec.holder_identity = Some(String::new());
            spec.lease_duration_seconds = Some(1);
        }
        self.api.replace(&self.election.name, &PostParams::default(), &free).await.map(drop)
    }
}
