//! A target that changes nothing: it finds out what an apply and a prune would do.
//!
//! # Guarantees
//! It only reads and sends dry runs. An object is inspected as the real apply inspects it, and the fields that would change are those in
//! which the answer of the dry run differs from the live object. Values of Secrets are hidden.
//!
//! # Limits
//! What an object waits for cannot come about in a preview: everything after a wait is shown as if it was over. An object whose namespace
//! or definition would be created first cannot be tried out on the server and counts as created.

mod difference;
mod stale;

pub use difference::FieldChange;

use crate::kubernetes::apply::inspect::{ApplyAction, Inspected, Undone, inspect};
use crate::kubernetes::client::bounded::bounded;
use crate::kubernetes::client::connection::{Mode, Session};
use crate::kubernetes::object::secrecy::explain;
use crate::kubernetes::target::{KubernetesOptions, KubernetesTarget};
use crate::target::{ReadError, Target};
use async_trait::async_trait;
use futures::FutureExt;
use kube::Config;
use orangery_core::{
    Action, ApplyReport, Change, FailedObject, GroupVersionKind, Halted, LedgerEntry, Object, ObjectKey, Owner, Plan,
    Planned, PruneReport, Scopes,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

/// A Kubernetes API server that nothing is written to.
pub struct KubernetesPreview {
    target: KubernetesTarget,
    changed: Mutex<BTreeMap<ObjectKey, Vec<FieldChange>>>,
}

impl KubernetesPreview {
    /// A preview at the server of `config`, with its identity where a set names no service account. The fields of
    /// `override_managers` are taken over.
    #[must_use]
    pub fn new(config: Config, override_managers: Vec<String>) -> Self {
        let options = KubernetesOptions { override_managers, ..KubernetesOptions::default() };
        Self { target: KubernetesTarget::new(config, options), changed: Mutex::default() }
    }

    /// The fields that would change, of every object that exists.
    #[must_use]
    pub fn changed(&self) -> BTreeMap<ObjectKey, Vec<FieldChange>> {
        self.changed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn look(&self, session: &Session, plan: &Plan, new: &New, planned: &Planned) -> Result<Looked, Undone> {
        let key = planned.object.key();
        let change = |action, uid| Change { key: key.clone(), version: planned.object.gvk().version, uid, action };
        if new.namespaces.contains(&key.namespace) || new.kinds.contains(&(key.group.clone(), key.kind.clone())) {
            return Ok(Looked { change: change(Action::Created, None), warnings: Vec::new() });
        }
        let inspected = inspect(&self.target, session, plan, planned).await?;
        let Inspected { kind, body, action, warnings } = inspected;
        let path = kind.path(&key.namespace, &key.name);
        let (action, uid) = match action {
            ApplyAction::Nothing(live) => (Action::Unchanged, live.uid().map(str::to_owned)),
            ApplyAction::Frozen(live) => (Action::Frozen, live.uid().map(str::to_owned)),
            ApplyAction::Create => (Action::Created, None),
            ApplyAction::Configure(uid, _) => {
                self.compare(session, &path, planned, &body, Trial::DryRun).await?;
                (Action::Configured, Some(uid))
            }
            ApplyAction::Recreate(uid) => {
                self.compare(session, &path, planned, &body, Trial::Refused).await?;
                (Action::Recreated, Some(uid))
            }
        };
        Ok(Looked { change: change(action, uid), warnings })
    }

    /// Notes the fields in which the live object differs from what it would be. Where the server refuses to try that out, because a
    /// field is immutable, only fields of the template are compared.
    async fn compare(
        &self,
        session: &Session,
        path: &str,
        planned: &Planned,
        body: &Object,
        trial: Trial,
    ) -> Result<(), FailedObject> {
        let key = planned.object.key();
        let failed =
            |refusal| FailedObject::new(key.clone(), format!("{key} {}: {}", trial.failure(), explain(&refusal, body)));
        let Some(live) = session.get::<Object>(path).await.map_err(failed)? else { return Ok(()) };
        let fields = match trial {
            Trial::DryRun => {
                let desired = session.apply(path, body, Mode::DryRun).await.map_err(failed)?.body;
                difference::between(&live, &desired)
            }
            Trial::Refused => difference::of_template(&live, body),
        };
        self.note(key.clone(), fields);
        Ok(())
    }

    fn note(&self, key: ObjectKey, fields: Vec<FieldChange>) {
        self.changed.lock().unwrap_or_else(PoisonError::into_inner).insert(key, fields);
    }
}

/// Whether the server can try out a change.
#[derive(Debug, Clone, Copy)]
enum Trial {
    DryRun,
    Refused,
}

impl Trial {
    /// What failed, for people.
    fn failure(self) -> &'static str {
        match self {
            Self::DryRun => "dry-run failed",
            Self::Refused => "cannot be read",
        }
    }
}

/// What would happen to one object.
struct Looked {
    change: Change,
    warnings: Vec<String>,
}

/// What a plan creates before other objects of it can exist.
#[derive(Default)]
struct New {
    namespaces: BTreeSet<String>,
    /// Group and kind.
    kinds: BTreeSet<(String, String)>,
}

impl New {
    /// Namespaces and definitions of the plan that do not exist yet. What cannot be read counts as existing: the inspection reports why.
    async fn of(session: &Session, plan: &Plan) -> Self {
        let mut new = Self::default();
        for planned in plan.objects() {
            let key = planned.object.key();
            let named = matches!(
                (key.group.as_str(), key.kind.as_str()),
                ("", "Namespace") | ("apiextensions.k8s.io", "CustomResourceDefinition")
            );
            if !named {
                continue;
            }
            let Ok(Some(kind)) = session.kind(&planned.object.gvk()).await else { continue };
            if !matches!(session.metadata(&kind.path(&key.namespace, &key.name)).await, Ok(None)) {
                continue;
            }
            if key.kind == "Namespace" {
                new.namespaces.insert(key.name);
            } else {
                let text = |pointer: [&str; 2]| {
                    let [first, second] = pointer;
                    let spec = planned.object.0.get("spec")?;
                    let found = if second.is_empty() { spec.get(first)? } else { spec.get(first)?.get(second)? };
                    found.as_str().map(str::to_owned)
                };
                new.kinds.extend(text(["group", ""]).zip(text(["names", "kind"])));
            }
        }
        new
    }
}

#[async_trait]
impl Target for KubernetesPreview {
    async fn apply(&self, plan: &Plan) -> ApplyReport {
        let session = match self.target.session(&plan.owner) {
            Ok(session) => session,
            Err(refusal) => {
                let message = format!("cannot connect to the API server: {refusal}");
                return ApplyReport { failed: vec![FailedObject::of_the_whole(message)], ..ApplyReport::default() };
            }
        };
        let new = New::of(&session, plan).await;
        let halted = Halted::of(&plan.failed);
        let looks = plan.objects().filter(|planned| !halted.stops(planned));
        let looks = looks.map(|planned| self.look(&session, plan, &new, planned).boxed());
        let mut report = ApplyReport::default();
        for looked in bounded(looks.collect()).await {
            match looked {
                Ok(Looked { change, warnings }) => {
                    report.changes.push(change);
                    report.warnings.extend(warnings);
                }
                Err(Undone::Failed(failed)) => report.failed.push(failed),
                Err(Undone::Terminating(terminating)) => report.terminating.push(terminating),
            }
        }
        report.requests = session.requests();
        report
    }

    async fn prune(&self, owner: &Owner, stale: &[LedgerEntry]) -> PruneReport {
        stale::look(&self.target, owner, stale).await
    }

    async fn disown(&self, _: &Owner, _: &[LedgerEntry]) -> PruneReport {
        PruneReport::default()
    }

    async fn scopes(&self, owner: &Owner, kinds: &BTreeSet<GroupVersionKind>) -> Scopes {
        self.target.scopes(owner, kinds).await
    }

    async fn read(&self, owner: &Owner, api_version: &str, key: &ObjectKey) -> Result<Option<Object>, ReadError> {
        self.target.read(owner, api_version, key).await
    }
}
