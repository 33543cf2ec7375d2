//! Exit codes: one table for all commands, documented in `docs/reference/command-line.md`.

use std::process::ExitCode;

/// Done; with `--once`: everything is ready.
pub const SUCCESS: ExitCode = ExitCode::SUCCESS;
/// The command failed: bad input, a failed case, a refused plugin, a poll without an answer.
pub const FAILURE: ExitCode = ExitCode::FAILURE;

/// With `--once`: the pass was made, but not everything is ready; the reasons are on stderr.
#[must_use]
pub fn not_ready() -> ExitCode {
    ExitCode::from(3)
}

/// `plan`: something would change.
#[must_use]
pub fn plan_changes() -> ExitCode {
    ExitCode::from(1)
}

/// `plan`: no plan could be made, or a part of it would fail.
#[must_use]
pub fn plan_failed() -> ExitCode {
    ExitCode::from(2)
}

/// `artifact diff`: the files differ from those of the artifact.
#[must_use]
pub fn differs() -> ExitCode {
    ExitCode::from(1)
}

/// `artifact diff`: files and artifact could not be compared.
#[must_use]
pub fn not_compared() -> ExitCode {
    ExitCode::from(2)
}

/// `sync`: it could not begin, for the registry or the cluster.
#[must_use]
pub fn sync_not_begun() -> ExitCode {
    ExitCode::from(2)
}

/// `sync`: time was up before everything was applied.
#[must_use]
pub fn sync_timed_out() -> ExitCode {
    ExitCode::from(3)
}

/// `sync`: something is suspended and will not be applied.
#[must_use]
pub fn sync_suspended() -> ExitCode {
    ExitCode::from(4)
}

// 2 is clap's code for a wrong command line.
