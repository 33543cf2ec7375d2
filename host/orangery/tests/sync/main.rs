//! `orangery sync` against a real API server with Flux's definitions and a real registry. The tests write the statuses that Flux's
//! controllers write, in the documented order, in the wrong one, late, and with another digest.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod ends;
mod hook;
mod pipeline;
mod reports;
mod samples;
mod world;
