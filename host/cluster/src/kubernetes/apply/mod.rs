//! Applies a plan: steps, stages, and what is waited for between them.
//!
//! # Guarantees
//! What fails, or is not ready where the plan waits, ends the apply of its environment, and of no other. An object that no single
//! input gave ends all of it. A frozen object is neither written nor waited for. An apply does not block: the next one checks readiness again.

mod approach;
pub(crate) mod create;
mod direct;
pub(crate) mod inspect;
pub(crate) mod job;
mod known_state;
mod observe;
mod permitted;
pub(crate) mod ready;
mod repair;
mod sources;
pub(crate) mod write;

use crate::kubernetes::client::bounded::bounded;
use crate::kubernetes::client::connection::Session;
use crate::kubernetes::live::clock::{Began, Place};
use crate::kubernetes::live::memory::{Follows, Left, checksum};
use crate::kubernetes::live::seen::Seen;
use crate::kubernetes::live::wait::now;
use crate::kubernetes::target::KubernetesTarget;
use approach::{Approach, Known};
use direct::{Written, apply_known, create_new};
use futures::FutureExt;
use inspect::{ApplyAction, Inspected, Undone, inspect};
use known_state::Renderings;
use observe::{Observed, existing};
use orangery_core::{
    Action, ApplyReport, Change, FailedObject, Halted, ObjectKey, Plan, Planned, Stage, StageGate, Step, keys,
};
use ready::{Wait, Which};
use sources::HeldBack;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::Instant;
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
    let mut observed = Observed::default();
    observed.learn(target, &session, plan, plan.objects()).await;
    let renderings = plan.objects().map(|planned| (planned.object.key(), checksum(&planned.object))).collect();
    known_state::recall(target, plan, &renderings, &observed);
    let mut run = Run {
        target,
        session: &session,
        plan,
        observed,
        renderings,
        asked: Asked::Nothing,
        halted: Halted::of(&plan.failed),
        held: HeldBack::default(),
        report: ApplyReport::default(),
        ready: HashSet::new(),
        awaited: HashMap::new(),
        waits: HashMap::new(),
        left_out: HashSet::new(),
        repairs: HashSet::new(),
        granted: None,
    };
    for step in &plan.steps {
        run.step(step).await;
        if run.halted.is_everything() {
            break;
        }
    }
    let Run { mut report, awaited, waits, renderings, asked, .. } = run;
    if asked == Asked::Something {
        report.seal = Some(known_state::seal(target, plan, &renderings));
    }
    target.clock.keep(&plan.owner.name, waits);
    target.memory.awaits(&plan.owner, awaited);
    report.contested = target.memory.fights.contested(&plan.owner.name, now());
    // The last step is waited for only where the whole set is.
    let waits = plan.steps.last().is_some_and(|step| step.wait.is_some());
    target.memory.follow(&plan.owner, if waits { Follows::Yes } else { Follows::No });
    let mut seen = HashSet::new();
    report.warnings.retain(|warning| seen.insert(warning.clone()));
    report.requests = session.requests();
    report
}

/// The state of one apply.
pub(crate) struct Run<'a> {
    pub(crate) target: &'a KubernetesTarget,
    pub(crate) session: &'a Session,
    pub(crate) plan: &'a Plan,
    observed: Observed,
    renderings: Renderings,
    asked: Asked,
    /// The environments whose apply has ended.
    pub(crate) halted: Halted,
    /// What waits for sources in the present step.
    pub(crate) held: HeldBack<'a>,
    pub(crate) report: ApplyReport,
    /// Objects that are known to be ready.
    pub(crate) ready: HashSet<ObjectKey>,
    /// Objects that are not ready, with the resource version that was seen.
    pub(crate) awaited: HashMap<ObjectKey, Option<String>>,
    /// When the wait for an object began.
    pub(crate) waits: HashMap<Place, Began>,
    /// Objects for which a right is missing, or that are being deleted: not applied, and no reason not to apply the others of the step.
    left_out: HashSet<ObjectKey>,
    /// Objects of which the same rendering was applied before: what is changed about them is a repair.
    repairs: HashSet<ObjectKey>,
    /// When an object of the set was applied that may have given rights to the account.
    granted: Option<Instant>,
}

impl<'a> Run<'a> {
    async fn step(&mut self, step: &'a Step) {
        for stage in &step.stages {
            if let Some(limit) = step.wait {
                self.hold_back(step, stage, limit).await;
            }
            self.stage(step, stage).await;
            if self.halted.is_everything() {
                return;
            }
        }
        self.end_left_out(step);
        if let Some(limit) = step.wait {
            let objects = step.stages.iter().flat_map(|stage| &stage.objects);
            let objects = objects.filter(|planned| !self.held.is_settled(&planned.object.key())).collect();
            self.look_for_readiness(&Wait { step, place: Which::End, limit }, objects).await;
        }
        self.end_of_held_back();
    }

    /// Inspects what has to be, then writes the objects of environments without a failure.
    async fn stage(&mut self, step: &Step, stage: &'a Stage) {
        // The kinds of definitions that an earlier stage applied are served only now.
        self.observed.learn(self.target, self.session, self.plan, stage.objects.iter()).await;
        let mut sorted = self.sorted(stage).await;
        self.take_denied(step, &mut sorted).await;
        for (planned, left) in std::mem::take(&mut sorted.unchanged) {
            self.report.changes.push(unchanged(planned, &left));
            self.report.warnings.extend(left.warnings);
        }
        for (planned, left) in std::mem::take(&mut sorted.left_alone) {
            self.find_out_who_changes(planned).await;
            self.report.changes.push(unchanged(planned, &left));
        }
        let looks = sorted.inspect.iter().map(|planned| self.look(planned).boxed());
        let mut work = Vec::new();
        for (planned, state) in bounded(looks.collect()).await {
            match state {
                Ok(inspected) => {
                    self.report.warnings.extend(inspected.warnings.iter().cloned());
                    work.push((planned, Work::Inspected(inspected)));
                }
                Err(undone) => self.leave_undone(step, stage.gate, planned, undone),
            }
        }
        work.extend(sorted.known.into_iter().map(|(planned, seen)| (planned, Work::Known(seen))));
        work.extend(sorted.new.into_iter().map(|planned| (planned, Work::New)));
        if !work.is_empty() {
            self.asked = Asked::Something;
        }
        work.retain(|(planned, work)| !self.halted.stops(planned) || work.changes_nothing());
        self.take_denied_work(step, &mut work).await;
        let warnings = self.undeletable(&work).await;
        self.report.warnings.extend(warnings);
        let written = work.iter().map(|(planned, work)| {
            let planned: &'a Planned = planned;
            let written = self.write(planned, work);
            async move { (planned, written.await) }.boxed()
        });
        for (planned, result) in bounded(written.collect()).await {
            match result {
                Ok((change, warnings)) => {
                    self.note_repair(&change);
                    if change.action == Action::Frozen {
                        self.ready.insert(change.key.clone());
                    }
                    self.report.changes.push(change);
                    self.report.warnings.extend(warnings);
                }
                Err(undone) => self.leave_undone(step, stage.gate, planned, undone),
            }
        }
        if stage.gate == StageGate::UntilReady && !self.halted.is_everything() {
            let wait = Wait { step, place: Which::Gate, limit: self.target.options.patience.gate };
            self.look_for_readiness(&wait, stage.objects.iter().collect()).await;
        }
        self.note_granted_rights(stage);
    }

    /// The objects of a stage by how they are applied.
    async fn sorted(&mut self, stage: &'a Stage) -> Sorted<'a> {
        let mut sorted = Sorted::default();
        for planned in stage.objects.iter().filter(|planned| !self.halted.stops(planned)) {
            let key = planned.object.key();
            if self.held.holds(&key) {
                continue;
            }
            let sighting = self.observed.of(&planned.object);
            let (set, memory) = (&self.plan.owner.name, &self.target.memory);
            let rendered = self.renderings.get(&key).copied().unwrap_or_default();
            let left = memory.left(set, &key);
            let is_drift = left.as_ref().is_some_and(|left| left.rendered == rendered);
            let known = Known {
                owner: &self.plan.owner,
                entry: self.plan.ledger.get(&key),
                left,
                rendered,
                verify_every: self.target.options.patience.verify_every,
                left_alone: memory.fights.is_left_alone(set, &key, rendered, now()),
            };
            if is_drift && planned.object.annotation(keys::RECREATE_ON_FAILURE).is_none() {
                self.repairs.insert(key.clone());
            }
            let now = sighting.seen().cloned();
            match known.approach(planned, sighting) {
                Approach::Frozen(seen) => {
                    self.ready.insert(key.clone());
                    self.report.changes.push(frozen(planned, Some(seen.uid.clone())));
                    self.target.memory.keep(&self.plan.owner, key, Left::frozen(*seen));
                }
                Approach::Unchanged(left) => {
                    // The watch may not have shown yet what was read.
                    let is_ready = left.ready.as_deref().zip(now).is_some_and(|(ready, now)| !now.is_later_than(ready));
                    self.ready.extend(is_ready.then_some(key));
                    sorted.unchanged.push((planned, *left));
                }
                Approach::LeftAlone(left) => sorted.left_alone.push((planned, *left)),
                Approach::Apply(seen) => sorted.known.push((planned, *seen)),
                Approach::Create => sorted.new.push(planned),
                Approach::Inspect => sorted.inspect.push(planned),
            }
        }
        // Nothing of an environment is written while something of it exists that nobody owns. A single object needs no list for that.
        if sorted.new.len() > 1 {
            self.take_existing(&mut sorted).await;
        }
        sorted
    }

    /// Moves the objects that exist from the new ones to those that are inspected.
    async fn take_existing(&self, sorted: &mut Sorted<'a>) {
        let mut kinds: BTreeMap<String, (&Planned, Vec<ObjectKey>)> = BTreeMap::new();
        for planned in &sorted.new {
            let Some(kind) = self.observed.kind(&planned.object.gvk()) else { continue };
            kinds.entry(kind.collection("")).or_insert_with(|| (planned, Vec::new())).1.push(planned.object.key());
        }
        let lists = kinds.into_iter().filter_map(|(collection, (planned, keys))| {
            let kind = self.observed.kind(&planned.object.gvk())?;
            Some(async move { (collection, existing(self.session, kind, &keys).await) }.boxed())
        });
        let existing: HashMap<_, _> = bounded(lists.collect()).await.into_iter().collect();
        let exists = |planned: &&'a Planned| {
            let key = planned.object.key();
            let kind = self.observed.kind(&planned.object.gvk());
            let names = kind.and_then(|kind| existing.get(&kind.collection("")));
            names.is_some_and(|names| names.contains(&(key.namespace, key.name)))
        };
        let (found, new) = std::mem::take(&mut sorted.new).into_iter().partition(exists);
        sorted.new = new;
        sorted.inspect.extend::<Vec<&Planned>>(found);
    }

    async fn write(&self, planned: &'a Planned, work: &Work) -> Written {
        let (target, session, plan) = (self.target, self.session, self.plan);
        match (work, self.observed.kind(&planned.object.gvk())) {
            (Work::Inspected(inspected), _) => {
                let change = write(target, session, &plan.owner, planned, inspected).await?;
                Ok((change, Vec::new()))
            }
            (Work::Known(seen), Some(kind)) => apply_known(target, session, plan, planned, kind, seen).await,
            (Work::New, Some(kind)) => create_new(target, session, plan, planned, kind).await,
            (Work::Known(_) | Work::New, None) => direct::inspect_and_write(target, session, plan, planned).await,
        }
    }

    /// Reports an object that was not applied.
    fn leave_undone(&mut self, step: &Step, gate: StageGate, planned: &Planned, undone: Undone) {
        match undone {
            Undone::Failed(failed) => self.fail(step, "apply failed", planned, failed),
            Undone::Terminating(terminating) => {
                let key = planned.object.key();
                self.target.memory.ends(&self.plan.owner, [], &BTreeSet::from([&key]));
                self.left_out.insert(key);
                self.report.terminating.push(terminating);
                // What needs a definition or a namespace cannot be applied before it is there again.
                if gate == StageGate::UntilReady {
                    self.halted.halt(planned);
                }
            }
        }
    }

    /// Ends the apply of the environments that need the object.
    pub(crate) fn fail(&mut self, step: &Step, action: &str, planned: &Planned, mut failed: FailedObject) {
        failed.message = of_step(step, action, failed.message);
        if failed.denied {
            self.session.connection.rights.forget();
        }
        self.report.failed.push(failed);
        self.halted.halt(planned);
    }

    async fn look<'p>(&self, planned: &'p Planned) -> (&'p Planned, Result<Box<Inspected>, Undone>) {
        let state = match job::remove_failed(self.target, self.session, self.plan, planned).await {
            Ok(()) => inspect(self.target, self.session, self.plan, planned).await,
            Err(undone) => Err(undone),
        };
        (planned, state.map(Box::new))
    }
}

/// A message about an object of a step, which is named if it has a name.
fn of_step(step: &Step, action: &str, message: String) -> String {
    match &step.name {
        Some(name) => format!("step \"{name}\" {action}: {message}"),
        None => message,
    }
}

/// Whether an apply had to ask or write anything about an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Nothing,
    Something,
}

/// The objects of a stage by how they are applied.
#[derive(Default)]
struct Sorted<'a> {
    unchanged: Vec<(&'a Planned, Left)>,
    left_alone: Vec<(&'a Planned, Left)>,
    known: Vec<(&'a Planned, Seen)>,
    new: Vec<&'a Planned>,
    inspect: Vec<&'a Planned>,
}

/// What is left to do about an object.
enum Work {
    Inspected(Box<Inspected>),
    Known(Seen),
    New,
}

impl Work {
    fn changes_nothing(&self) -> bool {
        matches!(self, Self::Inspected(inspected) if matches!(inspected.action, ApplyAction::Nothing(_) | ApplyAction::Frozen(_)))
    }
}

fn unchanged(planned: &Planned, left: &Left) -> Change {
    untouched(planned, Some(left.seen.uid.clone()), Action::Unchanged)
}

fn frozen(planned: &Planned, uid: Option<String>) -> Change {
    untouched(planned, uid, Action::Frozen)
}

fn untouched(planned: &Planned, uid: Option<String>, action: Action) -> Change {
    Change { key: planned.object.key(), version: planned.object.gvk().version, uid, action }
}
