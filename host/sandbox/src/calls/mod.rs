//! One call, one store: opens it, instantiates, runs under two clocks, and takes the accounts afterwards.
//!
//! # Guarantees
//! The call ends: by the CPU budget while the guest runs, by the wall clock while it waits. It runs as a task of its own
//! and yields every tick, so neighbours keep moving and a panic in host code is a fault of this call alone. Dropping
//! the future ends the call; its place is free when it has ended and no sooner. The store is discarded whatever happened.

mod attempt;
pub(crate) mod circuit;
mod paced;
mod places;
pub(crate) mod queue;
pub(crate) mod single_flight;

use crate::instance::meter::Meter;
pub(crate) use attempt::Attempt;
pub(crate) use paced::{Seat, Waiting};
pub(crate) use places::{Bounds, Claimant, Places};

use crate::guest::failure::GuestFailure;
use crate::guest::fault::Fault;
use crate::guest::log::LogLine;
use crate::instance::store::{self, CallState, Given};
use crate::instance::trap::{CpuSpent, fault_of};
use crate::limits::Limits;
use crate::plugin::PluginRef;
use crate::plugin::schema::{ConfigError, SchemaError};
use futures::future::BoxFuture;
use orangery_core::{Disposition, Explain, Reason};
use paced::Paced;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument as _;
use wasmtime::component::{Instance, InstancePre};
use wasmtime::{Engine, Store};

/// Why a call into a plugin gave no answer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CallError {
    /// Nobody serves this.
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
        /// Why.
        error: SchemaError,
    },
    /// Each call was within its limits, all of them together were not.
    #[error("{consumer} renders more than {bytes} bytes of objects; at most {most} are allowed; split it")]
    TooManyObjects {
        /// Who asked: `Kind/namespace/name`.
        consumer: String,
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

/// What a call cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Usage {
    /// Processor time of the guest, and of what the host computed for it.
    pub cpu: Duration,
    /// Time from the start of the call to its end.
    pub wall: Duration,
    /// Linear memory at the end, which is the most it ever had.
    pub memory_bytes: usize,
}

impl std::ops::AddAssign for Usage {
    /// Sums the times; of the memory the larger counts.
    fn add_assign(&mut self, other: Self) {
        self.cpu += other.cpu;
        self.wall += other.wall;
        self.memory_bytes = self.memory_bytes.max(other.memory_bytes);
    }
}

/// What came of one call.
pub(crate) struct Ran<T> {
    pub(crate) outcome: Result<T, Fault>,
    pub(crate) logs: Vec<LogLine>,
    pub(crate) usage: Usage,
}

/// What a call holds until it has ended.
pub(crate) struct Stay {
    /// The attempt that it belongs to; `None` for calls of the host's own.
    pub(crate) attempt: Option<Arc<Attempt>>,
    /// Where it takes its place.
    pub(crate) seat: Seat,
}

/// What is done with the instance.
pub(crate) type Body<T> =
    Box<dyn for<'a> FnOnce(&'a mut Store<CallState>, &'a Instance) -> BoxFuture<'a, wasmtime::Result<T>> + Send>;

/// Runs `body` on a fresh instance, once there is a place for it.
pub(crate) async fn run<T: Send + 'static>(
    engine: &Engine,
    pre: InstancePre<CallState>,
    limits: &Arc<Limits>,
    wall: Duration,
    given: Given,
    stay: Stay,
    body: Body<T>,
) -> Ran<T> {
    let (engine, limits) = (engine.clone(), Arc::clone(limits));
    let asked = Instant::now();
    let call = async move {
        let Stay { attempt, seat } = stay;
        let _open = match &seat.waiting {
            Waiting::Keeps => None,
            Waiting::Frees(open) => Some(Arc::clone(open).take(seat.claimant.clone()).await),
        };
        let place = Arc::clone(&seat.places).take(seat.claimant.clone()).await;
        if let Some(attempt) = &attempt {
            attempt.begin();
        }
        let started = Instant::now();
        let meter = Arc::new(Meter::default());
        let mut store = store::open(&engine, &limits, given, &meter);
        let running = async {
            let instance = pre.instantiate_async(&mut store).await?;
            // No epoch interrupts the making of instances.
            if meter.spent() > limits.cpu {
                return Err(CpuSpent.into());
            }
            body(&mut store, &instance).await
        };
        let paced = Paced::new(running, Arc::clone(&meter), seat, place);
        let outcome = match tokio::time::timeout(wall, paced).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(fault_of(&error, store.data(), &limits)),
            Err(_) => Err(Fault::OutOfTime { deadline: wall }),
        };
        let state = store.data_mut();
        let logs = state.finish_log();
        let usage = Usage { cpu: meter.total(), wall: started.elapsed(), memory_bytes: state.memory().bytes() };
        Ran { outcome, logs, usage }
    };
    match AbortOnDropHandle::new(tokio::spawn(call.in_current_span())).await {
        Ok(ran) => ran,
        // Only a panic ends the task early while we wait for it.
        Err(_) => Ran {
            outcome: Err(Fault::HostPanicked),
            logs: Vec::new(),
            usage: Usage { wall: asked.elapsed(), ..Usage::default() },
        },
    }
}
