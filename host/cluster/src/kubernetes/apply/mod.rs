//! Applies a plan: steps, stages, and what is waited for between them.
//!
//! # Guarantees
//! What fails, or is not ready where the plan waits, ends the apply of its environment, and of no other. An object that no single
//! input gave ends all of it. An apply does not block: the next one checks readiness again.

pub(crate) mod create;
pub(crate) mod inspect;
pub(crate) mod job;
mod other_owner;
pub(crate) mod ready;
pub(crate) mod write;

use crate::kubernetes::client::bounded::bounded;
use crate::kubernetes::client::connection::Session;
use crate::kubernetes::live::clock::{Began, Place};
use crate::kubernetes::live::memory::Confirmed;
use crate::kubernetes::target::KubernetesTarget;
use futures::FutureExt;
use inspect::{ApplyAction, Inspected, inspect};
use orangery_core::{
    Action, ApplyReport, Change, FailedObject, Halted, ObjectKey, Plan, Planned, Stage, StageGate, Step,
};
use ready::{Wait, Which};
use std::collections::{HashMap, HashSet};
use write::write;

/// Applies a plan.
pub(crate) async fn apply(target: &KubernetesTarget, plan: &Plan) -> ApplyReport {
    let session = match target.session(&plan.owner) {
        Ok(session) => session,
        Err(refusal) => {
            let message = format!("cannot connect to the API server: {refusal}");
            return ApplyReport { failed: vec![FailedObject::of_the_whole(message)], ..ApplyReport::default() };
        }
    };
    let confirmed = target.memory.confirm(&session, plan, target.options.patience.recheck).await;
    let mut run = Run {
        target,
        session: &session,
        plan,
        confirmed: &confirmed,
        halted: Halted::of(&plan.failed),
        report: ApplyReport::default(),
        ready: HashSet::new(),
        awaited: HashMap::new(),
        waits: HashMap::new(),
    };
    for step in &plan.steps {
        run.step(step).await;
        if run.halted.is_everything() {
            break;
        }
    }
    let Run { mut report, awaited, waits, .. } = run;
    target.clock.keep(&plan.owner.name, waits);
    target.memory.awaits(&plan.owner, awaited);
    watch(target, &session, plan, &report).await;
    let mut seen = HashSet::new();
    report.warnings.retain(|warning| seen.insert(warning.clone()));
    report.requests = session.requests();
    report
}

/// Starts the watches on what was applied.
async fn watch(target: &KubernetesTarget, session: &Session, plan: &Plan, report: &ApplyReport) {
    let there: HashSet<&ObjectKey> = report.changes.iter().map(|change| &change.key).collect();
    let mut asked = HashSet::new();
    for planned in plan.objects() {
        let (key, gvk) = (planned.object.key(), planned.object.gvk());
        if there.contains(&key)
            && let Ok(Some(kind)) = session.kind(&gvk).await
            && asked.insert(kind.collection(&key.namespace))
        {
            let identity = &session.connection.identity;
            target.watches.ensure(identity, &kind, &key.namespace, || target.identities.watching(identity));
        }
    }
}

/// The state of one apply.
pub(crate) struct Run<'a> {
    pub(crate) target: &'a KubernetesTarget,
    pub(crate) session: &'a Session,
    pub(crate) plan: &'a Plan,
    confirmed: &'a Confirmed,
    /// The environments whose apply has ended.
    pub(crate) halted: Halted,
    pub(crate) report: ApplyReport,
    /// Objects that are known to be ready.
    pub(crate) ready: HashSet<ObjectKey>,
    /// Objects that are not ready, with the resource version that was seen.
    pub(crate) awaited: HashMap<ObjectKey, Option<String>>,
    /// Since when.
    pub(crate) waits: HashMap<Place, Began>,
}

impl<'a> Run<'a> {
    async fn step(&mut self, step: &'a Step) {
        for stage in &step.stages {
            self.stage(step, stage).await;
            if self.halted.is_everything() {
                return;
            }
        }
        if let Some(limit) = step.wait {
            let objects = step.stages.iter().flat_map(|stage| &stage.objects).collect();
            self.look_for_readiness(&Wait { step, place: Which::End, limit }, objects).await;
        }
    }

    /// Inspects the whole stage, then writes the objects of environments without a failure.
    async fn stage(&mut self, step: &Step, stage: &'a Stage) {
        let objects = stage.objects.iter().filter(|planned| !self.halted.stops(planned));
        let state = bounded(objects.map(|planned| self.look(planned).boxed()).collect()).await;
        let mut inspections = Vec::new();
        for (planned, state) in state {
            match state {
                Ok(LiveState::Confirmed { uid, warnings, ready }) => {
                    self.ready.extend(ready.then(|| planned.object.key()));
                    self.report.changes.push(unchanged(planned, uid));
                    self.report.warnings.extend(warnings);
                }
                Ok(LiveState::Inspected(inspected)) => inspections.push((planned, inspected)),
                Err(failed) => self.fail(step, "apply failed", planned, failed),
            }
        }
        let mut pending = Vec::new();
        for (planned, inspected) in inspections {
            self.report.warnings.extend(inspected.warnings.iter().cloned());
            if !self.halted.stops(planned) || matches!(inspected.action, ApplyAction::Nothing(_)) {
                pending.push((planned, inspected));
            }
        }
        let warnings = self.missing_rights(&pending).await;
        self.report.warnings.extend(warnings);
        let written = pending.iter().map(|(planned, inspected)| {
            let written = write(self.target, self.session, &self.plan.owner, planned, inspected);
            async move { (*planned, written.await) }.boxed()
        });
        for (planned, result) in bounded(written.collect()).await {
            match result {
                Ok(change) => self.report.changes.push(change),
                Err(failed) => self.fail(step, "apply failed", planned, failed),
            }
        }
        if stage.gate == StageGate::UntilReady && !self.halted.is_everything() {
            let wait = Wait { step, place: Which::Gate, limit: self.target.options.patience.gate };
            self.look_for_readiness(&wait, stage.objects.iter().collect()).await;
        }
    }

    /// Ends the apply of the environments that need the object.
    pub(crate) fn fail(&mut self, step: &Step, action: &str, planned: &Planned, mut failed: FailedObject) {
        if let Some(name) = &step.name {
            failed.message = format!("step \"{name}\" {action}: {}", failed.message);
        }
        self.report.failed.push(failed);
        self.halted.halt(planned);
    }

    async fn look<'p>(&self, planned: &'p Planned) -> (&'p Planned, Result<LiveState, FailedObject>) {
        if let Some(known) = self.confirmed.get(&planned.object.key()) {
            return (
                planned,
                Ok(LiveState::Confirmed {
                    uid: known.uid.clone(),
                    warnings: known.warnings.clone(),
                    ready: known.ready,
                }),
            );
        }
        let state = match job::remove_failed(self.session, self.plan, planned, self.target.options.patience.gate).await
        {
            Ok(()) => inspect(self.target, self.session, self.plan, planned).await,
            Err(failed) => Err(failed),
        };
        (planned, state.map(|inspected| LiveState::Inspected(Box::new(inspected))))
    }

    /// Checks the right to delete, once for each kind and namespace in which something is created for the first time.
    async fn missing_rights(&self, pending: &[(&Planned, Box<Inspected>)]) -> Vec<String> {
        let mut asked = HashSet::new();
        let mut warnings = Vec::new();
        for (planned, inspected) in
            pending.iter().filter(|(_, inspected)| matches!(inspected.action, ApplyAction::Create))
        {
            let namespace = planned.object.namespace();
            if asked.insert((inspected.kind.collection(namespace), namespace)) {
                warnings.extend(self.session.warn_unless_deletable(&inspected.kind, namespace).await);
            }
        }
        warnings
    }
}

enum LiveState {
    Confirmed { uid: String, warnings: Vec<String>, ready: bool },
    Inspected(Box<Inspected>),
}

fn unchanged(planned: &Planned, uid: String) -> Change {
    Change {
        key: planned.object.key(),
        version: planned.object.gvk().version,
        uid: Some(uid),
        action: Action::Unchanged,
    }
}
