//! The order of an apply: steps, stages, gates.
//!
//! # Guarantees
//! What fails ends the apply of its environment, and of no other. An object that no single input gave ends all of it.

use super::KubernetesTarget;
use super::bounded::bounded;
use super::connection::Session;
use super::inspect::{Deed, Inspected, failed, inspect};
use super::job;
use super::memory::Confirmed;
use super::wait::{Waited, wait};
use super::write::write;
use futures::FutureExt;
use futures::future::join_all;
use orangery_core::{
    Action, ApplyReport, Change, Failed, Halted, InputRef, ObjectKey, Plan, Planned, Stage, StageGate, Step,
};
use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

/// Applies a plan.
pub(super) async fn apply(target: &KubernetesTarget, plan: &Plan) -> ApplyReport {
    let session = match target.session(&plan.owner) {
        Ok(session) => session,
        Err(refusal) => {
            let message = format!("cannot connect to the API server: {refusal}");
            return ApplyReport { failed: vec![Failed::of_the_whole(message)], ..ApplyReport::default() };
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
    };
    for step in &plan.steps {
        run.step(step).await;
        if run.halted.is_everything() {
            break;
        }
    }
    let mut report = run.report;
    watch(target, &session, plan, &report).await;
    let mut seen = HashSet::new();
    report.warnings.retain(|warning| seen.insert(warning.clone()));
    report.requests = session.requests();
    report
}

/// From now on somebody looks after what is there.
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

/// One apply.
struct Run<'a> {
    target: &'a KubernetesTarget,
    session: &'a Session,
    plan: &'a Plan,
    confirmed: &'a Confirmed,
    /// What is left out of the rest.
    halted: Halted,
    report: ApplyReport,
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
            self.until_ready(step, "health check failed", objects, limit).await;
        }
    }

    /// Inspects the whole stage, and writes what belongs to environments in which nothing was found wrong.
    async fn stage(&mut self, step: &Step, stage: &'a Stage) {
        let objects = stage.objects.iter().filter(|planned| !self.halted.stops(planned));
        let looked = bounded(objects.map(|planned| self.look(planned).boxed()).collect()).await;
        let mut inspections = Vec::new();
        for (planned, looked) in looked {
            match looked {
                Ok(Looked::Confirmed { uid, warnings }) => {
                    self.report.changes.push(unchanged(planned, uid));
                    self.report.warnings.extend(warnings);
                }
                Ok(Looked::Inspected(inspected)) => inspections.push((planned, inspected)),
                Err(failed) => self.fail(step, "apply failed", planned, failed),
            }
        }
        let mut pending = Vec::new();
        for (planned, inspected) in inspections {
            self.report.warnings.extend(inspected.warnings.iter().cloned());
            if !self.halted.stops(planned) || matches!(inspected.deed, Deed::Nothing(_)) {
                pending.push((planned, inspected));
            }
        }
        let warnings = self.missing_rights(&pending).await;
        self.report.warnings.extend(warnings);
        let wrote = !pending.iter().all(|(_, inspected)| matches!(inspected.deed, Deed::Nothing(_)));
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
        // What was ready before and has not been touched needs no second look.
        if stage.gate == StageGate::UntilReady && wrote && !self.halted.is_everything() {
            self.gate(step, stage).await;
        }
    }

    /// Ends the apply of whatever needs the object.
    fn fail(&mut self, step: &Step, deed: &str, planned: &Planned, mut failed: Failed) {
        if let Some(name) = &step.name {
            failed.message = format!("step \"{name}\" {deed}: {}", failed.message);
        }
        self.report.failed.push(failed);
        self.halted.halt(planned);
    }

    /// Waits for each environment on its own. An object that nobody goes on with is not waited for.
    async fn until_ready(&mut self, step: &Step, deed: &str, objects: Vec<&'a Planned>, limit: Duration) {
        let mut groups: BTreeMap<Vec<&InputRef>, Vec<&'a Planned>> = BTreeMap::new();
        for planned in objects.into_iter().filter(|planned| !self.halted.stops(planned)) {
            groups.entry(planned.environments().collect()).or_default().push(planned);
        }
        let session = self.session;
        let waits = groups.into_values().map(|objects| async move {
            let waited = wait(session, &objects, limit).await;
            (objects, waited)
        });
        for (objects, waited) in join_all(waits).await {
            if let Waited::Not { key, message } = waited
                && let Some(planned) = objects.into_iter().find(|planned| planned.object.key() == key)
            {
                self.fail(step, deed, planned, Failed::new(key, message));
            }
        }
    }

    async fn look<'p>(&self, planned: &'p Planned) -> (&'p Planned, Result<Looked, Failed>) {
        if let Some(known) = self.confirmed.get(&planned.object.key()) {
            return (planned, Ok(Looked::Confirmed { uid: known.uid.clone(), warnings: known.warnings.clone() }));
        }
        let looked = match job::remove_failed(self.session, self.plan, planned, self.target.options.patience.gate).await
        {
            Ok(()) => inspect(self.target, self.session, self.plan, planned).await,
            Err(failed) => Err(failed),
        };
        (planned, looked.map(|inspected| Looked::Inspected(Box::new(inspected))))
    }

    /// Asked once for each kind and namespace in which something is created for the first time.
    async fn missing_rights(&self, pending: &[(&Planned, Box<Inspected>)]) -> Vec<String> {
        let mut asked = HashSet::new();
        let mut warnings = Vec::new();
        for (planned, inspected) in pending.iter().filter(|(_, inspected)| matches!(inspected.deed, Deed::Create)) {
            let namespace = planned.object.namespace();
            if asked.insert((inspected.kind.collection(namespace), namespace)) {
                warnings.extend(self.session.warn_unless_deletable(&inspected.kind, namespace).await);
            }
        }
        warnings
    }

    async fn gate(&mut self, step: &Step, stage: &'a Stage) {
        let limit = self.target.options.patience.gate;
        self.until_ready(step, "apply failed", stage.objects.iter().collect(), limit).await;
        for planned in &stage.objects {
            if self.halted.stops(planned) {
                continue;
            }
            if let Err(message) = super::wait::until_served(self.session, &planned.object, limit).await {
                self.fail(step, "apply failed", planned, failed(planned, message));
            }
        }
    }
}

enum Looked {
    Confirmed { uid: String, warnings: Vec<String> },
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
