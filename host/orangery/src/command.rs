//! From the command line to the work: one arm a command.

use crate::cli::{Arguments, BuildCommand, Command, PluginCommand};
use crate::run::Surroundings;
use crate::{build, exit, failure, logging, plugin, poll, run};
use anyhow::Context;
use clap::Parser;
use std::process::ExitCode;
use std::time::Duration;

/// How long computations that are under way may keep the process at its end.
const ENDING: Duration = Duration::from_secs(2);

/// The whole process: parses the command line, performs the command, tells why it failed.
#[must_use]
pub fn main(surroundings: &Surroundings) -> ExitCode {
    // This program compiles foreign plugins as a child of itself.
    if let Some(code) = orangery_sandbox::compile_if_asked() {
        return code;
    }
    let arguments = Arguments::parse();
    logging::start(&arguments.log);
    match perform(arguments.command, surroundings) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("✗ {}", failure::tell(&error));
            exit::FAILURE
        }
    }
}

/// Performs a command; the exit code is one of [`exit`].
///
/// # Errors
/// What went wrong, for stderr; the process then ends with [`exit::FAILURE`].
pub fn perform(command: Command, surroundings: &Surroundings) -> anyhow::Result<ExitCode> {
    if let Command::Crds = command {
        for (_, text) in orangery_api::crds_yaml()? {
            print!("---\n{text}");
        }
        return Ok(exit::SUCCESS);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers())
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let ended = runtime.block_on(async {
        match command {
            Command::Run(options) => run::perform(*options, surroundings).await,
            Command::Build(BuildCommand::ResourceSet(options)) => build::perform(&options).await,
            Command::Poll(options) => poll::perform(&options).await,
            Command::Plugin(PluginCommand::Check(options)) => plugin::check::perform(&options).await,
            Command::Plugin(PluginCommand::Test(options)) => plugin::test::perform(&options).await,
            Command::Plugin(PluginCommand::List(options)) => plugin::list::perform(&options).await,
            Command::Crds => Ok(exit::SUCCESS),
        }
    });
    // A computation that cannot be interrupted must not keep a process that was told to end, or has lost its lease.
    runtime.shutdown_timeout(ENDING);
    ended
}

/// At least two: a guest that computes must not keep the clock that ends it from being looked at.
fn workers() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from).max(2)
}
