//! Why a call into a plugin gave no answer, and what happens next.

use crate::consumer::Consumer;
use crate::guest::failure::GuestFailure;
use crate::guest::fault::Fault;
use crate::plugin::PluginRef;
use crate::plugin::schema::{ConfigError, SchemaError};
use orangery_core::{Disposition, Explain, Reason};
use std::sync::Arc;
use std::time::Duration;

/// The ways in which a call gives no answer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CallError {
    /// No loaded plugin serves the type or renderer.
    #[error("no loaded plugin serves {what}; {offer}")]
    Missing {
        /// The type or renderer that was asked for, as a phrase.
        what: String,
        /// What the loaded plugins serve instead, as a phrase.
        offer: String,
    },
    /// The configuration breaks the plugin's JSON Schema; the plugin was not called.
    #[error("{error}")]
    Config {
        /// The plugin that has the schema.
        plugin: Arc<PluginRef>,
        /// The fields that are wrong.
        error: ConfigError,
    },
    /// The plugin's JSON Schema cannot be used, so the configuration cannot be checked; the plugin was not called.
    #[error("the configuration schema of plugin {plugin}: {error}")]
    Schema {
        /// The plugin that has the schema.
        plugin: Arc<PluginRef>,
        /// The error of the validator about the schema.
        error: SchemaError,
    },
    /// Each call stayed within its limits, but together they render more than
    /// [`Limits::rendered_bytes`](crate::Limits::rendered_bytes).
    #[error("{consumer} renders more than {bytes} bytes of objects; at most {most} are allowed; split it")]
    TooManyObjects {
        /// The set, as `Kind/namespace/name`.
        consumer: Consumer,
        /// How many bytes there were when the rendering was stopped.
        bytes: usize,
        /// The bound in bytes.
        most: usize,
    },
    /// The host refused what the plugin asked for.
    #[error("plugin {plugin} was refused {what}")]
    Refused {
        /// The plugin that was refused.
        plugin: Arc<PluginRef>,
        /// What was refused, and why.
        what: String,
    },
    /// The plugin faulted.
    #[error("plugin {plugin} {fault}")]
    Faulted {
        /// The plugin that faulted.
        plugin: Arc<PluginRef>,
        /// The way in which it faulted.
        fault: Fault,
    },
    /// The plugin answered with an error.
    #[error("plugin {plugin} says: {said}")]
    Answered {
        /// The plugin that answered.
        plugin: Arc<PluginRef>,
        /// The error that it answered with.
        said: GuestFailure,
    },
    /// The circuit is open: the plugin faulted too often for this consumer. What exists stays.
    #[error("plugin {plugin} failed {faults} times in a row and is not called for another {}s; the last time it {last}", wait.as_secs())]
    CircuitOpen {
        /// The plugin that is not called.
        plugin: Arc<PluginRef>,
        /// The number of faults in a row.
        faults: usize,
        /// The last of these faults.
        last: Fault,
        /// The time until the next call may be tried.
        wait: Duration,
    },
}

impl Explain for CallError {
    fn reason(&self) -> Reason {
        match self {
            Self::Missing { .. } => Reason::PluginMissing,
            Self::Config { .. } => Reason::InvalidSpec,
            Self::TooManyObjects { .. } => Reason::BuildFailed,
            Self::Refused { .. } => Reason::PluginRefused,
            Self::Faulted { .. } | Self::Schema { .. } => Reason::PluginFaulted,
            Self::Answered { said, .. } => said.reason(),
            Self::CircuitOpen { .. } => Reason::CircuitOpen,
        }
    }

    fn disposition(&self) -> Disposition {
        match self {
            Self::Missing { .. } | Self::Config { .. } | Self::TooManyObjects { .. } => Disposition::WaitForChange,
            Self::Schema { error: SchemaError::Unaffordable(error), .. } => error.disposition(),
            Self::Schema { .. } => Disposition::WaitForChange,
            // A leak may depend on what the remote answered; the next answer may be free of it.
            Self::Refused { .. } | Self::Faulted { .. } => Disposition::Retry,
            Self::Answered { said, .. } => said.disposition(),
            Self::CircuitOpen { wait, .. } => Disposition::RetryAfter(*wait),
        }
    }
}
