//! The order of an apply: steps, stages, gates.

use super::KubernetesTarget;
use super::bounded::bounded;
use super::connection::Session;
use super::inspect::{Deed, Inspected, failed, inspect};
use super::job;
use super::memory::Confirmed;
use super::wait::{Waited, wait};
use super::write::write;
use futures::FutureExt;
use orangery_core::{Action, ApplyReport, Change, Failed, ObjectKey, Plan, Planned, Stage, StageGate, Step};
use std::collections::HashSet;

/// Applies a plan.
pub(super) async fn apply(target: &KubernetesTarget, plan: &Plan) -> ApplyReport {
    let mut report = ApplyReport::default();
    let session = match target.session(&plan.owner) {
        Ok(session) => session,
        Err(refusal) => {
            let first = plan.objects().next();
            report
                .failed
                .extend(first.map(|planned| failed(planned, format!("cannot connect to the API server: {refusal}"))));
            return report;
        }
    };
    let confirmed = target.memory.confirm(&session, plan, target.options.patience.recheck).await;
    let run = Run { target, session: &session, plan, confirmed: &confirmed };
    for step in &plan.steps {
        run.step(step, &mut report).await;
        if !report.is_complete() {
            break;
        }
    }
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
}

impl Run<'_> {
    async fn step(&self, step: &Step, report: &mut ApplyReport) {
        let before = report.failed.len();
        let mut said = "apply failed: ";
        for stage in &step.stages {
            self.stage(stage, report).await;
            if report.failed.len() > before {
                break;
            }
        }
        if let Some(limit) = step.wait.filter(|_| report.failed.len() == before) {
            let objects: Vec<&Planned> = step.stages.iter().flat_map(|stage| &stage.objects).collect();
            said = "health check failed: ";
            if let Waited::Not { key, message } = wait(self.session, &objects, limit).await {
                report.failed.push(Failed::new(key, message));
            }
        }
        if let Some(name) = &step.name {
            for failed in report.failed.iter_mut().skip(before) {
                failed.message = format!("step \"{name}\" {said}{}", failed.message);
            }
        }
    }

    /// Inspects the whole stage, and writes only if nothing was found wrong.
    async fn stage(&self, stage: &Stage, report: &mut ApplyReport) {
        let looked = bounded(stage.objects.iter().map(|planned| self.look(planned).boxed()).collect()).await;
        let sound = looked.iter().all(|(_, looked)| looked.is_ok());
        let mut pending = Vec::new();
        for (planned, looked) in looked {
            match looked {
                Ok(Looked::Confirmed { uid, warnings }) => {
                    report.changes.push(unchanged(planned, uid));
                    report.warnings.extend(warnings);
                }
                Ok(Looked::Inspected(inspected)) => {
                    report.warnings.extend(inspected.warnings.iter().cloned());
                    if sound || matches!(inspected.deed, Deed::Nothing(_)) {
                        pending.push((planned, inspected));
                    }
                }
                Err(failed) => report.failed.push(failed),
            }
        }
        if sound {
            report.warnings.extend(self.missing_rights(&pending).await);
        }
        let wrote = !pending.iter().all(|(_, inspected)| matches!(inspected.deed, Deed::Nothing(_)));
        let written = pending
            .iter()
            .map(|(planned, inspected)| write(self.target, self.session, &self.plan.owner, planned, inspected).boxed());
        for result in bounded(written.collect()).await {
            match result {
                Ok(change) => report.changes.push(change),
                Err(failed) => report.failed.push(failed),
            }
        }
        // What was ready before and has not been touched needs no second look.
        if report.failed.is_empty() && stage.gate == StageGate::UntilReady && wrote {
            self.gate(stage, report).await;
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

    async fn gate(&self, stage: &Stage, report: &mut ApplyReport) {
        let objects: Vec<&Planned> = stage.objects.iter().collect();
        let limit = self.target.options.patience.gate;
        if let Waited::Not { key, message } = wait(self.session, &objects, limit).await {
            report.failed.push(Failed::new(key, message));
            return;
        }
        for planned in objects {
            if let Err(message) = super::wait::until_served(self.session, &planned.object, limit).await {
                report.failed.push(failed(planned, message));
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
