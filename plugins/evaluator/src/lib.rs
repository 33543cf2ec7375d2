//! Evaluates what tenants and plugins wrote: `readyExpr` expressions, JSON Schemas of configurations, cron expressions.
//!
//! The host runs this component like a plugin, with the same limits of processor time, memory and stack, so that the
//! libraries here need no bounds of their own (`docs/architecture.md`, the sixth law). It is built into the host and
//! exports the private interface of `wit/evaluator`, which no plugin can be admitted with.
//!
//! # Guarantees
//! Pure: each function depends on its arguments only.

pub mod expression;
pub mod schedule;
pub mod schema;
pub mod sets;

#[cfg(target_arch = "wasm32")]
mod guest;
