//! Why a call into a plugin gave no answer, and what happens next.

use crate::consumer::Consumer;
use crate::guest::failure::GuestFailure;
use crate::guest::fault::Fault;
use crate::plugin::PluginRef;
use crate::plugin::schema::{ConfigError, SchemaError};
use orangery_core::{Disposition, Explain, Reason};
use std::sync::Arc;
use std::time::Duration;

/// Why a call into a plugin gave no answer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CallError {
    /// No plugin serves this.
    #[error("no loaded plugin serves {what}; {offer}")]
    Missing {
        /// The type or renderer that was asked for.
        what: String,
        /// What there is.
        offer: String,
    },
    /// The configuration breaks the plugin's JSON Schema; the plugin was not asked.
    #[error("{error}")]
    Config {
        /// Whose schema.
        plugin: Arc<PluginRef>,
        /// What is wrong where.
        error: ConfigError,
    },
    /// Its JSON Schema cannot be used, so the configuration is not known to be good; the plugin was not asked.
    #[error("the configuration schema of plugin {plugin}: {error}")]
    Schema {
        /// Whose schema.
        plugin: Arc<PluginRef>,
        /// What the validator says of the schema.
        error: SchemaError,
    },
    /// Each call was within its limits, all of them together were not.
    #[error("{consumer} renders more than {bytes} bytes of objects; at most {most} are allowed; split it")]
    TooManyObjects {
        /// Who asked: `Kind/namespace/name`.
        consumer: Consumer,
        /// How many bytes there were when it was given up.
        bytes: usize,
        /// The bound.
        most: usize,
    },
    /// We said no.
    #[error("plugin {plugin} was refused {what}")]
    Refused {
        /// Who.
        plugin: Arc<PluginRef>,
        /// What it was refused, and why.
        what: String,
    },
    /// It broke.
    #[error("plugin {plugin} {fault}")]
    Faulted {
        /// Who.
        plugin: Arc<PluginRef>,
        /// How.
        fault: Fault,
    },
    /// It said no.
    #[error("plugin {plugin} says: {said}")]
    Answered {
        /// Who.
        plugin: Arc<PluginRef>,
        /// What it said.
        said: GuestFailure,
    },
    /// It broke too often; it is left alone for a while, and what exists stays.
    #[error("plugin {plugin} failed {faults} times in a row and is left alone for another {}s; the last time it {last}", wait.as_secs())]
    CircuitOpen {
        /// Who.
        plugin: Arc<PluginRef>,
        /// How often in a row.
        faults: usize,
        /// How it broke the last time.
        last: Fault,
        /// Until the next try.
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
            // A leak may depend on what the remote said; the next answer may be clean.
            Self::Refused { .. } | Self::Faulted { .. } => Disposition::Retry,
            Self::Answered { said, .. } => said.disposition(),
            Self::CircuitOpen { wait, .. } => Disposition::RetryAfter(*wait),
        }
    }
}
