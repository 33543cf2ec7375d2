//! `cargo xtask bench`: figures as ratios within one run, never absolute times.

use crate::machine::{cargo, ensure_wasm_target};
use anyhow::{Result, bail};

/// Measure, as ratios within one run.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Which measurement; all if left out: call, operator, render, start.
    only: Option<String>,
    /// Without optimisation: enough for what is counted, and quicker to build.
    #[arg(long)]
    debug: bool,
    /// For the measurement itself, for example `operator -- --objects 100 -o json`.
    #[arg(last = true)]
    arguments: Vec<String>,
}

/// Runs the benches of `tests/bench` with optimisation.
pub(crate) fn run(options: &Options) -> Result<()> {
    ensure_wasm_target()?;
    let mut bench = cargo();
    bench.args(["bench", "--locked", "-p", "orangery-test-bench"]);
    if options.debug {
        bench.args(["--profile", "dev"]);
    }
    if let Some(only) = &options.only {
        bench.args(["--bench", only]);
    }
    if !options.arguments.is_empty() {
        bench.arg("--").args(&options.arguments);
    }
    if !bench.status()?.success() {
        bail!("the measurement failed; the messages above say why");
    }
    Ok(())
}
