//! What belongs to the shell rather than to Orangery: completion and manual pages.

use clap::{Args, Command, ValueEnum};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// The command line under the name that it was called by: as a plugin of kubectl, usages begin with `kubectl orangery`.
pub(super) fn as_called(command: Command) -> Command {
    let program = std::env::args_os().next();
    if program.is_some_and(|program| Path::new(&program).file_stem() == Some(OsStr::new("kubectl-orangery"))) {
        command.bin_name("kubectl orangery")
    } else {
        command
    }
}

/// The flags of `orangery completion`.
#[derive(Debug, Clone, Copy, Args)]
pub struct CompletionOptions {
    /// Shell that the script is for
    #[arg(value_name = "SHELL", value_enum)]
    pub shell: Shell,
}

/// Shells with a completion script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// bash.
    Bash,
    /// zsh.
    Zsh,
    /// fish.
    Fish,
    /// PowerShell.
    Powershell,
}

/// The flags of `orangery man`.
#[derive(Debug, Clone, Args)]
pub struct ManOptions {
    /// Folder that the pages are written into
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
}
