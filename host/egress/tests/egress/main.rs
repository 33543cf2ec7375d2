//! The pipeline against real servers on 127.0.0.1: one module a concern, each rule with its refusal.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking, also in their fixtures")]

mod addresses;
mod conditional;
mod credential;
mod grants;
mod limits;
mod proxy;
mod quotas;
mod redirects;
mod tls;
mod world;
