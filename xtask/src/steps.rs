//! Runs steps, each with a headline and its duration, and stops at the first failure.

use anyhow::{Result, bail};
use std::process::Command;
use std::time::Instant;

/// Prints headlines and counts.
pub(crate) struct Steps {
    total: usize,
    at: usize,
    begun: Instant,
}

impl Steps {
    /// Starts with this many steps to come.
    pub(crate) fn new(total: usize) -> Self {
        Self { total, at: 0, begun: Instant::now() }
    }

    /// Runs one command, its output shown as it comes.
    pub(crate) fn run(&mut self, headline: &str, command: &mut Command) -> Result<()> {
        self.perform(headline, || {
            let status = command
                .status()
                .map_err(|error| anyhow::anyhow!("cannot start {:?}: {error}", command.get_program()))?;
            if !status.success() {
                bail!("{headline} failed ({status})");
            }
            Ok(())
        })
    }

    /// Runs one piece of work.
    pub(crate) fn perform<T>(&mut self, headline: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        self.at += 1;
        eprintln!("\n── [{}/{}] {headline}", self.at, self.total);
        let begun = Instant::now();
        let done = work()?;
        eprintln!("── [{}/{}] {headline}: done in {:.1} s", self.at, self.total, begun.elapsed().as_secs_f64());
        Ok(done)
    }

    /// Prints that all steps succeeded.
    pub(crate) fn finish(self, words: &str) {
        eprintln!("\n── {words} ({:.0} s)", self.begun.elapsed().as_secs_f64());
    }
}
