//! The engine: Cranelift, components only, interrupted by epochs. Owns the thread that counts them.
//!
//! # Guarantees
//! The epoch advances every 10 ms for as long as any clone of the engine lives, whatever the async runtime does: the
//! ticker is an OS thread, because a tokio timer stands still while guests occupy all workers.
//!
//! # Refuses
//! Threads, shared memory, 64-bit memory, GC, exceptions, the async component model, relaxed SIMD: each is either a
//! source of advisories or of answers that differ between machines.

use crate::limits::{FRAMES, Limits, TICK};
use std::num::NonZeroUsize;
use wasmtime::{Config, Engine, OptLevel, Strategy, WasmFeatures};

/// The engine for these limits, its ticker running.
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

/// What the engine does and refuses; also that of a child that compiles for it.
pub(crate) fn config(limits: &Limits) -> Config {
    let mut config = Config::new();
    config
        .strategy(Strategy::Cranelift)
        .cranelift_opt_level(OptLevel::Speed)
        // A NaN's bits differ between processors; a rendering must not.
        .cranelift_nan_canonicalization(true)
        .epoch_interruption(true)
        // An author sees which functions were running. Which lines these were would need tables that make compiled code larger, and
        // with it what a start reads and checks.
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

/// The same for code that any processor of this architecture runs, so that it can be compiled on one machine and run on others.
pub(crate) fn baseline(limits: &Limits) -> Result<Config, wasmtime::Error> {
    use std::env::consts::{ARCH, OS};
    let target = if OS == "macos" { format!("{ARCH}-apple-darwin") } else { format!("{ARCH}-unknown-{OS}") };
    let mut config = config(limits);
    // With a target, the features of this processor are not looked at.
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
