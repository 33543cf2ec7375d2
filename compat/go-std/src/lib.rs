//! Text as Go's standard library reads and writes it: the same values for the same bytes, the same bytes for the same values, the same
//! words in errors.
//!
//! ```text
//! regexp ──▶ unicode          fmt ──▶ strconv ──▶ unicode          time ──▶ strconv          encoding
//! ```
//! Templates and manifests were written for Go programs: `\d` is an ASCII digit, `1e6` prints as `1e+06`, `ß` has no upper case. Rust's
//! own functions and crates differ in such corners, and a rendered object must not.
//!
//! # Guarantees
//! - A function accepts, returns and refuses what Go 1.26 does, to the byte; errors have Go's text. The tests compare random cases with
//!   the real packages (`tests/gooracle`).
//! - Input is bytes where a Go string may hold any bytes.
//! - No input panics. Time is linear in the text, and for regular expressions in the text times the size of the program.
//!
//! # Leaves out
//! Time zones by name and the binary forms of times; POSIX expressions; scanning by `fmt`. What is bounded more tightly than in Go is
//! said at each module.

pub mod encoding;
pub mod fmt;
pub mod regexp;
pub mod strconv;
pub mod time;
pub mod unicode;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
