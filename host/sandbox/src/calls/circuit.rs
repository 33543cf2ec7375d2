//! The circuit breaker of each plugin and consumer: three faults in a row open it, so that a broken plugin costs only
//! the freshness of its own inputs. While it is open, the last inputs and all objects stay.
//!
//! A circuit that was not used for two hours after its last pause is forgotten. A consumer that exists and keeps
//! failing is called more often than that, so either it was deleted or its interval is longer than any pause.
//!
//! Only faults count. A plugin that answers with an error works; the failure that it reports has another cause.

use crate::calls::CallError;
use crate::calls::observer::Observed;
use crate::consumer::Consumer;
use crate::guest::fault::Fault;
use crate::limits::Limits;
use crate::plugin::PluginRef;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The digest of the plugin and the consumer. A new digest starts with a closed circuit.
type Key = (String, Consumer);

#[derive(Debug)]
struct Circuit {
    plugin: String,
    faults: usize,
    last: Fault,
    at: Instant,
    open: Option<Open>,
}

/// How long a circuit is remembered after its last fault and its last pause.
const REMEMBERED: Duration = Duration::from_secs(2 * 60 * 60);

#[derive(Debug, Clone, Copy)]
struct Open {
    until: Instant,
    pause: Duration,
}

/// All circuits of the process.
#[derive(Debug)]
pub(crate) struct CircuitBreakers {
    state: Mutex<HashMap<Key, Circuit>>,
    /// Observes every outcome that is recorded.
    pub(crate) observed: Observed,
    faults_to_open: usize,
    first: Duration,
    longest: Duration,
}

impl CircuitBreakers {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            state: Mutex::default(),
            observed: Observed::default(),
            faults_to_open: limits.faults_to_open,
            first: limits.circuit_first,
            longest: limits.circuit_longest,
        }
    }

    /// Whether a call may be tried. After the pause it may: the outcome closes the circuit, or opens it for twice as
    /// long.
    pub(crate) fn check(&self, plugin: &Arc<PluginRef>, consumer: &Consumer, now: Instant) -> Result<(), CallError> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(circuit) = state.get(&key(plugin, consumer)) else { return Ok(()) };
        let Some(open) = circuit.open else { return Ok(()) };
        let wait = open.until.saturating_duration_since(now);
        if wait.is_zero() {
            return Ok(());
        }
        Err(CallError::CircuitOpen { plugin: plugin.clone(), faults: circuit.faults, last: circuit.last.clone(), wait })
    }

    /// For each plugin, the number of consumers whose circuit is open.
    pub(crate) fn open(&self, now: Instant) -> BTreeMap<String, usize> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut open = BTreeMap::new();
        for circuit in state.values().filter(|circuit| circuit.open.is_some_and(|open| open.until > now)) {
            *open.entry(circuit.plugin.clone()).or_default() += 1;
        }
        open
    }

    /// Forgets a deleted consumer, for all plugins.
    pub(crate) fn forget(&self, consumer: &Consumer) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.retain(|(_, known), _| known != consumer);
    }

    /// Records the outcome of a call.
    pub(crate) fn record<T>(
        &self,
        plugin: &PluginRef,
        consumer: &Consumer,
        outcome: &Result<T, CallError>,
        now: Instant,
    ) {
        self.observed.ended(plugin, outcome);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let key = key(plugin, consumer);
        match outcome {
            Err(CallError::Faulted { fault, .. }) => {
                state.retain(|_, circuit| circuit.is_remembered(now));
                let name = plugin.name.clone();
                let new = Circuit { plugin: name, faults: 0, last: fault.clone(), at: now, open: None };
                let circuit = state.entry(key).or_insert(new);
                circuit.faults += 1;
                circuit.at = now;
                circuit.last = fault.clone();
                if circuit.faults >= self.faults_to_open {
                    let pause = circuit.open.map_or(self.first, |open| open.pause.saturating_mul(2)).min(self.longest);
                    circuit.open = Some(Open { until: now + pause, pause });
                }
            }
            // The plugin was not called, or the host refused what it asked for: neither says anything about its health.
            Err(
                CallError::CircuitOpen { .. }
                | CallError::Missing { .. }
                | CallError::Config { .. }
                | CallError::Schema { .. },
            ) => {}
            Ok(_) | Err(CallError::Answered { .. } | CallError::Refused { .. } | CallError::TooManyObjects { .. }) => {
                state.remove(&key);
            }
        }
    }
}

impl Circuit {
    fn is_remembered(&self, now: Instant) -> bool {
        let since = self.open.map_or(self.at, |open| open.until.max(self.at));
        now.saturating_duration_since(since) < REMEMBERED
    }
}

fn key(plugin: &PluginRef, consumer: &Consumer) -> Key {
    (plugin.digest.clone(), consumer.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plugin() -> Arc<PluginRef> {
        Arc::new(PluginRef { name: "p".into(), version: "1".into(), digest: "d".into() })
    }

    fn fault() -> Result<(), CallError> {
        Err(CallError::Faulted { plugin: plugin(), fault: Fault::OutOfStack })
    }

    fn wait(circuits: &CircuitBreakers, now: Instant) -> Option<Duration> {
        match circuits.check(&plugin(), &"c".into(), now) {
            Ok(()) => None,
            Err(CallError::CircuitOpen { wait, .. }) => Some(wait),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn three_faults_in_a_row_open_it_for_a_minute_doubling_to_half_an_hour() {
        let circuits = CircuitBreakers::new(&Limits::default());
        let mut now = Instant::now();
        circuits.record(&plugin(), &"c".into(), &fault(), now);
        circuits.record(&plugin(), &"c".into(), &fault(), now);
        assert_eq!(wait(&circuits, now), None);
        circuits.record(&plugin(), &"c".into(), &fault(), now);
        for minutes in [1, 2, 4, 8, 16, 30, 30] {
            let pause = Duration::from_secs(60 * minutes);
            assert_eq!(wait(&circuits, now), Some(pause));
            assert_eq!(circuits.open(now), BTreeMap::from([("p".to_owned(), 1)]));
            now += pause;
            assert!(circuits.open(now).is_empty());
            assert_eq!(wait(&circuits, now), None, "one try is allowed");
            circuits.record(&plugin(), &"c".into(), &fault(), now);
        }
    }

    #[test]
    fn a_good_answer_in_between_closes_it() {
        let circuits = CircuitBreakers::new(&Limits::default());
        let now = Instant::now();
        for outcome in [fault(), fault(), Ok(()), fault(), fault()] {
            circuits.record(&plugin(), &"c".into(), &outcome, now);
        }
        assert_eq!(wait(&circuits, now), None);
    }

    #[test]
    fn consumers_that_are_gone_are_forgotten() {
        let circuits = CircuitBreakers::new(&Limits::default());
        let start = Instant::now();
        for n in 0..100 {
            circuits.record(&plugin(), &n.to_string().into(), &fault(), start);
        }
        circuits.forget(&"7".into());
        let count = || circuits.state.lock().unwrap().len();
        assert_eq!(count(), 99);
        (0..3).for_each(|_| circuits.record(&plugin(), &"c".into(), &fault(), start + REMEMBERED));
        assert_eq!(count(), 1, "only the one that fails is kept");
        assert!(wait(&circuits, start + REMEMBERED).is_some());
    }

    #[test]
    fn one_consumer_does_not_open_it_for_another() {
        let circuits = CircuitBreakers::new(&Limits::default());
        let now = Instant::now();
        for _ in 0..3 {
            circuits.record(&plugin(), &"other".into(), &fault(), now);
        }
        assert_eq!(wait(&circuits, now), None);
        let said = circuits.check(&plugin(), &"other".into(), now).unwrap_err().to_string();
        assert_eq!(
            said,
            "plugin p 1 failed 3 times in a row and is not called for another 60s; \
             the last time it recursed too deep for its stack"
        );
    }
}
