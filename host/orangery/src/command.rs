//! Dispatches each command to its module.

mod completion;
mod manual;

use crate::cli::{Arguments, BuildCommand, Command, PluginCommand};
use crate::logging::ClientLog;
use crate::plugin_log::PluginLog;
use crate::provider::{notify, poll};
use crate::run::Surroundings;
use crate::{artifact, build, cluster, exit, explain, failure, logging, plugin, run};
use anyhow::Context;
use std::process::ExitCode;
use std::time::Duration;

/// How long running computations may delay the end of the process.
const ENDING: Duration = Duration::from_secs(1);

/// Parses the command line, runs the command, and prints why it failed.
#[must_use]
pub fn main(surroundings: &Surroundings) -> ExitCode {
    // The program starts itself as a child to compile plugins.
    if let Some(code) = orangery_sandbox::compile_if_asked() {
        return code;
    }
    if let Some(code) = completion::answer_if_asked() {
        return code;
    }
    let arguments = Arguments::of_process();
    let of_client = match &arguments.command {
        Command::Cluster(_) | Command::Sync(_) => ClientLog::Silent,
        _ => ClientLog::Logged,
    };
    logging::start(&arguments.log, plugin_log(&arguments.command), of_client);
    match perform(arguments.command, surroundings) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("✗ {}", failure::tell(&error));
            exit::FAILURE
        }
    }
}

/// Whether the lines of plugins are shown: a user who polls or tests a plugin wants to see them.
fn plugin_log(command: &Command) -> PluginLog {
    match command {
        Command::Poll(_) | Command::Notify(_) | Command::Plugin(PluginCommand::Test(_)) => PluginLog::Plain,
        Command::Run(_)
        | Command::Build(_)
        | Command::Explain(_)
        | Command::Plugin(_)
        | Command::Artifact(_)
        | Command::Sync(_)
        | Command::Crds
        | Command::Completion(_)
        | Command::Man(_)
        | Command::Cluster(_) => PluginLog::Logged,
    }
}

/// Runs a command; the exit code is one of [`exit`].
///
/// # Errors
/// What went wrong, for stderr; the process then ends with [`exit::FAILURE`].
pub fn perform(command: Command, surroundings: &Surroundings) -> anyhow::Result<ExitCode> {
    match &command {
        Command::Completion(options) => return completion::print(*options),
        Command::Man(options) => return manual::write(options),
        _ => {}
    }
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
            Command::Plugin(PluginCommand::New(options)) => Ok(plugin::new::perform(&options)?),
            Command::Notify(options) => notify::perform(&options).await,
            Command::Explain(options) => explain::perform(&options).await,
            Command::Plugin(PluginCommand::Check(options)) => plugin::check::perform(&options).await,
            Command::Plugin(PluginCommand::Test(options)) => plugin::test::perform(&options).await,
            Command::Plugin(PluginCommand::List(options)) => plugin::list::perform(&options).await,
            Command::Plugin(PluginCommand::Precompile(options)) => plugin::precompile::perform(&options).await,
            Command::Artifact(command) => artifact::perform(command).await,
            Command::Sync(options) => Ok(artifact::sync::perform(&options).await),
            Command::Cluster(command) => cluster::perform(*command).await,
            Command::Crds | Command::Completion(_) | Command::Man(_) => Ok(exit::SUCCESS),
        }
    });
    // A computation that cannot be interrupted must not delay a process that was told to end.
    runtime.shutdown_timeout(ENDING);
    ended
}

/// Number of worker threads. At least two, so that a guest that computes cannot block the timers that interrupt it.
fn workers() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from).max(2)
}
