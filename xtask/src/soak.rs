//! `cargo xtask soak`: random histories against a model, or a cut at every request, with the real API server.

use crate::machine::{cargo, ensure_go, ensure_wasm_target};
use anyhow::{Result, bail};

/// Look for faults that no single story shows. What is found is made smaller and printed with its seed.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Cut each kind of work before and after each request to the API server, by each kind of fault.
    #[arg(long, conflicts_with_all = ["minutes", "seed"])]
    crash: bool,
    /// Play random histories for so many minutes.
    #[arg(long, default_value_t = 10)]
    minutes: u64,
    /// The seed of the first history; the others count on.
    #[arg(long, default_value_t = 1000)]
    seed: u64,
    /// Worlds side by side.
    #[arg(long, default_value_t = 8)]
    beside: usize,
}

/// Runs the program of `tests/soak`.
pub(crate) fn run(options: &Options) -> Result<()> {
    ensure_wasm_target()?;
    ensure_go()?;
    let mut soak = cargo();
    soak.args(["run", "--locked", "-p", "orangery-test-soak", "--bin", "orangery-soak", "--"]);
    soak.args(["--beside", &options.beside.to_string()]);
    if options.crash {
        soak.arg("--crash");
    } else {
        soak.args(["--minutes", &options.minutes.to_string(), "--seed", &options.seed.to_string()]);
    }
    if !soak.status()?.success() {
        bail!("something was found; the messages above say what");
    }
    Ok(())
}
