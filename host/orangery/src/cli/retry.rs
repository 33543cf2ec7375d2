//! The flags of `orangery run` about retries: how soon a failure is tried again, and how intervals are spread.

use super::duration;
use clap::Args;
use orangery_controller::pipeline::requeue::{InvalidRequeuePolicy, Jitter, RequeuePolicy};
use std::time::Duration;

/// How failures are retried and intervals are spread.
#[derive(Debug, Clone, Copy, Args)]
pub struct RetryOptions {
    /// Delay before the first retry of a failed reconciliation; each further failure in a row doubles it
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "750ms", help_heading = "Retries")]
    pub min_retry_delay: Duration,
    /// Longest delay between retries of a failed reconciliation
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "15m", help_heading = "Retries")]
    pub max_retry_delay: Duration,
    /// By how many percent an interval may be shorter or longer, so that objects of one interval are not reconciled all at once;
    /// derived from the UID of the object, 0 keeps intervals exactly (cluster mode)
    #[arg(
        long,
        value_name = "PERCENT",
        default_value_t = 5,
        value_parser = clap::value_parser!(u8).range(0..=100),
        help_heading = "Retries"
    )]
    pub interval_jitter_percentage: u8,
}

impl RetryOptions {
    pub(super) fn policy(self, dependency_delay: Duration) -> Result<RequeuePolicy, InvalidRequeuePolicy> {
        let jitter = Jitter::percent(self.interval_jitter_percentage)?;
        let policy = RequeuePolicy::default().with_dependency_delay(dependency_delay).with_jitter(jitter);
        policy.with_retry_delays(self.min_retry_delay, self.max_retry_delay)
    }
}
