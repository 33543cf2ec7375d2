//! One attempt of a consumer to call a plugin: its turn, and what its circuit records if the caller does not wait for
//! the end.
//!
//! # Guarantees
//! The turn ends when the last call of the attempt has really ended, not when its caller leaves. An attempt whose
//! caller leaves while a call is under way counts as a fault of that consumer: otherwise a guest that never answers
//! in time would be called again and again.

use super::CallError;
use crate::calls::circuit::CircuitBreakers;
use crate::calls::queue::Turn;
use crate::consumer::Consumer;
use crate::guest::fault::Fault;
use crate::plugin::PluginRef;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// The state that the caller shares with every call that it starts.
#[derive(Debug)]
pub(crate) struct Attempt {
    _turn: Turn,
    circuits: Arc<CircuitBreakers>,
    plugin: Arc<PluginRef>,
    consumer: Consumer,
    began: AtomicBool,
    settled: AtomicBool,
}

impl Attempt {
    pub(crate) fn new(
        turn: Turn,
        circuits: &Arc<CircuitBreakers>,
        plugin: &Arc<PluginRef>,
        consumer: &Consumer,
    ) -> Arc<Self> {
        Arc::new(Self {
            _turn: turn,
            circuits: Arc::clone(circuits),
            plugin: Arc::clone(plugin),
            consumer: consumer.clone(),
            began: AtomicBool::new(false),
            settled: AtomicBool::new(false),
        })
    }

    /// The consumer that the attempt serves.
    pub(crate) fn consumer(&self) -> &Consumer {
        &self.consumer
    }

    /// Notes that a call has its permits and enters the plugin.
    pub(super) fn begin(&self) {
        self.began.store(true, Ordering::Relaxed);
    }

    /// Notes that the caller has the outcome and records it itself.
    pub(crate) fn settle(&self) {
        self.settled.store(true, Ordering::Relaxed);
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        if *self.began.get_mut() && !*self.settled.get_mut() {
            let left = CallError::Faulted { plugin: Arc::clone(&self.plugin), fault: Fault::Abandoned };
            self.circuits.record::<()>(&self.plugin, &self.consumer, &Err(left), Instant::now());
        }
    }
}
