//! YAML 1.1 exactly as `sigs.k8s.io/yaml` over `go.yaml.in/yaml/v2` reads and writes it.
//!
//! ```text
//! text ──Scanner──▶ tokens ──Parser──▶ events ──▶ Tree (Node) ──decode──▶ Json, serde_json::Value ──to_string──▶ text
//! ```
//! Kubernetes people's manifests were written for that library: `yes` is a bool, `0644` is 420, a date is a string, `1.0` is the
//! integer 1. The scanner, the parser and the emitter are ports of the library's (itself a port of libyaml; see `NOTICE`): its limits,
//! its look-ahead and its oddities decide what a text means, and crates over libyaml do not have them.
//!
//! # Guarantees
//! - Same value for every text that the library reads, same bytes for every value that it writes; compared against the real
//!   library by the tests. Where the library is undecided (keys that collide after conversion to text, circular key order) ours
//!   is deterministic.
//! - No input panics, overflows the stack or takes more than linear time: see [`MAX_DEPTH`], [`MAX_SIZE`] and go-yaml's own
//!   alias rule.
//! - An error names line and column, keeps the library's words, and names look-alike characters.
//!
//! # Differences on purpose
//! Nesting deeper than [`MAX_DEPTH`] (the library: 10,000) and texts longer than [`MAX_SIZE`] are refused.

mod error;
mod parser;
mod scalar;
mod scanner;
mod stream;
mod text;
mod tree;
mod value;
mod writer;

pub use error::{Advice, Location, ReadError};
pub use scanner::Style;
pub use stream::{Document, as_lines, documents, from_str, from_str_all, leading_documents, lines, read};
pub use text::decode_text;
pub use tree::{Kind, MAX_DEPTH, MAX_SIZE, Node, PathSegment, locate, parse, parse_first, plain_scalar};
pub use value::{Json, Object};
pub use writer::{WriteError, json_to_yaml, to_string, write};
