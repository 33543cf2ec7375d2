//! A plan as a value: what would be created, changed, deleted or held, and by which input.

use anyhow::anyhow;
use orangery_cluster::FieldChange;
use orangery_controller::pipeline::converge::Converged;
use orangery_controller::pipeline::set::SetReport;
use orangery_core::conditions::Outcome;
use orangery_core::spec::SetSpec;
use orangery_core::{Action, InputRef, Ledger, LedgerEntry, ObjectKey, keys};
use serde::Serialize;
use std::collections::BTreeMap;

/// What the operator would do with a set now.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Forecast {
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) created: Vec<Touched>,
    pub(super) changed: Vec<Touched>,
    /// Deleted and created again, because a field is immutable.
    pub(super) recreated: Vec<Touched>,
    pub(super) deleted: Vec<Touched>,
    pub(super) held: Vec<Held>,
    /// Objects that nothing renders any more and that stay, and objects that are left as they are, with the reason.
    pub(super) kept: Vec<Remark>,
    /// Existing objects without an owner that would be adopted.
    pub(super) adopted: Vec<String>,
    pub(super) failed: Vec<Remark>,
    pub(super) warnings: Vec<String>,
    pub(super) unchanged: usize,
    /// Where the settings of the operator were taken from.
    pub(super) settings: String,
    /// What the set waits for before it does anything more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) waiting: Option<String>,
}

/// An object that would be written or deleted.
#[derive(Debug, Serialize)]
pub(super) struct Touched {
    pub(super) object: String,
    /// Which input it comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) input: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) fields: Vec<FieldChange>,
}

/// A list of deletions that would wait for approval.
#[derive(Debug, Serialize)]
pub(super) struct Held {
    pub(super) digest: String,
    pub(super) reason: String,
    pub(super) objects: Vec<Touched>,
}

/// Something about an object or an input.
#[derive(Debug, Serialize)]
pub(super) struct Remark {
    pub(super) what: String,
    pub(super) message: String,
}

impl Forecast {
    /// What a report says.
    ///
    /// # Errors
    /// The set could not be built at all.
    pub(super) fn of(
        set: &SetSpec,
        ledger: &Ledger,
        report: &SetReport,
        fields: &BTreeMap<ObjectKey, Vec<FieldChange>>,
    ) -> anyhow::Result<Self> {
        let mut forecast = Self {
            namespace: set.name.namespace.clone(),
            name: set.name.name.clone(),
            created: Vec::new(),
            changed: Vec::new(),
            recreated: Vec::new(),
            deleted: Vec::new(),
            held: Vec::new(),
            kept: Vec::new(),
            adopted: Vec::new(),
            failed: Vec::new(),
            warnings: Vec::new(),
            unchanged: 0,
            settings: String::new(),
            waiting: None,
        };
        let Some(converged) = &report.converged else {
            return match &report.conclusion.outcome {
                Outcome::Failed { reason, message } | Outcome::Stalled { reason, message } => {
                    Err(anyhow!("{reason}: {message}"))
                }
                Outcome::Waiting { message }
                | Outcome::Progressing { message }
                | Outcome::Applying { message }
                | Outcome::Degraded { message, .. }
                | Outcome::Canceled { message }
                | Outcome::Skipped { message, .. } => {
                    forecast.waiting = Some(message.clone());
                    Ok(forecast)
                }
                Outcome::Succeeded { .. } => Ok(forecast),
            };
        };
        forecast.fill(converged, ledger, fields);
        Ok(forecast)
    }

    fn fill(&mut self, converged: &Converged, ledger: &Ledger, fields: &BTreeMap<ObjectKey, Vec<FieldChange>>) {
        let names = InputNames { labels: &converged.labels, before: ledger, after: &converged.ledger };
        for change in &converged.applied.changes {
            let touched = || names.touched(&change.key, fields.get(&change.key).cloned().unwrap_or_default());
            match change.action {
                Action::Created => self.created.push(touched()),
                Action::Configured => self.changed.push(touched()),
                Action::Recreated => self.recreated.push(touched()),
                Action::Frozen => {
                    let message = format!("{} is frozen: it says {}: disabled", change.key, keys::RECONCILE);
                    self.kept.push(Remark { what: change.key.to_string(), message });
                }
                Action::Unchanged => self.unchanged = self.unchanged.saturating_add(1),
                Action::Deleted => self.deleted.push(touched()),
            }
        }
        self.deleted.extend(converged.pruned.deleted.iter().map(|change| names.touched(&change.key, Vec::new())));
        self.held.extend(converged.holds().map(|hold| Held {
            digest: hold.digest.clone(),
            reason: hold.why.clone(),
            objects: hold.objects.iter().map(|key| names.touched(key, Vec::new())).collect(),
        }));
        let pruned = &converged.pruned;
        self.kept.extend(pruned.retained.iter().map(|kept| remark(&kept.key, &kept.message)));
        self.kept.extend(pruned.terminating.iter().map(|one| remark(&one.key, &one.message)));
        self.adopted.extend(converged.adopted.iter().map(ToString::to_string));
        self.failed.extend(converged.applied.failed.iter().map(|failed| remark(&failed.key, &failed.message)));
        self.failed.extend(pruned.failed.iter().map(|failed| remark(&failed.key, &failed.message)));
        let known: Vec<String> = self.failed.iter().map(|failed| failed.message.clone()).collect();
        for (input, failures) in &converged.standing.failed {
            for failure in failures.iter().filter(|failure| !known.contains(&failure.message)) {
                let what = format!("{} input {}", input.source, input.uid);
                self.failed.push(Remark { what, message: failure.message.clone() });
            }
        }
        if let Some(message) = &converged.standing.unrendered {
            self.failed.push(Remark { what: "the set".to_owned(), message: message.clone() });
        }
        self.warnings.extend(converged.notices.iter().map(|notice| notice.message.to_string()));
        self.warnings.extend(converged.applied.warnings.iter().cloned());
    }

    /// Whether anything would be written or deleted.
    pub(super) fn changes(&self) -> bool {
        [&self.created, &self.changed, &self.recreated, &self.deleted].iter().any(|list| !list.is_empty())
            || !self.held.is_empty()
    }

    /// Whether something would fail.
    pub(super) fn fails(&self) -> bool {
        !self.failed.is_empty()
    }
}

fn remark(key: &ObjectKey, message: &str) -> Remark {
    Remark { what: key.to_string(), message: message.to_owned() }
}

/// Maps objects to the inputs that they come from.
struct InputNames<'a> {
    labels: &'a BTreeMap<InputRef, String>,
    before: &'a Ledger,
    after: &'a Ledger,
}

impl InputNames<'_> {
    fn touched(&self, key: &ObjectKey, fields: Vec<FieldChange>) -> Touched {
        let of = |ledger: &Ledger| ledger.get(key).and_then(|entry: &LedgerEntry| entry.input.clone());
        let input = of(self.after).or_else(|| of(self.before)).map(|input| self.input(&input));
        Touched { object: key.to_string(), input, fields }
    }

    /// The label of an existing input; source and digest of one that is gone.
    fn input(&self, input: &InputRef) -> String {
        match self.labels.get(input) {
            Some(label) => label.clone(),
            None => format!("{} input {} (gone)", input.source, input.uid),
        }
    }
}
