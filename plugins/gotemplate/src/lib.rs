//! The default renderer: Go's `text/template` with the delimiters `<<` and `>>`, slim-sprig's hermetic functions, and
//! `slugify`, `toYaml`, `mustToYaml`, `inputs`, `uid`.
//!
//! ```text
//! text ──lex──▶ tokens ──parse──▶ tree ──eval(functions, value, fmt)──▶ text ──render──▶ objects
//! ```
//!
//! # Guarantees
//! - It renders what Flux Operator renders, byte for byte, except where `docs/compatibility.md` lists a difference.
//! - Pure: the clock and the seed of the call are the only sources of change.
//! - No template overflows the guest's stack: templates call each other on a stack of their own, everything else is bounded.
//! - A value that a provider answered cannot add keys or documents, see [`value::Taint`].
//!
//! # Differs from Go
//! Parentheses nest at most 100 deep, control structures and JSON 200; no text is larger than 8 MiB, no list longer than 2^20; a map
//! that holds itself is cut off instead of crashing.

pub mod eval;
pub mod functions;
pub mod json;
pub mod lex;
pub mod parse;
pub mod render;
pub mod tree;
pub mod value;

mod plugin;

pub use orangery_slug as slug;
pub use plugin::GoTemplate;
pub use render::render;
