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

pub mod attributes;
pub mod checksum;
pub mod combine;
pub mod conditions;
pub mod copy;
pub mod deletion;
pub mod desired;
pub mod digest;
pub mod duration;
pub mod environment;
pub mod explain;
pub mod guard;
pub mod input;
pub mod inventory;
pub mod keys;
pub mod ledger;
pub mod notice;
pub mod object;
pub mod plan;
pub mod readiness;
pub mod report;
pub mod revision;
pub mod schedule;
pub mod scope;
pub mod selection;
pub mod shown;
pub mod snapshot;
pub mod spec;

pub use attributes::{Attributes, InputList};
pub use combine::{Combined, CombinedInput, combine};
pub use desired::{DesiredSet, DesiredStep, Wanted, desire};
pub use environment::{FailedEnvironment, Halted, Standing};
pub use explain::{Disposition, Explain, Reason};
pub use guard::{GuardMemory, GuardPolicy, Hold, SourceState, Verdict};
pub use input::{Found, Input, NamespacedName, OddItem, PollOutcome};
pub use ledger::{InputRef, InputSource, Ledger, LedgerEntry, Mark, SourceRef};
pub use notice::{Notice, Severity};
pub use object::{GroupVersionKind, Object, ObjectKey, PackedObject};
pub use plan::{Owner, Plan, Planned, Stage, StageGate, Step};
pub use report::{Action, ApplyReport, Change, Failed, Kept, PruneReport, Terminating, Waiting};
pub use scope::{Scope, Scopes};
pub use selection::{Filter, FilterSpec, LimitRule, NameKind, Selected, ServedType};
pub use snapshot::{Freshness, OddInputs, Snapshot};
