//! The command line and the operator as a library; `main.rs` is a page.
//!
//! ```text
//! cli ──▶ command ──▶ run (cluster | local) · build · provider (poll · notify) · explain · plugin · crds
//!                       │  cluster (all that talk to one) · artifact (to a registry and back; sync: from there to applied objects)
//!                       │
//!                     sandbox (its set-up with the built-in and given plugins) · manifest (files)
//! ```

pub mod artifact;
pub mod build;
pub mod cli;
pub mod cluster;
pub mod command;
pub mod explain;
pub mod manifest;
pub mod plugin;
mod process;
pub mod provider;
pub mod run;
pub mod sandbox;

pub use process::{exit, failure, logging, plugin_log};
