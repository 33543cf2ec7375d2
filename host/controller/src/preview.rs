//! A set as a reconciliation would see it now, without doing anything: for commands that plan and explain.
//!
//! # Guarantees
//! The same code as the operator's decides: what it reads from a set, its status and its providers, and what follows from it. What would be
//! written to the ledger is dropped; whether objects are touched is the target's business.

use crate::kubernetes::{known_provider, read_ledger};
use crate::pipeline::Pipeline;
use crate::pipeline::build;
use crate::pipeline::converge::{LedgerError, LedgerStore};
use crate::pipeline::progress::{LastResult, Progress};
use crate::pipeline::set::gather::{self, Gathered};
use crate::pipeline::set::{self, SetReport, SetRun};
use async_trait::async_trait;
use orangery_api::{ResourceSet, ResourceSetInputProvider};
use orangery_cluster::Target;
use orangery_core::combine::CombineError;
use orangery_core::spec::{SetSpec, SpecError};
use orangery_core::{Combined, Ledger, NamespacedName, Timestamp};

/// What a set owns, by its status.
#[must_use]
pub fn ledger(object: &ResourceSet) -> Ledger {
    object.status.as_ref().map(read_ledger).unwrap_or_default().ledger
}

/// The inputs that a set has now.
#[derive(Debug)]
pub struct Inputs {
    /// The providers that it reads.
    pub gathered: Gathered,
    /// Their inputs, combined.
    pub combined: Combined,
}

/// Combines the inputs that a set has now.
///
/// # Errors
/// They cannot be combined.
pub async fn inputs(set: &SetSpec, providers: &[ResourceSetInputProvider]) -> Result<Inputs, CombineError> {
    let known: Vec<_> = providers.iter().map(known_provider).collect();
    let gathered = gather::gather(set, &known);
    let combined = build::combined(set, gathered.sources.clone()).await?;
    Ok(Inputs { gathered, combined })
}

/// Reconciles a set against a target that changes nothing.
///
/// # Errors
/// The spec breaks a rule. Everything else is in the report.
pub async fn reconcile(
    pipeline: &Pipeline,
    object: &ResourceSet,
    account: Option<&str>,
    providers: &[ResourceSetInputProvider],
    target: &dyn Target,
    now: Timestamp,
) -> Result<SetReport, SpecError> {
    let spec = SetSpec::try_from(object)?;
    let ledger = ledger(object);
    let mut owner = spec.owner(None);
    owner.service_account = account.map(str::to_owned);
    let run = SetRun {
        set: &spec,
        owner,
        providers: providers.iter().map(known_provider).collect(),
        ledger: &ledger,
        target,
        ledger_store: &Dropped,
        last: LastResult::default(),
        progress: &Progress::default(),
        now,
    };
    Ok(set::reconcile(pipeline, run).await)
}

/// A ledger that nobody keeps.
struct Dropped;

#[async_trait]
impl LedgerStore for Dropped {
    async fn record(&self, _: &NamespacedName, _: &Ledger) -> Result<(), LedgerError> {
        Ok(())
    }
}
