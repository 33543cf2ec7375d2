//! Checks readiness once. An object that is not ready ends the apply of its environment until the next apply.

use crate::kubernetes::apply::Run;
use crate::kubernetes::live::clock::Place;
use crate::kubernetes::live::memory::checksum;
use crate::kubernetes::live::pods;
use crate::kubernetes::live::wait::{ReadinessCheck, is_served, look, now, text};
use orangery_core::readiness::Readiness;
use orangery_core::{Action, FailedObject, InputRef, ObjectKey, Planned, Step, UnreadyObject};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Pause between two checks within the grace period.
const PAUSE: Duration = Duration::from_millis(100);

/// One readiness check of an apply.
pub(crate) struct Wait<'a> {
    /// After which step, or in which step.
    pub(crate) step: &'a Step,
    /// Where in the step.
    pub(crate) place: Which,
    /// When an object that is not ready becomes a failure.
    pub(crate) limit: Duration,
}

/// Where in a step readiness is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    /// Between two stages: definitions, namespaces and classes, which become ready quickly.
    Gate,
    /// Before what names a source of the step.
    Source,
    /// After the step.
    End,
}

impl Which {
    /// How long one apply checks again, so that objects that become ready quickly do not cost another apply. An edit, a suspension
    /// or a deletion that comes meanwhile waits for the apply, and must be carried out within a second.
    fn grace(self) -> Duration {
        match self {
            Self::Gate => Duration::from_millis(700),
            Self::Source | Self::End => Duration::ZERO,
        }
    }

    fn action(self) -> &'static str {
        match self {
            Self::Gate => "apply failed",
            Self::Source | Self::End => "health check failed",
        }
    }
}

impl<'a> Run<'a> {
    /// Checks what was applied: each environment on its own, and shared objects on their own.
    pub(crate) async fn look_for_readiness(&mut self, wait: &Wait<'_>, objects: Vec<&'a Planned>) {
        let mut unready = self.unready(wait.place, objects).await;
        let begun = Instant::now();
        while !unready.is_empty() && begun.elapsed() + PAUSE < wait.place.grace() {
            tokio::time::sleep(PAUSE).await;
            unready = self.unready(wait.place, unready.into_iter().map(|look| look.planned).collect()).await;
        }
        let mut groups: BTreeMap<Vec<&InputRef>, Vec<ReadinessCheck<'a>>> = BTreeMap::new();
        for look in unready {
            groups.entry(look.planned.environments().collect()).or_default().push(look);
        }
        for looks in groups.into_values() {
            self.judge(wait, &looks).await;
        }
    }

    /// The objects that are not ready, of environments that go on. An object that was ready and has not changed is not read again.
    async fn unready(&mut self, place: Which, objects: Vec<&'a Planned>) -> Vec<ReadinessCheck<'a>> {
        let ask = objects
            .into_iter()
            .map(|planned| (planned, planned.object.key()))
            .filter(|(planned, key)| {
                !self.halted.stops(planned) && !self.ready.contains(key) && !self.left_out.contains(key)
            })
            .map(|(planned, _)| planned);
        let ask: Vec<&'a Planned> = ask.collect();
        let mut unready = Vec::new();
        for look in look(self.session, ask).await {
            if !look.readiness.is_current() {
                unready.push(look);
            } else if place == Which::Gate && !is_served(self.session, &look.planned.object).await {
                unready.push(look.because("its kind is not served yet"));
            } else {
                let key = look.planned.object.key();
                if let Some(version) = &look.version {
                    self.target.memory.ready_at(&self.plan.owner, &key, version);
                }
                self.ready.insert(key);
            }
        }
        unready
    }

    /// Whether this apply found the object unchanged.
    fn is_unchanged(&self, key: &ObjectKey) -> bool {
        let mut changes = self.report.changes.iter();
        changes.any(|change| change.key == *key && change.action == Action::Unchanged)
    }

    /// What is not ready of one environment: a failure if one of it has failed or time is up.
    async fn judge(&mut self, wait: &Wait<'_>, looks: &[ReadinessCheck<'a>]) {
        let Some(first) = looks.first() else { return };
        for look in looks {
            let (key, version) = (look.planned.object.key(), look.version.clone());
            // At once: it may change while the rest is applied.
            self.target.memory.awaits_also(&self.plan.owner, key.clone(), version.clone());
            self.awaited.insert(key, version);
        }
        let stalled = looks.iter().filter(|look| matches!(look.readiness, Readiness::Failed(_)));
        if let Some(one) = stalled.clone().next() {
            let message = text("failed early due to stalled resources", stalled.clone());
            let planned = stalled.map(|look| look.planned).collect();
            let message = pods::explained(self.session, message, planned).await;
            self.fail(
                wait.step,
                wait.place.action(),
                one.planned,
                FailedObject::new(one.planned.object.key(), message),
            );
            return;
        }
        let (set, at) = (&self.plan.owner.name, now());
        let mut since = at;
        for look in looks {
            let step = wait.step.name.as_deref().unwrap_or_default();
            let place: Place = (format!("{step}/{:?}", wait.place), look.planned.object.key());
            let before = look.since.filter(|_| self.is_unchanged(&place.1));
            let began = self.target.clock.began(set, &place, &checksum(&look.planned.object).to_string(), at, before);
            since = since.min(began.at);
            self.waits.insert(place, began);
        }
        let until = since + wait.limit;
        if at >= until {
            let message = text("timeout waiting for", looks.iter());
            let planned = looks.iter().map(|look| look.planned).collect();
            let message = pods::explained(self.session, message, planned).await;
            let failed = FailedObject::new(first.planned.object.key(), message);
            self.fail(wait.step, wait.place.action(), first.planned, failed);
            return;
        }
        for look in looks {
            let (key, status) = (look.planned.object.key(), look.readiness.as_str().to_owned());
            let message = look.reason().to_owned();
            self.report.waiting.push(UnreadyObject { key: key.clone(), status, message, since, until });
            match wait.place {
                // Others of its environment do not need it.
                Which::Source => drop(self.held.sources.insert(key, look.planned)),
                Which::Gate | Which::End => self.halted.halt(look.planned),
            }
        }
    }
}
