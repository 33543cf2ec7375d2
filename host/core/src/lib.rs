//! The model of Orangery and all of its arithmetic.
//!
//! ```text
//! Snapshot* ──combine──▶ Combined ──render (elsewhere)──▶ DesiredSet ──plan──▶ Plan ──guard──▶ Verdict
//!                                                            ▲                   │
//!                                                         Ledger ◀── old ∪ new ──┘
//! ```
//!
//! # Guarantees
//! Pure: no I/O, no async, no clock, no wasmtime, no Kubernetes client. Same in, same out.

pub mod combine;
pub mod conditions;
pub mod desired;
pub mod environment;
pub mod guard;
mod input;
pub mod ledger;
mod object;
pub mod plan;
pub mod selection;
pub mod spec;
mod time;

pub use combine::{Combined, CombinedInput, combine};
pub use conditions::{Disposition, Explain, Notice, Reason, url_redaction};
pub use desired::{DesiredSet, DesiredStep, FailedEnvironment, Scope, Scopes, Wanted, desire, kinds_with_namespace};
pub use environment::EnvironmentStates;
pub use guard::{GuardPolicy, Hold, SourceState, Verdict};
pub use input::{Attributes, Found, Input, InputList, NamespacedName, PollOutcome, UnreadableItem, digest, revision};
pub use ledger::{
    Details, GuardMemory, InputRef, InputSource, Ledger, LedgerEntry, Mark, ObjectStates, Seal, SourceKind, SourceRef,
    inventory,
};
pub use object::{GroupVersionKind, Object, ObjectKey, PackedObject, checksum, copy, keys, readiness};
pub use plan::{
    Action, ApplyReport, Change, ContestedObject, Deadline, FailedObject, Halted, Owner, Plan, Planned, PruneReport,
    RetainedObject, Stage, StageGate, Step, TerminatingObject, UnreadyObject, may_grant_rights,
};
pub use selection::{
    ANY, Filter, FilterSpec, Freshness, LimitRule, NameKind, Selected, ServedType, Snapshot, UnreadableInputs,
};
pub use time::{Timestamp, TimestampError, duration, schedule};
