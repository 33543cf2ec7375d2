//! The interface for counting the calls of this process.

use crate::calls::{CallError, Usage};
use crate::plugin::PluginRef;
use std::sync::{Arc, OnceLock};

/// How a call ended, for metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallEnd {
    /// The plugin answered what it was asked for.
    Succeeded,
    /// The plugin answered with an error of its own.
    Answered,
    /// The host refused what the plugin did.
    Refused,
    /// The plugin trapped, or ran out of time, memory or stack.
    Faulted,
}

impl CallEnd {
    /// `None` where the plugin was not called.
    pub(crate) fn of<T>(outcome: &Result<T, CallError>) -> Option<Self> {
        match outcome {
            Ok(_) => Some(Self::Succeeded),
            Err(CallError::Answered { .. }) => Some(Self::Answered),
            Err(CallError::Refused { .. } | CallError::TooManyObjects { .. }) => Some(Self::Refused),
            Err(CallError::Faulted { .. }) => Some(Self::Faulted),
            Err(
                CallError::Missing { .. }
                | CallError::Config { .. }
                | CallError::Schema { .. }
                | CallError::CircuitOpen { .. },
            ) => None,
        }
    }
}

/// Observes every call into a plugin. Its functions must not block.
pub trait CallObserver: Send + Sync {
    /// An operation of a plugin ended: a poll, a rendering, a notice. It may have taken several calls.
    fn ended(&self, plugin: &PluginRef, end: CallEnd);

    /// One call ended, and used this much.
    fn took(&self, plugin: &PluginRef, usage: &Usage);
}

/// The observer, if one was set.
#[derive(Default)]
pub(crate) struct Observed(OnceLock<Arc<dyn CallObserver>>);

impl Observed {
    /// Sets the observer. Only the first one is kept.
    pub(crate) fn set(&self, observer: Arc<dyn CallObserver>) {
        let _ = self.0.set(observer);
    }

    pub(crate) fn ended<T>(&self, plugin: &PluginRef, outcome: &Result<T, CallError>) {
        if let (Some(observer), Some(end)) = (self.0.get(), CallEnd::of(outcome)) {
            observer.ended(plugin, end);
        }
    }

    pub(crate) fn took(&self, plugin: &PluginRef, usage: &Usage) {
        if let Some(observer) = self.0.get() {
            observer.took(plugin, usage);
        }
    }
}

impl std::fmt::Debug for Observed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Observed").field(&self.0.get().is_some()).finish()
    }
}
