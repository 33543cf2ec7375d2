//! Work that stays on one core.

use anyhow::{Result, anyhow};
use std::thread;

/// Runs work on a thread that never leaves one core, nor do the threads that it starts. Only Linux knows how; elsewhere it is a
/// thread like any other.
///
/// # Errors
/// The thread cannot be bound to a core, or the work broke.
pub fn on_one_core<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T> {
    thread::scope(|scope| {
        let bound = || -> Result<T> {
            #[cfg(target_os = "linux")]
            bind()?;
            Ok(work())
        };
        scope.spawn(bound).join().map_err(|_| anyhow!("the work broke"))?
    })
}

/// To the last of the cores that we may use: the first ones serve more interrupts.
#[cfg(target_os = "linux")]
fn bind() -> Result<()> {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
    let allowed = sched_getaffinity(None)?;
    let last =
        (0..CpuSet::MAX_CPU).rev().find(|cpu| allowed.is_set(*cpu)).ok_or_else(|| anyhow!("no core to run on"))?;
    let mut one = CpuSet::new();
    one.set(last);
    Ok(sched_setaffinity(None, &one)?)
}
