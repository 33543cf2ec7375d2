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
mod object;
pub mod plan;
pub mod selection;
pub mod spec;
mod time;

pub use combine::{Combined, CombinedInput, combine};
pub use conditions::{Disposition, Explain, Notice, Reason, shown};
pub use desired::{DesiredSet, DesiredStep, Wanted, desire};
pub use environment::{FailedEnvironment, Halted, Standing};
pub use guard::{GuardMemory, GuardPolicy, Hold, SourceState, Verdict};
pub use input::{
    ANY, Attributes, Found, Freshness, Input, InputList, NamespacedName, OddInputs, OddItem, PollOutcome, Snapshot,
    digest, revision,
};
pub use object::{
    GroupVersionKind, Object, ObjectKey, PackedObject, Scope, Scopes, checksum, copy, kinds_with_namespace, readiness,
};
pub use plan::ledger::{self, InputRef, InputSource, Ledger, LedgerEntry, Mark, SourceRef, inventory};
pub use plan::{
    Action, ApplyReport, Change, Failed, Kept, Owner, Plan, Planned, PruneReport, Stage, StageGate, Step, Terminating,
    Waiting,
};
pub use selection::{Filter, FilterSpec, LimitRule, NameKind, Selected, ServedType};
pub use spec::keys;
pub use time::{Timestamp, TimestampError, duration, schedule};
