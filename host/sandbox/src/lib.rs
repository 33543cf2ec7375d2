//! The glass: plugins run here and reach nothing but what they are handed.
//!
//! ```text
//! bytes ──admit──▶ Plugin (counted, compiled, linked, described)      once for each digest
//!                     │
//! PollRequest ────────┤ fresh store, two clocks, session ──▶ PollReport  {complete | partial | CallError}
//! RenderRequest ──────┤ fresh store a batch, no network  ──▶ one entry an input
//! ReportRequest ──────┘ fresh store, two clocks, session ──▶ ReportReceipt
//! Evaluations ──────▶ built-in evaluator, fresh store, no network ──▶ expressions, schemas, schedules
//! ```
//!
//! # Guarantees
//! - Every call has an instance of its own and ends, whatever the guest does; neighbours keep running. A call that waits
//!   for the network keeps nobody from computing.
//! - A plugin that the user gave is compiled in a child process with limits of its own ([`Compiler`]).
//! - A guest has no environment, arguments, files or sockets. `http` goes through [`orangery_egress`]; a renderer has
//!   not even that, and its clock and randomness are those of the request.
//! - A guest's text reaches nobody before it is one bounded, redacted line ([`GuestText`]).
//! - An answer that breaks a rule or holds a credential is an error; a failure is never an empty list.
//!
//! # Assumptions
//! A runtime with at least two workers: a guest occupies one for up to 10 ms at a time.

mod admit;
mod answer;
mod batch;
mod bindings;
mod cache;
mod call;
mod catalogue;
mod circuit;
mod clock;
mod coalesce;
mod compile;
mod describe;
mod doors;
mod engine;
mod evaluator;
mod failure;
mod fault;
mod footprint;
mod inspect;
mod limits;
mod links;
mod log;
mod memory;
mod network;
mod plugin;
mod poll;
mod queue;
mod render;
mod report;
mod sandbox;
mod schema;
mod stdio;
mod store;
mod text;
mod validate;
mod validated;
mod world;

pub use admit::AdmitError;
pub use answer::BadAnswer;
pub use cache::CacheError;
pub use call::{CallError, Usage};
pub use compile::{CompileFault, Compiler, compile_if_asked};
pub use describe::DescriptionError;
pub use evaluator::{EvaluationError, Evaluations, EvaluatorSource, ExpressionProblem, Triggers};
pub use failure::{FailureKind, GuestFailure, Note, NoteLevel, RetryHint};
pub use fault::Fault;
pub use inspect::Inspection;
pub use limits::{LimitError, Limits};
pub use log::{LogLevel, LogLine};
pub use plugin::{PluginDescription, PluginRef, PluginSource, Shadowing, Want};
pub use poll::{PollFilter, PollReport, PollRequest};
pub use render::{Entries, InputError, RenderInput, RenderRequest, RenderedObject, Rendering, Template, TemplateBody};
pub use report::{EnvironmentState, ReportReceipt, ReportRequest};
pub use sandbox::{Sandbox, SandboxConfig, StartError};
pub use schema::{ConfigError, FieldError, SchemaError};
pub use store::Wants;
pub use text::GuestText;
pub use world::WorldError;
