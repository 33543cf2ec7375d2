//! `cargo xtask deploy`: writes config/deploy and config/impersonate from charts/orangery.

use crate::machine::{cargo, ensure_go};
use anyhow::{Result, bail};

/// Write the manifests for kubectl in config/ from the chart.
#[derive(clap::Args)]
pub(crate) struct Options {}

/// The test that compares the files with what the real helm renders writes them when asked to.
pub(crate) fn run(_: &Options) -> Result<()> {
    ensure_go()?;
    let written = cargo()
        .args(["test", "--quiet", "--locked", "-p", "orangery-test-chart", "--test", "chart", "deploy::"])
        .env("ORANGERY_BLESS", "1")
        .status()?;
    if !written.success() {
        bail!("the manifests could not be written; the messages above say why");
    }
    println!("config/deploy and config/impersonate are in step with charts/orangery");
    Ok(())
}
