//! Sets up logging on stderr, for people or for machines.

use super::plugin_log::{PlainLines, PluginLog, is_of_plugin};
use clap::{Args, ValueEnum};
use std::io::IsTerminal;
use tracing_subscriber::filter::{FilterExt, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

/// Format of log lines.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Encoding {
    /// One JSON object a line.
    Json,
    /// For people; Flux Operator calls it `console`.
    #[value(alias = "console")]
    Human,
}

/// The flags of all commands.
#[derive(Debug, Clone, Args)]
pub struct LogOptions {
    /// What to log: a level (error, warn, info, debug, trace) or directives such as `orangery_egress=debug`
    #[arg(
        long,
        global = true,
        env = "ORANGERY_LOG",
        default_value = "warn",
        value_name = "LEVEL",
        help_heading = "Logging"
    )]
    pub log_level: String,
    /// How log lines look; the default is human on a terminal and json elsewhere
    #[arg(long, global = true, value_enum, help_heading = "Logging")]
    pub log_encoding: Option<Encoding>,
}

/// Whether the client of the API server logs its failures itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientLog {
    /// As everything else: nobody else may say so.
    Logged,
    /// Only where `--log-level` names it: the command says on stderr what failed.
    Silent,
}

/// Starts logging; an unusable level falls back to `info` and says so.
pub fn start(options: &LogOptions, of_plugins: PluginLog, of_client: ClientLog) {
    let level = match of_client {
        ClientLog::Silent if !options.log_level.contains("kube_client") => {
            format!("{},kube_client=off", options.log_level)
        }
        ClientLog::Silent | ClientLog::Logged => options.log_level.clone(),
    };
    let filter = EnvFilter::try_new(level);
    let unusable = filter.as_ref().err().map(ToString::to_string);
    let filter = filter.unwrap_or_else(|_| EnvFilter::new("info"));
    let human = match options.log_encoding {
        Some(Encoding::Human) => true,
        Some(Encoding::Json) => false,
        None => std::io::stderr().is_terminal(),
    };
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = if human {
        lines.with_target(false).boxed()
    } else {
        {
            // The lines say all themselves; the spans are those of libraries, with keys of their own.
            lines.json().flatten_event(true).with_current_span(false).with_span_list(false).boxed()
        }
    };
    let (lines, plain) = match of_plugins {
        PluginLog::Logged => (lines.with_filter(filter).boxed(), None),
        PluginLog::Plain => {
            let own = filter.and(filter_fn(|metadata| !is_of_plugin(metadata)));
            (lines.with_filter(own).boxed(), Some(PlainLines.with_filter(filter_fn(is_of_plugin))))
        }
    };
    tracing_subscriber::registry().with(lines).with(plain).init();
    if let Some(error) = unusable {
        tracing::warn!(error, level = options.log_level, "the log level cannot be used; logging at info");
    }
}
