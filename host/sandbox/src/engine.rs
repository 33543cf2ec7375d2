//! The wasmtime engine: Cranelift, components only, interrupted by epochs. This module owns the thread that advances
//! the epoch.
//!
//! # Guarantees
//! The epoch advances every 10 ms for as long as any clone of the engine lives, whatever the async runtime does: the
//! ticker is an OS thread, because a tokio timer stands still while guests occupy all workers.
//!
//! # Refuses
//! Threads, shared memory, 64-bit memory, GC, exceptions, the async component model, relaxed SIMD. Each of them is a
//! source of security advisories, or of answers that differ between machines.

use crate::limits::{FRAMES, Limits, TICK};
use std::num::NonZeroUsize;
use wasmtime::{Config, Engine, OptLevel, Strategy, WasmFeatures};

/// Makes an engine for these limits and starts the thread that advances its epoch.
pub(crate) fn start(limits: &Limits) -> Result<Engine, wasmtime::Error> {
    let engine = Engine::new(&config(limits))?;
    let weak = engine.weak();
    std::thread::Builder::new()
        .name("orangery-epoch".into())
        .spawn(move || {
            while let Some(engine) = weak.upgrade() {
                engine.increment_epoch();
                drop(engine);
                std::thread::sleep(TICK);
            }
        })
        .map_err(wasmtime::Error::from)?;
    Ok(engine)
}

/// The settings and features of the engine; a child that compiles for it uses the same.
pub(crate) fn config(limits: &Limits) -> Config {
    let mut config = Config::new();
    config
        .strategy(Strategy::Cranelift)
        .cranelift_opt_level(OptLevel::Speed)
        // The bits of a NaN differ between processors, but renderings must not.
        .cranelift_nan_canonicalization(true)
        .epoch_interruption(true)
        // An author is shown which functions were running, but not which lines: their tables would make compiled code larger,
        // and a start slower, because it reads and checks all of it.
        .wasm_backtrace_max_frames(NonZeroUsize::new(FRAMES))
        .generate_address_map(false)
        .native_unwind_info(false)
        .concurrency_support(false)
        .shared_memory(false)
        .max_wasm_stack(limits.stack_bytes)
        // Host functions run on the same stack above the guest.
        .async_stack_size(limits.stack_bytes + 1536 * 1024);
    for refused in [
        WasmFeatures::THREADS,
        WasmFeatures::SHARED_EVERYTHING_THREADS,
        WasmFeatures::MEMORY64,
        WasmFeatures::RELAXED_SIMD,
        WasmFeatures::GC,
        WasmFeatures::EXCEPTIONS,
        WasmFeatures::STACK_SWITCHING,
        WasmFeatures::CM_ASYNC,
    ] {
        config.wasm_features(refused, false);
    }
    config
}

/// The same settings for code that runs on any processor of this architecture, so that it can be compiled on one
/// machine and run on others.
pub(crate) fn baseline(limits: &Limits) -> Result<Config, wasmtime::Error> {
    use std::env::consts::{ARCH, OS};
    let target = if OS == "macos" { format!("{ARCH}-apple-darwin") } else { format!("{ARCH}-unknown-{OS}") };
    let mut config = config(limits);
    // If a target is set, wasmtime does not use the features of this processor.
    config.target(&target)?;
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    use wasmtime::component::Component;

    fn compiles(core: &str) -> bool {
        let engine = start(&Limits::default()).unwrap();
        Component::new(&engine, format!("(component (core module {core}))")).is_ok()
    }

    #[test]
    fn proposals_that_plugins_do_not_need_do_not_compile() {
        assert!(compiles("(memory 1)"));
        assert!(!compiles("(memory i64 1)"), "64-bit memory");
        assert!(!compiles("(memory 1 2 shared)"), "threads");
        assert!(!compiles("(type (struct))"), "garbage collection");
        assert!(!compiles("(tag)"), "exceptions");
        assert!(!compiles("(func (param v128) (result v128) local.get 0 i32x4.relaxed_trunc_f32x4_s)"), "relaxed SIMD");
    }
}
