//! `cargo xtask fuzz`: compares with the real Go libraries for as long as you like. CI runs the same with fixed seeds.

use crate::machine::{cargo, ensure_go};
use anyhow::{Result, bail};

/// Compare YAML and templates with the real Go libraries, on random cases.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// How long each family runs.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Where the random numbers begin: the same seed gives the same cases.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Runs the differential tests of YAML and of the template language for longer.
pub(crate) fn run(options: &Options) -> Result<()> {
    ensure_go()?;
    for (package, test) in [("orangery-yaml", "differential"), ("orangery-test-gooracle", "differential")] {
        println!("{package}: {} s a family, seed {}", options.seconds, options.seed);
        let status = cargo()
            .args(["test", "--locked", "-p", package, "--test", test, "--", "--nocapture"])
            .env("ORANGERY_FUZZ_SECONDS", options.seconds.to_string())
            .env("ORANGERY_FUZZ_SEED", options.seed.to_string())
            .status()?;
        if !status.success() {
            bail!("{package} differs from Go; the case is above: put it into the corpus, then mend it");
        }
    }
    Ok(())
}
