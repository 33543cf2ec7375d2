//! `orangery-forge`: runs a simulated forge, and drives a running one from the command line.

mod cli;

use clap::Parser as _;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    cli::Cli::parse().run().await
}
