//! `cargo xtask bench`: figures as ratios within one run, never absolute times.

use crate::machine::{cargo, ensure_wasm_target};
use anyhow::{Result, bail};

/// Measure, as ratios within one run.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Which measurement; all if left out: call, render, start.
    only: Option<String>,
}

/// Runs the benches of `tests/bench` with optimisation.
pub(crate) fn run(options: &Options) -> Result<()> {
    ensure_wasm_target()?;
    let mut bench = cargo();
    bench.args(["bench", "--locked", "-p", "orangery-test-bench"]);
    if let Some(only) = &options.only {
        bench.args(["--bench", only]);
    }
    if !bench.status()?.success() {
        bail!("the measurement failed; the messages above say why");
    }
    Ok(())
}
