//! The flags of Flux Operator, as they stand in `extraArgs` of its chart: each is accepted by `orangery run`, or refused with what to
//! use instead. [`FLAGS`] is the whole list; the reference has it as a table.

use super::duration;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, CommandFactory};
use std::time::Duration;

/// What becomes of a flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carried {
    /// It means what it means there.
    Same,
    /// It is accepted, with this difference.
    Accepted(&'static str),
    /// It ends the start with exit code 2 and this text.
    Refused(&'static str),
}

/// Every flag of Flux Operator that its chart does not set by a value of its own. A name that ends in a dash stands for all that begin so.
pub const FLAGS: &[(&str, Carried)] = &[
    ("concurrent", Carried::Same),
    ("requeue-dependency", Carried::Same),
    ("min-retry-delay", Carried::Same),
    ("max-retry-delay", Carried::Same),
    ("interval-jitter-percentage", Carried::Same),
    ("default-service-account", Carried::Same),
    (
        "default-workload-identity-service-account",
        Carried::Refused("Orangery uses no workload identity: give providers a Secret (spec.secretRef)"),
    ),
    ("override-manager", Carried::Same),
    ("watch-configs-label-selector", Carried::Same),
    (
        "token-cache-max-size",
        Carried::Accepted(
            "without effect, with a warning: 1024 minted tokens are kept, each until five minutes before it expires",
        ),
    ),
    ("token-cache-max-duration", Carried::Accepted("without effect, with a warning, as the one above")),
    ("metrics-addr", Carried::Same),
    ("health-addr", Carried::Same),
    ("enable-leader-election", Carried::Accepted("on by default; `=false` is `--no-leader-election`")),
    ("log-level", Carried::Same),
    ("log-encoding", Carried::Accepted("`console` is `human`")),
    (
        "web-",
        Carried::Refused("Orangery serves no web UI: docs/migrate.md says how to keep that of Flux Operator beside it"),
    ),
];

/// The flags that are accepted for the sake of those who come from Flux Operator.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct CarriedOptions {
    /// As Flux Operator has it; without effect here
    #[arg(long, value_name = "N", help_heading = "Of Flux Operator")]
    pub token_cache_max_size: Option<u32>,
    /// As Flux Operator has it; without effect here
    #[arg(long, value_name = "DURATION", value_parser = duration, help_heading = "Of Flux Operator")]
    pub token_cache_max_duration: Option<Duration>,
}

impl CarriedOptions {
    /// Says in the log which flags have no effect.
    pub fn warn(self) {
        let size = self.token_cache_max_size.map(|_| "--token-cache-max-size");
        let duration = self.token_cache_max_duration.map(|_| "--token-cache-max-duration");
        for flag in [size, duration].into_iter().flatten() {
            tracing::warn!(flag, "the flag of Flux Operator has no effect; docs/reference/command-line.md says why");
        }
    }
}

/// The same error, in words for those who come from Flux Operator if it is about a flag of theirs.
pub(super) fn explain(error: clap::Error, command: &mut clap::Command) -> clap::Error {
    if error.kind() != ErrorKind::UnknownArgument {
        return error;
    }
    let Some(ContextValue::String(given)) = error.get(ContextKind::InvalidArg) else { return error };
    match refusal(given) {
        Some(instead) => {
            command.error(ErrorKind::UnknownArgument, format!("{given} is a flag of Flux Operator. {instead}"))
        }
        None => error,
    }
}

/// What to use instead of a flag that is refused.
fn refusal(given: &str) -> Option<&'static str> {
    let name = given.trim_start_matches('-').split('=').next().unwrap_or_default();
    FLAGS.iter().find_map(|(flag, carried)| match carried {
        Carried::Refused(instead) if *flag == name || (flag.ends_with('-') && name.starts_with(flag)) => Some(*instead),
        Carried::Refused(_) | Carried::Same | Carried::Accepted(_) => None,
    })
}

/// The flags that `orangery run` has.
#[must_use]
pub fn of_run() -> Vec<String> {
    let command = super::Arguments::command();
    let all = command.find_subcommand("run").into_iter().flat_map(clap::Command::get_arguments);
    let global = command.get_arguments().filter(|argument| argument.is_global_set());
    all.chain(global).filter_map(|argument| argument.get_long().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flag_is_accepted_or_refused_as_the_list_says() {
        let accepted = of_run();
        for (flag, carried) in FLAGS {
            let is_accepted = accepted.iter().any(|name| name == flag);
            assert_eq!(is_accepted, !matches!(carried, Carried::Refused(_)), "--{flag}");
        }
    }

    #[test]
    fn a_flag_is_found_with_its_value_and_by_its_beginning() {
        assert!(refusal("--default-workload-identity-service-account=flux").is_some());
        assert!(refusal("--web-server-port").is_some_and(|instead| instead.contains("web UI")));
        assert_eq!(refusal("--webs"), None);
        assert_eq!(refusal("--concurrent"), None);
    }
}
