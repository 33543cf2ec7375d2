//! One call into a plugin: opens a store, instantiates, runs within two time limits, and records what it cost.
//!
//! # Guarantees
//! Every call ends: by the CPU budget while the guest computes, by the wall clock while it waits. A call runs as a
//! task of its own and yields at every tick, so other calls make progress, and a panic in host code is a fault of
//! this call alone. Dropping the future ends the call; its permit is given back after the call has ended, not before.
//! The store is always discarded.

mod attempt;
pub(crate) mod circuit;
mod error;
pub(crate) mod observer;
pub(crate) mod queue;
mod scheduled;
mod semaphore;
pub(crate) mod single_flight;

use crate::instance::meter::CpuMeter;
pub(crate) use attempt::Attempt;
pub use error::CallError;
pub use observer::{CallEnd, CallObserver};
pub(crate) use scheduled::{Scheduling, WhileWaiting};
pub(crate) use semaphore::{Capacity, Claimant, FairSemaphore};

use crate::guest::fault::Fault;
use crate::guest::log::LogLine;
use crate::instance::store::{self, CallSpec, CallState, CpuSpent};
use crate::instance::trap::fault_of;
use crate::limits::Limits;
use futures::future::BoxFuture;
use scheduled::ScheduledCall;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument as _;
use wasmtime::component::{Instance, InstancePre};
use wasmtime::{Engine, Store};

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
    /// Adds the times and takes the larger memory: calls do not run in one memory.
    fn add_assign(&mut self, other: Self) {
        self.cpu += other.cpu;
        self.wall += other.wall;
        self.memory_bytes = self.memory_bytes.max(other.memory_bytes);
    }
}

/// A call that has ended: its outcome, its log and its cost.
pub(crate) struct Completed<T, E> {
    pub(crate) outcome: Result<T, E>,
    pub(crate) logs: Vec<LogLine>,
    pub(crate) usage: Usage,
}

/// What the host does with the instance of a call.
pub(crate) type Body<T> =
    Box<dyn for<'a> FnOnce(&'a mut Store<CallState>, &'a Instance) -> BoxFuture<'a, wasmtime::Result<T>> + Send>;

/// A call that has not been made yet.
pub(crate) struct Call<T> {
    /// The component to instantiate, linked.
    pub(crate) pre: InstancePre<CallState>,
    /// The deadline, counted from the moment at which the call has its permits.
    pub(crate) wall: Duration,
    pub(crate) spec: CallSpec,
    /// The attempt that the call belongs to; `None` for calls that the host makes for itself.
    pub(crate) attempt: Option<Arc<Attempt>>,
    pub(crate) scheduling: Scheduling,
    pub(crate) body: Body<T>,
}

impl<T: Send + 'static> Call<T> {
    /// Makes the call on a fresh instance as soon as a permit is free.
    pub(crate) async fn run(self, engine: &Engine, limits: &Arc<Limits>) -> Completed<T, Fault> {
        let asked = Instant::now();
        let call = self.run_here(engine.clone(), Arc::clone(limits));
        match AbortOnDropHandle::new(tokio::spawn(call.in_current_span())).await {
            Ok(completed) => completed,
            // Only a panic ends the task early while we wait for it.
            Err(_) => Completed {
                outcome: Err(Fault::HostPanicked),
                logs: Vec::new(),
                usage: Usage { wall: asked.elapsed(), ..Usage::default() },
            },
        }
    }

    async fn run_here(self, engine: Engine, limits: Arc<Limits>) -> Completed<T, Fault> {
        let Self { pre, wall, spec, attempt, scheduling, body } = self;
        let _open = match &scheduling.waiting {
            WhileWaiting::KeepPermit => None,
            WhileWaiting::ReleasePermit(open) => Some(Arc::clone(open).take(scheduling.claimant.clone()).await),
        };
        let permit = Arc::clone(&scheduling.computing).take(scheduling.claimant.clone()).await;
        if let Some(attempt) = &attempt {
            attempt.begin();
        }
        let started = Instant::now();
        let meter = Arc::new(CpuMeter::default());
        let mut store = store::open(&engine, &limits, spec, &meter);
        let running = async {
            let instance = pre.instantiate_async(&mut store).await?;
            // Instantiation itself is not interrupted by epochs, so its processor time is checked here.
            if meter.spent() > limits.cpu {
                return Err(CpuSpent.into());
            }
            body(&mut store, &instance).await
        };
        let scheduled = ScheduledCall::new(running, Arc::clone(&meter), scheduling, permit);
        let outcome = match tokio::time::timeout(wall, scheduled).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => {
                store.data_mut().log_stack(&error);
                Err(fault_of(&error, store.data(), &limits))
            }
            Err(_) => Err(Fault::OutOfTime { deadline: wall }),
        };
        let state = store.data_mut();
        let logs = state.finish_log();
        let usage = Usage { cpu: meter.total(), wall: started.elapsed(), memory_bytes: state.memory().bytes() };
        Completed { outcome, logs, usage }
    }
}
