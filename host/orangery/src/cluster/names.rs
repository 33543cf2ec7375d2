//! Names of sets and providers for completion: those of the namespace and the context that the words before name.

use super::connection::Connection;
use super::kind::Kind;
use crate::cli::cluster::ConnectionOptions;
use clap::{Args as _, Command, FromArgMatches as _};
use clap_complete::CompletionCandidate;
use std::ffi::OsString;
use std::time::Duration;

/// The time limit for names. Completion must be fast, so without an answer in time no names are offered.
const PATIENCE: Duration = Duration::from_secs(3);

/// Names of ResourceSets.
pub(crate) fn sets() -> Vec<CompletionCandidate> {
    names(Kind::Set)
}

/// Names of ResourceSetInputProviders.
pub(crate) fn providers() -> Vec<CompletionCandidate> {
    names(Kind::Provider)
}

fn names(kind: Kind) -> Vec<CompletionCandidate> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let Ok(runtime) = runtime else { return Vec::new() };
    let found = runtime.block_on(async { tokio::time::timeout(PATIENCE, list(kind)).await });
    found.ok().flatten().unwrap_or_default()
}

async fn list(kind: Kind) -> Option<Vec<CompletionCandidate>> {
    let connection = Connection::open(&options()?).await.ok()?;
    let found = connection.api(kind).list_metadata(&kube::api::ListParams::default()).await.ok()?;
    Some(found.items.into_iter().filter_map(|item| item.metadata.name).map(CompletionCandidate::new).collect())
}

/// The flags of the connection among the words that are completed; all other words are skipped.
fn options() -> Option<ConnectionOptions> {
    let command = ConnectionOptions::augment_args(Command::new("orangery"));
    let mut given: Vec<OsString> = vec!["orangery".into()];
    let mut words = std::env::args_os().skip(1).peekable();
    while let Some(word) = words.next() {
        let text = word.to_string_lossy().into_owned();
        let (flag, joined) = text.split_once('=').map_or((text.as_str(), false), |(flag, _)| (flag, true));
        let known = command.get_arguments().find(|argument| {
            let long = argument.get_long().into_iter().chain(argument.get_visible_aliases().unwrap_or_default());
            let short = argument.get_short().map(|short| format!("-{short}"));
            long.map(|long| format!("--{long}")).chain(short).any(|known| known == flag)
        });
        let Some(known) = known else { continue };
        given.push(word);
        if known.get_action().takes_values() && !joined {
            given.extend(words.next());
        }
    }
    let matches = command.ignore_errors(true).try_get_matches_from(given).ok()?;
    ConnectionOptions::from_arg_matches(&matches).ok()
}
