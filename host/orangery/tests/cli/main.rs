//! The real binary, command by command: what it prints, what it refuses, how it exits, what it leaves behind.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod artifact;
mod author;
mod bench;
mod build;
mod build_flags;
mod docs;
mod events;
mod examples;
mod external_service;
mod guard;
mod help;
mod local;
mod plugins;
mod poll;
mod precompiled;
mod proxies;
mod reason_register;
mod reasons;
mod reference;
mod seeds;
mod workspace;
