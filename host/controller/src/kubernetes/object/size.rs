//! How large a custom resource may become, and what is published instead of a status that would not fit.
//!
//! # Guarantees
//! An object that would grow past [`MOST_BYTES`] is told so in a condition, with its size and the way out. What was in its status
//! before stays: the last good inputs of a provider, the ledger of a set.

use crate::pipeline::conclusion::Conclusion;
use crate::pipeline::converge::LedgerError;
use crate::pipeline::provider::{Inputs, ProviderReport, stale};
use crate::pipeline::requeue::Requeue;
use crate::pipeline::set::SetReport;
use orangery_core::conditions::Outcome;
use orangery_core::{NamespacedName, Reason, Snapshot, Timestamp};
use serde::Serialize;
use std::io;

/// Etcd takes requests of 1.5 MiB, and the API server adds to managed fields.
pub(in crate::kubernetes) const MOST_BYTES: usize = 1_500_000;

/// Objects that one set may own.
const MOST_OBJECTS: usize = 20_000;

/// How large an object is.
pub(in crate::kubernetes) struct Size {
    /// Bytes beside its status.
    beside: usize,
    /// Bytes of its status.
    status: usize,
}

impl Size {
    /// Measures an object and its status.
    pub(in crate::kubernetes) fn of<S: Serialize + Default>(object: &impl Serialize, status: Option<&S>) -> Self {
        let status = status.map_or_else(|| bytes_of(&S::default()), bytes_of);
        Self { beside: bytes_of(object).saturating_sub(status), status }
    }

    /// How large the object would be with this status, if that is too large. A status that shrinks always fits.
    pub(in crate::kubernetes) fn excess(&self, status: &impl Serialize) -> Option<usize> {
        excess(self.beside, self.status, bytes_of(status))
    }

    /// How large the object would be with this inventory, if that is too large. Everything else in the status is small, and is
    /// written afterwards.
    pub(in crate::kubernetes) fn excess_of_inventory(
        &self,
        before: Option<&impl Serialize>,
        after: &impl Serialize,
    ) -> Option<usize> {
        excess(self.beside, before.map_or(0, bytes_of), bytes_of(after))
    }
}

fn excess(beside: usize, before: usize, after: usize) -> Option<usize> {
    let bytes = beside.saturating_add(after);
    (bytes > MOST_BYTES && after > before).then_some(bytes)
}

/// Bytes of a value as JSON, which is what is kept. They are counted, not collected.
fn bytes_of(value: &impl Serialize) -> usize {
    let mut counted = Counter(0);
    serde_json::to_writer(&mut counted, value).map_or(0, |()| counted.0)
}

struct Counter(usize);

impl io::Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.saturating_add(bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What a provider says instead of exporting inputs that do not fit: the last good ones stay, and are stale.
pub(in crate::kubernetes) fn inputs_do_not_fit(
    report: ProviderReport,
    last: &Snapshot,
    bytes: usize,
    now: Timestamp,
) -> ProviderReport {
    let message = format!(
        "{} exported inputs make this object {bytes} bytes large, and at most {MOST_BYTES} fit: export fewer or smaller ones \
         (spec.filter), or split the provider into several; the last good inputs stay",
        report.snapshot.inputs().len()
    );
    let snapshot = last.after_failure(Reason::StatusTooLarge, now);
    let mut abnormal = report.conclusion.abnormal.unwrap_or_default();
    abnormal.extend(stale(&snapshot));
    // Trying again helps only when there are fewer inputs, so the provider keeps its interval.
    let outcome = Outcome::Failed { reason: Reason::StatusTooLarge, message };
    let conclusion = Conclusion { outcome, abnormal: Some(abnormal), ..report.conclusion };
    ProviderReport { conclusion, snapshot, inputs: Inputs::Unchanged, ..report }
}

/// Refuses a ledger that would not fit, before anything of it is applied.
pub(in crate::kubernetes) fn ledger_does_not_fit(set: &NamespacedName, objects: usize, bytes: usize) -> LedgerError {
    let message = format!(
        "its {objects} objects make this ResourceSet {bytes} bytes large, and at most {MOST_BYTES} fit: split it into several \
         ResourceSets"
    );
    LedgerError { set: set.clone(), reason: Reason::StatusTooLarge, message }
}

/// Refuses a ledger of too many objects, before anything of it is applied. One that was taken over with more is kept while it does
/// not grow.
pub(in crate::kubernetes) fn too_many_objects(
    set: &NamespacedName,
    objects: usize,
    before: usize,
) -> Option<LedgerError> {
    if objects <= MOST_OBJECTS || objects <= before {
        return None;
    }
    let message = format!(
        "it has {objects} objects, and a ResourceSet may have {MOST_OBJECTS}: split it into several ResourceSets"
    );
    Some(LedgerError { set: set.clone(), reason: Reason::StatusTooLarge, message })
}

/// What a set says whose status does not fit for another reason than its ledger.
pub(in crate::kubernetes) fn status_does_not_fit(report: SetReport, bytes: usize) -> SetReport {
    let message = format!(
        "what is to be told makes this ResourceSet {bytes} bytes large, and at most {MOST_BYTES} fit, so this message stands for \
         it: split it into several ResourceSets"
    );
    let conclusion = Conclusion::failed(Reason::StatusTooLarge, message, Requeue::BackOff);
    SetReport { conclusion, converged: None, ..report }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_object_is_measured_with_its_new_status_and_without_its_old_one() {
        let status = json!({"old": "x".repeat(MOST_BYTES / 4)});
        let object = json!({"spec": {"a": "x".repeat(MOST_BYTES / 2)}, "status": status});
        let size = Size::of(&object, Some(&status));
        assert_eq!(size.excess(&json!({"new": "y"})), None);
        let large = json!({"new": "y".repeat(MOST_BYTES / 2)});
        assert!(size.excess(&large).is_some_and(|bytes| bytes > MOST_BYTES && bytes < MOST_BYTES + 100));
    }

    #[test]
    fn more_objects_than_a_set_may_have_are_refused_with_their_number_unless_there_were_as_many() {
        let set = NamespacedName::new("apps", "wide");
        let refused = too_many_objects(&set, 20_001, 20_000).map(|error| error.message).unwrap();
        assert!(refused.contains("20001 objects") && refused.contains("split it"), "{refused}");
        assert!(too_many_objects(&set, 20_000, 0).is_none());
        assert!(too_many_objects(&set, 25_000, 25_000).is_none());
    }

    #[test]
    fn what_shrinks_is_kept_also_where_the_object_is_too_large_already() {
        let inventory = json!({"entries": "x".repeat(MOST_BYTES)});
        let status = json!({"inventory": inventory});
        let size = Size::of(&json!({"spec": {}, "status": status}), Some(&status));
        let smaller = json!({"entries": "x".repeat(MOST_BYTES - 1)});
        assert_eq!(size.excess_of_inventory(Some(&inventory), &smaller), None);
        assert!(size.excess_of_inventory(Some(&inventory), &json!({"entries": "x".repeat(MOST_BYTES + 1)})).is_some());
    }
}
