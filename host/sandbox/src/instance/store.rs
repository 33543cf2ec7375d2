//! The store of one call: fresh, with its counters and an empty WASI world.
//!
//! # Guarantees
//! Nothing survives the call. The guest has no environment, arguments, files or sockets. A renderer's wall clock
//! shows the time of the request and its randomness is a function of the request's seed, so equal calls give equal
//! answers. Whatever the guest does, it yields at every tick of the epoch, and its processor time is used up sooner
//! or later.

use crate::consumer::Consumer;
use crate::guest::log::{CallLog, LogLevel};
use crate::guest::text::GuestText;
use crate::instance::clock::{CountingMonotonicClock, FixedWallClock};
use crate::instance::meter::CpuMeter;
use crate::instance::network::Network;
use crate::instance::stack::stack_of;
use crate::instance::stdio::BoundedOutput;
use crate::limits::Limits;
use orangery_core::Timestamp;
use orangery_egress::Redactor;
use std::sync::Arc;
use std::time::Duration;
use wasmtime::component::ResourceTable;
use wasmtime::{Engine, Store, UpdateDeadline};
use wasmtime_wasi::{Deterministic, WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

use crate::instance::memory::MemoryAccount;

/// Answers a provider's `selection.wants`.
pub type Wants = Arc<dyn Fn(&str, &[String]) -> bool + Send + Sync>;

/// Bytes of standard error that are shown with a trap.
const STDERR_SHOWN: usize = 512;

/// Whether the guest can read the real time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clock {
    /// The real clocks, and real randomness.
    Real,
    /// A wall clock that always shows `now`, a monotonic clock that counts its readings, and randomness derived from
    /// `seed`.
    Frozen { now: Timestamp, seed: u64 },
}

/// What a call gives to its guest in addition to the empty world.
pub(crate) struct CallSpec {
    pub(crate) plugin: String,
    pub(crate) consumer: Consumer,
    /// The origin that the call sends requests to, for fairness between origins.
    pub(crate) origin: Option<String>,
    pub(crate) clock: Clock,
    pub(crate) network: Network,
    pub(crate) wants: Option<Wants>,
    pub(crate) redact: Redactor,
}

/// The host's data of a store.
pub(crate) struct CallState {
    wasi: WasiCtx,
    table: ResourceTable,
    memory: MemoryAccount,
    stdout: BoundedOutput,
    stderr: BoundedOutput,
    redact: Redactor,
    pub(crate) log: CallLog,
    pub(crate) network: Network,
    pub(crate) wants: Option<Wants>,
}

/// The error that ends a guest whose processor time is spent.
#[derive(Debug, thiserror::Error)]
#[error("the processor time of this call is spent")]
pub(crate) struct CpuSpent;

impl CallState {
    pub(crate) fn memory(&self) -> &MemoryAccount {
        &self.memory
    }

    pub(crate) fn redact(&self) -> &Redactor {
        &self.redact
    }

    /// The end of standard error, where a panic writes its message.
    pub(crate) fn stderr_tail(&self) -> GuestText {
        // Masked before it is cut: the cut could otherwise leave half a secret.
        let text = self.stderr.masked(&self.redact);
        let text = text.trim();
        let start =
            (text.len().saturating_sub(STDERR_SHOWN)..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        GuestText::message(text.get(start..).unwrap_or_default(), &self.redact)
    }

    /// Logs the functions of the guest that were running when this error occurred.
    pub(crate) fn log_stack(&mut self, error: &wasmtime::Error) {
        for line in stack_of(error) {
            self.log.write(LogLevel::Debug, &line, &[("stream".into(), "stack".into())], &self.redact);
        }
    }

    /// Moves what the guest printed to the log, and returns all lines.
    pub(crate) fn finish_log(&mut self) -> Vec<crate::guest::log::LogLine> {
        for (stream, output) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            let text = output.masked(&self.redact);
            for line in text.lines().filter(|line| !line.trim().is_empty()) {
                self.log.write(LogLevel::Debug, line, &[("stream".into(), stream.into())], &self.redact);
            }
        }
        self.log.finish(&self.redact)
    }
}

impl WasiView for CallState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

/// Opens a store for one call.
pub(crate) fn open(engine: &Engine, limits: &Limits, given: CallSpec, meter: &Arc<CpuMeter>) -> Store<CallState> {
    let (stdout, stderr) = (BoundedOutput::new(limits.stdio_bytes), BoundedOutput::new(limits.stdio_bytes));
    let mut table = ResourceTable::new();
    table.set_max_capacity(limits.resources);
    let state = CallState {
        wasi: empty_wasi(given.clock, &stdout, &stderr),
        table,
        memory: MemoryAccount::new(limits),
        stdout,
        stderr,
        redact: given.redact,
        log: CallLog::new(given.plugin, given.consumer, limits),
        network: given.network,
        wants: given.wants,
    };
    let mut store = Store::new(engine, state);
    store.limiter(|state| &mut state.memory);
    store.set_hostcall_fuel(limits.crossing_bytes);
    store.set_epoch_deadline(1);
    let (budget, meter) = (limits.cpu, Arc::clone(meter));
    store.epoch_deadline_callback(move |_| {
        if meter.spent() > budget {
            return Err(CpuSpent.into());
        }
        // The guest always yields here: one that never does could not be stopped by the wall clock, nor by a caller that
        // leaves.
        meter.interrupt();
        Ok(UpdateDeadline::Yield(1))
    });
    store
}

fn empty_wasi(clock: Clock, stdout: &BoundedOutput, stderr: &BoundedOutput) -> WasiCtx {
    let mut world = WasiCtxBuilder::new();
    world.stdout(stdout.clone()).stderr(stderr.clone());
    world.allow_tcp(false).allow_udp(false).allow_ip_name_lookup(false).max_random_size(64 * 1024);
    if let Clock::Frozen { now, seed } = clock {
        let bytes = stream_of(seed);
        let insecure_seed = bytes.iter().take(16).fold(0u128, |sum, byte| (sum << 8) | u128::from(*byte));
        world
            .secure_random(Deterministic::new(bytes.clone()))
            .insecure_random(Deterministic::new(bytes))
            .insecure_random_seed(insecure_seed)
            .wall_clock(FixedWallClock(Duration::from_millis(now.as_millis())))
            .monotonic_clock(CountingMonotonicClock::default());
    }
    world.build()
}

/// The randomness of a seed: 4 KiB of output of BLAKE3, repeated.
fn stream_of(seed: u64) -> Vec<u8> {
    let mut bytes = vec![0; 4096];
    let mut hasher = blake3::Hasher::new_derive_key("orangery 2026-11 randomness of a renderer");
    hasher.update(&seed.to_be_bytes()).finalize_xof().fill(&mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_randomness_of_a_renderer_is_a_function_of_its_seed() {
        assert_eq!(stream_of(7), stream_of(7));
        assert_ne!(stream_of(7), stream_of(8));
        assert_eq!(stream_of(7).len(), 4096);
    }
}
