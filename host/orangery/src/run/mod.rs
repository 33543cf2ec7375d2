//! `orangery run`: the operator, against a cluster or against a directory.

mod addresses;
mod api_server;
mod certificate;
mod cluster;
mod election;
mod local;
mod notifications;
mod screen;
mod server;
mod stop;
mod surroundings;

pub use surroundings::Surroundings;

use crate::cli::{GuardDefault, RunOptions};
use orangery_core::guard::Thresholds;
use orangery_core::{GuardPolicy, Timestamp};
use std::process::ExitCode;
use std::time::SystemTime;

/// Runs until it is stopped, or for one pass.
///
/// # Errors
/// It cannot start, or lost what it needs to go on.
pub async fn perform(options: RunOptions, surroundings: &Surroundings) -> anyhow::Result<ExitCode> {
    match options.local.clone() {
        Some(directory) => local::run(&options, &directory).await,
        None => cluster::run(options, surroundings).await,
    }
}

/// The present moment.
#[must_use]
pub fn now() -> Timestamp {
    SystemTime::now().into()
}

/// The guard's policy unless a set says otherwise.
pub(crate) fn guard(options: &RunOptions) -> GuardPolicy {
    let thresholds = Thresholds { share: options.prune_guard_share, floor: options.prune_guard_floor };
    GuardPolicy { on: options.prune_guard == GuardDefault::On, thresholds, ..GuardPolicy::default() }
}
