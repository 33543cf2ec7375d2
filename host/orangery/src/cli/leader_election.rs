//! The flags of `orangery run` about the lease.

use super::duration;
use clap::Args;
use orangery_controller::kubernetes::lease::{InvalidTiming, Timing};
use std::time::Duration;

/// Whether copies of the operator elect a leader, and how fast one that died is replaced.
#[derive(Debug, Clone, Copy, Args)]
pub struct LeaderElectionOptions {
    /// Run without a lease: only where no second copy can run
    #[arg(long, help_heading = "Leader election")]
    pub no_leader_election: bool,
    /// As Flux Operator writes it: `false` is --no-leader-election
    #[arg(
        long,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        conflicts_with = "no_leader_election",
        help_heading = "Leader election"
    )]
    pub enable_leader_election: Option<bool>,
    /// How long a leader that died still counts as one; whole seconds
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "10s", help_heading = "Leader election")]
    pub leader_election_lease_duration: Duration,
    /// A leader that could not renew the lease for this long stops acting and stands by; shorter than the lease duration
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "7s", help_heading = "Leader election")]
    pub leader_election_renew_deadline: Duration,
    /// Time between attempts to acquire or renew the lease
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "2s", help_heading = "Leader election")]
    pub leader_election_retry_period: Duration,
}

impl LeaderElectionOptions {
    /// The timing of the election.
    ///
    /// # Errors
    /// The times contradict each other.
    pub fn timing(self) -> Result<Timing, InvalidTiming> {
        Timing::new(
            self.leader_election_lease_duration,
            self.leader_election_renew_deadline,
            self.leader_election_retry_period,
        )
    }
}
