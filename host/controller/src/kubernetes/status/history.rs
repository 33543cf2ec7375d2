//! `status.history` of a set: its last distinct results.
//!
//! # Guarantees
//! A routine reconciliation that changed nothing adds nothing, so it costs no write.

use super::StatusChange;
use crate::kubernetes::context::now;
use crate::kubernetes::object::Run;
use crate::pipeline::set::changes::changes;
use crate::pipeline::set::{Ended, SetReport};
use orangery_api::{Condition, ResourceSet};
use orangery_core::conditions::{ConditionType, HistoryEntry, remember};
use orangery_core::{digest, duration};
use std::collections::BTreeMap;

/// What a reconciliation came to.
struct Attempt {
    digest: String,
    metadata: BTreeMap<String, String>,
    /// Whether it created, changed or deleted anything.
    changed: bool,
}

/// Adds what a reconciliation came to. The conditions are written already.
pub(in crate::kubernetes) fn write(run: &Run<ResourceSet>, report: &SetReport, status: &mut StatusChange<ResourceSet>) {
    let Some(Attempt { digest, metadata, changed }) = attempt(run, report) else { return };
    let reason_of = |condition: Option<&Condition>| condition.map(|ready| ready.reason.clone());
    let reason = reason_of(status.next_condition(ConditionType::Ready)).unwrap_or_default();
    let same_reason = reason_of(status.published_condition(ConditionType::Ready)).as_ref() == Some(&reason);
    let same_digest = status.next().history.first().is_some_and(|first| first.digest == digest);
    if same_reason && same_digest && !changed {
        return;
    }
    let at = now().to_string();
    let entry = HistoryEntry {
        digest,
        first_reconciled: at.clone(),
        last_reconciled: at,
        last_reconciled_duration: duration::format(run.begun.elapsed()),
        last_reconciled_status: reason,
        total_reconciliations: 1,
        metadata,
    };
    let history: Vec<HistoryEntry> =
        std::mem::take(&mut status.next_mut().history).into_iter().map(Into::into).collect();
    status.next_mut().history = remember(&history, entry).into_iter().map(Into::into).collect();
}

/// Of what could not be built there is the spec alone, as in Flux Operator.
fn attempt(run: &Run<ResourceSet>, report: &SetReport) -> Option<Attempt> {
    match (&report.converged, report.ended) {
        (Some(converged), _) => {
            let counts = [("inputs", report.inputs), ("resources", converged.ledger.len())];
            let steps = (!converged.steps.is_empty()).then_some(("steps", converged.steps.len()));
            let metadata = counts.into_iter().chain(steps).map(|(name, count)| (name.to_owned(), count.to_string()));
            let changed = !changes(converged).is_empty();
            Some(Attempt { digest: converged.revision.clone(), metadata: metadata.collect(), changed })
        }
        (None, Ended::Building) => {
            let spec = serde_json::to_vec(&run.object.spec).ok()?;
            Some(Attempt { digest: digest::sha256(&spec), metadata: BTreeMap::new(), changed: false })
        }
        (None, Ended::BeforeBuilding | Ended::Applying) => None,
    }
}
