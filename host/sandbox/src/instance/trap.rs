//! Maps an error of wasmtime to a fault, with the help of the counters of its store.

use crate::guest::fault::Fault;
use crate::guest::text::GuestText;
use crate::instance::store::{CallState, CpuSpent};
use crate::limits::Limits;
use wasmtime::Trap;
use wasmtime::component::ResourceTableError;
use wasmtime_wasi::I32Exit;

/// The fault that an error of wasmtime stands for.
pub(crate) fn fault_of(error: &wasmtime::Error, state: &CallState, limits: &Limits) -> Fault {
    if error.is::<CpuSpent>() {
        return Fault::OutOfCpu { budget: limits.cpu };
    }
    if let Some(exit) = error.downcast_ref::<I32Exit>() {
        return Fault::Exited { status: exit.0 };
    }
    if matches!(error.downcast_ref::<ResourceTableError>(), Some(ResourceTableError::Full)) {
        return Fault::TooManyResources { resources: limits.resources };
    }
    // wasmtime does not export the type of this error, so its text has to do.
    if error.root_cause().to_string().contains("fuel allocated for hostcalls has been exhausted") {
        return Fault::TooMuchAtOnce { bytes: limits.crossing_bytes };
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::StackOverflow) => Fault::OutOfStack,
        // A guest whose allocator is refused memory traps; the trap alone would not say why.
        _ if state.memory().ran_out() => Fault::OutOfMemory { bytes: limits.memory_bytes },
        _ => Fault::Trapped {
            trap: GuestText::message(name_of_trap(&error.root_cause().to_string()), state.redact()),
            stderr: state.stderr_tail(),
        },
    }
}

/// The name without wasmtime's prefix, because the sentence around it already says that it is a trap.
fn name_of_trap(text: &str) -> &str {
    text.strip_prefix("wasm trap: ").unwrap_or(text)
}
