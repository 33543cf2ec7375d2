//! `cargo xtask crds`: writes config/crd from host/api.

use crate::machine::cargo;
use anyhow::{Result, bail};

/// Write the custom resource definitions to config/crd.
#[derive(clap::Args)]
pub(crate) struct Options {}

/// The test that compares the folder with the types writes it when asked to.
pub(crate) fn run(_: &Options) -> Result<()> {
    if !cargo()
        .args(["test", "--quiet", "--locked", "-p", "orangery-api"])
        .env("ORANGERY_BLESS", "1")
        .status()?
        .success()
    {
        bail!("the definitions could not be written; the messages above say why");
    }
    println!("config/crd is in step with host/api");
    Ok(())
}
