//! Looks, before anything of a stage is written, whether the account may write it.
//!
//! # Guarantees
//! An object for which a right is missing is not tried. It fails alone: the other objects of its step are applied, and its environments
//! end with the step. What the set itself grants in an earlier stage counts.

use crate::kubernetes::apply::inspect::ApplyAction;
use crate::kubernetes::apply::{Run, Sorted, Work, of_step};
use crate::kubernetes::client::access_review::{MissingRight, namespace_of};
use crate::kubernetes::client::rights::Verb;
use orangery_core::{Action, FailedObject, Planned, Stage, Step, may_grant_rights};
use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

/// How long the API server may take to know a role that was just applied.
const LAG: Duration = Duration::from_secs(2);
/// First pause before it is asked again.
const PAUSE: Duration = Duration::from_millis(50);

/// An object, and what has to be done with it.
struct Need<'a> {
    planned: &'a Planned,
    verbs: &'static [Verb],
    /// What is named if one of them is missing: what may be needed besides is missing too, more often than not.
    named: &'static [Verb],
}

impl<'a> Need<'a> {
    fn of(planned: &'a Planned, verbs: &'static [Verb]) -> Self {
        Self { planned, verbs, named: verbs }
    }
}

impl<'a> Run<'a> {
    /// Takes out the objects of a stage that the account may not write, or not read where they have to be read first.
    pub(super) async fn take_denied(&mut self, step: &Step, sorted: &mut Sorted<'a>) {
        let is_known =
            |planned: &Planned| self.plan.ledger.get(&planned.object.key()).is_some_and(|entry| entry.uid.is_some());
        let inspected = sorted.inspect.iter().map(|planned| {
            let need = Need::of(planned, &[Verb::Get, Verb::Patch]);
            if is_known(planned) { need } else { Need { named: &[Verb::Get, Verb::Create, Verb::Patch], ..need } }
        });
        let known = sorted.known.iter().map(|(planned, _)| Need::of(planned, &[Verb::Patch]));
        let new = sorted.new.iter().map(|planned| Need::of(planned, &[Verb::Create, Verb::Patch]));
        let needs = inspected.chain(known).chain(new).collect();
        self.deny(step, needs).await;
        let goes_on = |planned: &&Planned| !self.left_out.contains(&planned.object.key());
        sorted.inspect.retain(goes_on);
        sorted.known.retain(|(planned, _)| goes_on(planned));
        sorted.new.retain(goes_on);
    }

    /// Takes out the objects whose inspection showed that more rights are needed.
    pub(super) async fn take_denied_work(&mut self, step: &Step, work: &mut Vec<(&'a Planned, Work)>) {
        let needs = work.iter().filter_map(|(planned, work)| match work {
            Work::Inspected(inspected) => match inspected.action {
                ApplyAction::Create => Some(Need::of(planned, &[Verb::Create])),
                ApplyAction::Recreate(_) => Some(Need::of(planned, &[Verb::Create, Verb::Delete])),
                ApplyAction::Nothing(_) | ApplyAction::Frozen(_) | ApplyAction::Configure(..) => None,
            },
            Work::Known(_) | Work::New => None,
        });
        let needs = needs.collect();
        self.deny(step, needs).await;
        work.retain(|(planned, _)| !self.left_out.contains(&planned.object.key()));
    }

    /// The environments of objects that were left out go no further than the step.
    pub(super) fn end_left_out(&mut self, step: &Step) {
        for planned in step.stages.iter().flat_map(|stage| &stage.objects) {
            if self.left_out.contains(&planned.object.key()) {
                self.halted.halt(planned);
            }
        }
    }

    /// After a stage: an object that was changed may have given rights to the account.
    pub(super) fn note_granted_rights(&mut self, stage: &Stage) {
        let grants: HashSet<_> =
            stage.objects.iter().map(|planned| planned.object.key()).filter(may_grant_rights).collect();
        let changed = |action| action != Action::Unchanged;
        if self.report.changes.iter().any(|change| changed(change.action) && grants.contains(&change.key)) {
            self.session.connection.rights.doubt_what_is_missing();
            self.observed.forget_what_was_hidden();
            self.granted = Some(Instant::now());
        }
    }

    /// Reports the objects for which a right is missing.
    async fn deny(&mut self, step: &Step, needs: Vec<Need<'a>>) {
        let mut missing = self.missing(&needs).await;
        let mut pause = PAUSE;
        while !missing.is_empty() && self.granted.is_some_and(|granted| granted.elapsed() + pause < LAG) {
            tokio::time::sleep(pause).await;
            pause = pause.saturating_mul(2);
            self.session.connection.rights.doubt_what_is_missing();
            missing = self.missing(&needs).await;
        }
        for (planned, missing) in missing {
            let (key, right) = (planned.object.key(), missing.to_string());
            let message = of_step(step, "apply failed", format!("{key} not applied (Forbidden): {right}"));
            self.left_out.insert(key.clone());
            self.report.failed.push(FailedObject { denied: true, unseen: true, ..FailedObject::new(key, message) });
            if !self.report.missing_rights.contains(&right) {
                self.report.missing_rights.push(right);
            }
        }
    }

    /// The right that each of these objects lacks. Objects of one kind and namespace are asked about together, unless the answer for all
    /// of them is no: then a role may name some.
    async fn missing(&self, needs: &[Need<'a>]) -> Vec<(&'a Planned, MissingRight)> {
        let mut allowed = HashSet::new();
        let mut missing = Vec::new();
        for Need { planned, verbs, named } in needs {
            let Some(kind) = self.observed.kind(&planned.object.gvk()) else { continue };
            let key = planned.object.key();
            let place = (kind.collection(""), namespace_of(kind, &key).to_owned(), *verbs);
            if allowed.contains(&place) {
                continue;
            }
            if self.session.may_all(verbs, kind, &place.1).await {
                allowed.insert(place);
            } else if self.session.missing_right(verbs, kind, &key).await.is_some()
                && let Some(right) = self.session.missing_right(named, kind, &key).await
            {
                missing.push((*planned, right));
            }
        }
        missing
    }

    /// Checks the right to delete, once for each kind and namespace in which something is created for the first time.
    pub(super) async fn undeletable(&self, work: &[(&Planned, Work)]) -> Vec<String> {
        let mut asked = HashMap::new();
        for (planned, work) in work {
            let kind = match work {
                Work::Inspected(inspected) if matches!(inspected.action, ApplyAction::Create) => Some(&inspected.kind),
                Work::New => self.observed.kind(&planned.object.gvk()),
                Work::Inspected(_) | Work::Known(_) => None,
            };
            let Some(kind) = kind else { continue };
            let key = planned.object.key();
            asked.entry((kind.collection(""), namespace_of(kind, &key).to_owned())).or_insert((kind, key));
        }
        let mut warnings = Vec::new();
        for (kind, key) in asked.into_values() {
            warnings.extend(self.session.warn_unless_deletable(kind, &key).await);
        }
        warnings
    }
}
