//! Shows what a plugin logs, while it logs it: for `poll` and `plugin test`, where its author looks.
//!
//! The other commands log these lines like their own, by `--log-level`.

use std::fmt::Debug;
use tracing::field::{Field, Visit};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

/// Under this target the sandbox passes the lines of plugins on.
const TARGET: &str = "orangery::plugin";

/// How the lines of plugins are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PluginLog {
    /// On stderr, whatever their level, one plain line each.
    Plain,
    /// As the command's own lines.
    Logged,
}

/// Writes each line of a plugin to stderr.
#[derive(Debug)]
pub(crate) struct PlainLines;

/// Whether an event is a line of a plugin.
pub(crate) fn is_of_plugin(metadata: &Metadata<'_>) -> bool {
    metadata.target() == TARGET
}

impl<S: Subscriber> Layer<S> for PlainLines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut line = Line::default();
        event.record(&mut line);
        let level = event.metadata().level().as_str().to_lowercase();
        let Line { message, fields } = line;
        let space = if fields.is_empty() { "" } else { " " };
        eprintln!("log {level}: {message}{space}{fields}");
    }
}

/// What an event of a plugin holds.
#[derive(Default)]
struct Line {
    message: String,
    fields: String,
}

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "fields" {
            value.clone_into(&mut self.fields);
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            self.message = format!("{value:?}");
        }
    }
}
