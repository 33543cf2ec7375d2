//! Runs plugins (WebAssembly components). A plugin can reach only what the host gives to a call.
//!
//! ```text
//! bytes ──admit──▶ Plugin (counted, compiled, linked, described)      once for each digest
//!                     │
//! PollRequest ────────┤ fresh store, two clocks, session ──▶ PollReport  {complete | partial | CallError}
//! RenderRequest ──────┤ fresh store a batch, no network  ──▶ one entry an input
//! NotifyRequest ──────┘ fresh store, two clocks, session ──▶ NotifyReport
//! Evaluations ──────▶ built-in evaluator, fresh store, no network ──▶ expressions, schemas, schedules
//! ```
//!
//! Folders; each imports only from those below it (enforced by `tests/architecture`):
//!
//! ```text
//! operations   what the sandbox does: poll, render, notify, validate, evaluate, inspect
//! admission    turns bytes into a plugin that may be called
//! calls        one call: its turn, its permits, its circuit breaker, its processor time
//! instance     the store of one call, and the host functions behind the imports
//! plugin       the description of a plugin, its roles, its configuration schemas
//! guest        what comes out of a guest: text, log lines, failures, faults, answers
//! bindings     generated from wit/;  engine, limits
//! ```
//!
//! # Guarantees
//! - Every call has an instance of its own and ends, whatever the guest does, while other calls keep running. A call
//!   that waits for the network does not keep others from computing.
//! - A component is compiled in a child process with limits of its own ([`Compiler`]), unless its code came with the
//!   program ([`Precompiled`]).
//! - A guest has no environment, arguments, files or sockets. Its requests go through [`orangery_egress`]; a renderer
//!   has no network at all, and its clock and randomness are those of the request.
//! - A guest's text is turned into one bounded, redacted line before it is shown ([`GuestText`]).
//! - An answer that breaks a rule or holds a credential is an error; a failure is never an empty list.
//!
//! # Assumptions
//! The runtime has at least two workers: a guest occupies one for up to 10 ms at a time.

mod admission;
mod bindings;
mod calls;
mod consumer;
mod engine;
mod guest;
mod instance;
mod limits;
mod operations;
mod plugin;

pub use admission::cache::CacheError;
pub use admission::compile::{Compiler, compile_if_asked};
pub use admission::error::{AdmitError, CompileFault};
pub use admission::precompiled::{Precompiled, PrecompiledError, attach, precompile};
pub use calls::{CallEnd, CallError, CallObserver, Usage};
pub use consumer::Consumer;
pub use guest::answer::BadAnswer;
pub use guest::evaluation::EvaluationError;
pub use guest::failure::{FailureKind, GuestFailure, Note, RetryHint};
pub use guest::fault::Fault;
pub use guest::log::{LogLevel, LogLine};
pub use guest::text::GuestText;
pub use instance::store::Wants;
pub use limits::{LimitError, Limits};
pub use operations::evaluator::{Evaluations, EvaluatorSource, ExpressionProblem, Triggers};
pub use operations::inspect::Inspection;
pub use operations::notify::{Notice, NotifyReport, NotifyRequest};
pub use operations::poll::{PollFilter, PollReport, PollRequest};
pub use operations::render::{
    Entries, InputError, RenderInput, RenderRequest, RenderedObject, Rendering, Template, TemplateBody,
};
pub use operations::{Sandbox, SandboxConfig, StartError};
pub use plugin::describe::DescriptionError;
pub use plugin::schema::{ConfigError, FieldError, SchemaError};
pub use plugin::world::WorldError;
pub use plugin::{PluginDescription, PluginRef, PluginSource, Shadowing};
