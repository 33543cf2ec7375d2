//! YAML 1.1 exactly as `sigs.k8s.io/yaml` over `go.yaml.in/yaml/v2` reads and writes it.
//!
//! ```text
//! text ──Scanner──▶ tokens ──Parser──▶ events ──▶ Tree (Node) ──decode──▶ Json, serde_json::Value ──to_string──▶ text
//! ```
//! Manifests of Kubernetes were written for that library: `yes` is a boolean, `0644` is 420, a date is a string, `1.0` is the integer 1.
//! The scanner, the parser and the emitter are ports of the library's (itself a port of libyaml; see `NOTICE`), because its limits, its
//! look-ahead and its oddities decide what a text means, and other crates do not have them.
//!
//! ```
//! let value = go_yaml::from_str("mode: 0644\nsuspend: yes\nversion: '1.10'\n")?;
//! assert_eq!(value, serde_json::json!({"mode": 420, "suspend": true, "version": "1.10"}));
//!
//! let error = go_yaml::from_str("a:\n\tb: 1").unwrap_err();
//! assert!(error.to_string().ends_with("line 2, column 1 is indented with a tab; use spaces"), "{error}");
//! # Ok::<(), go_yaml::ReadError>(())
//! ```
//!
//! # Guarantees
//! - The same value for every text that the library reads, and the same bytes for every value that it writes; the tests compare with the
//!   real library. Where the library's answer depends on the order of a Go map (keys that collide after conversion to text, circular key
//!   order), ours is deterministic.
//! - No input panics, overflows the stack or takes more than linear time: see [`MAX_DEPTH`], [`MAX_SIZE`] and go-yaml's own alias rule.
//! - An error keeps the library's words, and names the line, the column and look-alike characters.
//!
//! # Differences on purpose
//! Nesting deeper than [`MAX_DEPTH`] (the library: 10,000) and texts longer than [`MAX_SIZE`] are refused. Comments are not kept.

mod decode;
mod error;
mod node;
mod parser;
mod scalar;
mod scanner;
mod stream;
mod text;
mod tree;
mod value;
mod writer;

pub use error::{Advice, Location, ReadError};
pub use node::{Kind, Node, PathSegment, locate, parse, parse_first, plain_scalar};
pub use scanner::Style;
pub use stream::{Document, as_lines, documents, from_str, from_str_all, leading_documents, lines, read};
pub use text::decode_text;
pub use tree::{MAX_DEPTH, MAX_SIZE};
pub use value::{Json, Object};
pub use writer::{WriteError, json_to_yaml, to_string, write};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
