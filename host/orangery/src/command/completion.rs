//! Completion: scripts for shells, and the candidates that they ask this program for, among them names from the cluster. As
//! `kubectl_complete-orangery` the program answers kubectl in its own form.

use crate::cli::{Arguments, CompletionOptions, Shell};
use crate::cluster::names;
use crate::exit;
use anyhow::Context as _;
use clap::{Arg, Command, CommandFactory as _};
use clap_complete::engine::{ArgValueCandidates, complete};
use clap_complete::env::{Bash, CompleteEnv, EnvCompleter, Fish, Powershell, Zsh};
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::ExitCode;

/// The variable with which a script asks for candidates.
const VARIABLE: &str = "COMPLETE";
/// The name of the program that kubectl asks.
const KUBECTL: &str = "kubectl_complete-orangery";
/// After the candidates: kubectl offers no files (cobra's directive `NoFileComp`).
const NO_FILES: &str = ":4";

/// Answers a shell or kubectl if one of them asks; then nothing else happens.
pub(super) fn answer_if_asked() -> Option<ExitCode> {
    let program = std::env::args_os().next()?;
    if Path::new(&program).file_stem() == Some(OsStr::new(KUBECTL)) {
        return Some(answer_kubectl());
    }
    // Ends the process if the variable is set.
    CompleteEnv::with_factory(|| with_names(Arguments::command())).var(VARIABLE).complete();
    None
}

/// Prints the script of a shell. It asks the program under the name that it has on the path.
///
/// # Errors
/// The script cannot be written.
pub(super) fn print(options: CompletionOptions) -> anyhow::Result<ExitCode> {
    let shell: &dyn EnvCompleter = match options.shell {
        Shell::Bash => &Bash,
        Shell::Zsh => &Zsh,
        Shell::Fish => &Fish,
        Shell::Powershell => &Powershell,
    };
    let name = "orangery";
    let mut script = Vec::new();
    shell.write_registration(VARIABLE, name, name, name, &mut script).context("cannot write the script")?;
    print!("{}", String::from_utf8(script).context("the script is not UTF-8")?);
    Ok(exit::SUCCESS)
}

/// One candidate a line, with its help behind a tab, then the directive.
fn answer_kubectl() -> ExitCode {
    let mut words: Vec<OsString> = std::env::args_os().collect();
    if let Some(program) = words.first_mut() {
        *program = "orangery".into();
    }
    let last = words.len().saturating_sub(1);
    let mut command = with_names(Arguments::command());
    // An error text between the candidates would only disturb the completion.
    for candidate in complete(&mut command, words, last, None).unwrap_or_default() {
        let value = candidate.get_value().to_string_lossy().into_owned();
        match candidate.get_help().map(ToString::to_string).and_then(|help| help.lines().next().map(str::to_owned)) {
            Some(help) => println!("{value}\t{help}"),
            None => println!("{value}"),
        }
    }
    println!("{NO_FILES}");
    exit::SUCCESS
}

/// The command line with names of sets and providers where one is asked for.
fn with_names(command: Command) -> Command {
    let candidates = match command.get_name() {
        "resourceset" => Some(ArgValueCandidates::new(names::sets)),
        "resourcesetinputprovider" => Some(ArgValueCandidates::new(names::providers)),
        _ => None,
    };
    let named = command.get_arguments().any(is_name);
    let command = match candidates {
        Some(candidates) if named => {
            command.mut_args(|argument| if is_name(&argument) { argument.add(candidates.clone()) } else { argument })
        }
        _ => command,
    };
    command.mut_subcommands(with_names)
}

fn is_name(argument: &Arg) -> bool {
    argument.is_positional() && argument.get_id() == "name"
}
