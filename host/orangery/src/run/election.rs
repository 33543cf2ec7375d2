//! The election of a leader among the copies of the operator.

use k8s_openapi::api::coordination::v1::Lease;
use kube::Api;
use orangery_controller::kubernetes::lease::{self, Election, Fence, Timing, Transition};
use orangery_controller::kubernetes::metrics::{Metrics, Role};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Name of the Lease.
const LEASE: &str = "orangery";

/// What a copy needs to take part.
pub(super) struct Candidate {
    pub(super) leases: Api<Lease>,
    pub(super) timing: Timing,
    pub(super) fence: Fence,
    pub(super) metrics: Metrics,
}

/// An election that this copy takes part in.
pub(super) struct Participation {
    over: CancellationToken,
    task: JoinHandle<()>,
}

impl Candidate {
    /// Takes part in the background: stands by, leads, and stands by again when the lease is lost.
    pub(super) fn start(self) -> Participation {
        let Self { leases, timing, fence, metrics } = self;
        let over = CancellationToken::new();
        let election = Election { name: LEASE.to_owned(), identity: identity(), timing };
        let identity = election.identity.clone();
        tracing::info!(lease = LEASE, identity, "waiting for the lease");
        metrics.plays(Role::Standby);
        let observe = move |transition: &Transition| match transition {
            Transition::Leads => {
                metrics.plays(Role::Leader);
                tracing::info!(lease = LEASE, identity, "leading");
            }
            Transition::Lost(error) => {
                metrics.plays(Role::Standby);
                tracing::error!(lease = LEASE, %error, "the lease is lost; standing by until it is ours again");
            }
            Transition::Released => metrics.plays(Role::Standby),
        };
        let task = tokio::spawn(lease::take_part(leases, election, fence, over.clone().cancelled_owned(), observe));
        Participation { over, task }
    }
}

impl Participation {
    /// Gives the lease back.
    pub(super) async fn finish(self) {
        self.over.cancel();
        if let Err(error) = self.task.await {
            tracing::warn!(%error, "the election ended early; the lease runs out by itself");
        }
    }
}

/// The pod's name, and something that no other process has.
fn identity() -> String {
    let host = super::notifications::instance();
    let since = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    format!("{host}_{:x}_{:x}", std::process::id(), since)
}
