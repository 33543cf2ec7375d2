//! One pass over all manifests: polls the providers that are due, then reconciles each set.

use super::conditions::{concluded, describe, is_ready, message, resource};
use super::overlay::Overlay;
use super::rows::{Pass, ProviderRow, SetRow};
use super::saved_state::{DirectoryLedgers, SavedProvider, SavedSet, SavedStateError, document};
use crate::pipeline::Pipeline;
use crate::pipeline::converge::adoption::Consent;
use crate::pipeline::progress::{LastResult, Progress};
use crate::pipeline::provider::poll::{Poller, Readers};
use crate::pipeline::provider::{self, ProviderReport, Trigger};
use crate::pipeline::secrets::InMemorySecrets;
use crate::pipeline::set::gather::KnownProvider;
use crate::pipeline::set::{self, SetReport, SetRun, changes, teardown};
use futures::stream::{self, StreamExt};
use orangery_cluster::DirectoryTarget;
use orangery_core::combine::{PROVIDER_KIND, SET_KIND};
use orangery_core::conditions::{Conditions, Outcome};
use orangery_core::spec::{ProviderSpec, SetSpec};
use orangery_core::{NamespacedName, Object, ObjectKey, Owner, Reason, Snapshot, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// Providers polled at once.
const POLLS: usize = 8;

/// The parsed manifests.
#[derive(Default)]
pub struct Manifests {
    /// The sets of the directory.
    pub sets: Vec<SetSpec>,
    /// The providers of the directory.
    pub providers: Vec<ProviderSpec>,
    /// The Secrets of the directory.
    pub secrets: InMemorySecrets,
}

/// Everything that local mode works with.
pub struct Local {
    /// Polls the providers of a pass.
    pub poller: Poller,
    /// Reconciles the sets of a pass.
    pub pipeline: Pipeline,
    /// Where objects go.
    pub target: DirectoryTarget,
    /// Whether sets whose manifests are gone are deleted with their objects.
    pub remove_missing_sets: bool,
}

impl Local {
    /// Polls the providers that are due, and reconciles every set.
    ///
    /// # Errors
    /// Saved state cannot be read or written; nothing that depends on it was changed.
    pub async fn pass(
        &self,
        manifests: &Manifests,
        due: &BTreeSet<NamespacedName>,
        now: Timestamp,
    ) -> Result<Pass, SavedStateError> {
        let mut pass = Pass::default();
        let mut saved = BTreeMap::new();
        for provider in &manifests.providers {
            saved.insert(provider.name.clone(), self.remembered(&provider.name)?);
        }
        let polls = manifests.providers.iter().filter(|provider| due.contains(&provider.name)).map(|provider| {
            let last = saved.get(&provider.name).map(SavedProvider::snapshot).unwrap_or_else(Snapshot::never);
            async move { (provider, self.poll(provider, &manifests.secrets, &last, now).await) }
        });
        let polled: Vec<(&ProviderSpec, Option<ProviderReport>)> =
            stream::iter(polls).buffer_unordered(POLLS).collect().await;
        for (provider, report) in polled {
            let Some(report) = report else {
                pass.notices.push(format!("{PROVIDER_KIND}/{} is suspended; its last inputs stay", provider.name));
                continue;
            };
            let saved_state = saved.entry(provider.name.clone()).or_default();
            pass.providers.push(self.keep(provider, saved_state, report, now)?);
        }
        pass.providers.sort_by(|a, b| a.name.cmp(&b.name));
        self.reconcile_sets(manifests, &saved, now, &mut pass).await?;
        self.missing_sets(manifests, &mut pass).await?;
        Ok(pass)
    }

    fn remembered(&self, provider: &NamespacedName) -> Result<SavedProvider, SavedStateError> {
        Ok(self.target.state().load(&document("provider", provider))?.unwrap_or_default())
    }

    async fn poll(
        &self,
        spec: &ProviderSpec,
        secrets: &InMemorySecrets,
        last: &Snapshot,
        now: Timestamp,
    ) -> Option<ProviderReport> {
        if spec.cadence().suspended {
            return None;
        }
        Some(
            provider::reconcile(&self.poller, spec, Readers::without_cluster(secrets), last, Trigger::Clock, now).await,
        )
    }

    fn keep(
        &self,
        spec: &ProviderSpec,
        saved_state: &mut SavedProvider,
        report: ProviderReport,
        now: Timestamp,
    ) -> Result<ProviderRow, SavedStateError> {
        let before = Conditions::new(std::mem::take(&mut saved_state.conditions));
        let conditions = concluded(&before, &report.conclusion.outcome, report.conclusion.abnormal.as_deref(), now);
        let next = SavedProvider::of(&report.snapshot, conditions);
        self.target.state().store(&document("provider", &spec.name), &next)?;
        let row = ProviderRow {
            name: spec.name.clone(),
            provider_type: spec.provider_type.clone(),
            inputs: report.snapshot.inputs().len(),
            ready: is_ready(&next.conditions),
            message: message(&next.conditions),
            requeue: report.conclusion.requeue,
            requests: report.requests,
        };
        *saved_state = next;
        Ok(row)
    }

    async fn reconcile_sets(
        &self,
        manifests: &Manifests,
        saved: &BTreeMap<NamespacedName, SavedProvider>,
        now: Timestamp,
        pass: &mut Pass,
    ) -> Result<(), SavedStateError> {
        let providers: Vec<KnownProvider> = manifests
            .providers
            .iter()
            .map(|spec| KnownProvider {
                name: spec.name.clone(),
                labels: spec.labels.clone(),
                snapshot: saved.get(&spec.name).map_or_else(Snapshot::never, SavedProvider::snapshot),
                answered: (!spec.provider_type.is_static()).then(|| spec.default_values.clone()),
            })
            .collect();
        // A set may depend on another: those that wait are tried again as long as others make progress.
        let mut waiting: Vec<&SetSpec> = manifests.sets.iter().collect();
        loop {
            let mut still = Vec::new();
            let before = waiting.len();
            let mut rows = Vec::new();
            for set in waiting {
                let (row, waits) = self.reconcile_set(set, manifests, saved, &providers, now).await?;
                if waits {
                    still.push(set);
                    rows.push(row);
                } else {
                    pass.sets.push(row);
                }
            }
            if still.is_empty() || still.len() == before {
                pass.sets.append(&mut rows);
                break;
            }
            waiting = still;
        }
        pass.sets.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(())
    }

    async fn reconcile_set(
        &self,
        spec: &SetSpec,
        manifests: &Manifests,
        saved: &BTreeMap<NamespacedName, SavedProvider>,
        providers: &[KnownProvider],
        now: Timestamp,
    ) -> Result<(SetRow, bool), SavedStateError> {
        let saved_state: SavedSet = self.target.state().load(&document("set", &spec.name))?.unwrap_or_default();
        let ledger = saved_state.ledger(&spec.name)?;
        if spec.cadence().suspended {
            let message = "suspended; its objects stay as they are".to_owned();
            let row = SetRow {
                name: spec.name.clone(),
                objects: ledger.len(),
                ready: true,
                message,
                changes: vec![],
                held: 0,
                environments: vec![],
            };
            return Ok((row, false));
        }
        let target = Overlay { target: &self.target, resources: self.resources(manifests, saved)? };
        let ledger_store = DirectoryLedgers(self.target.state());
        let run = SetRun {
            set: spec,
            owner: spec.owner(None),
            providers: providers.to_vec(),
            ledger: &ledger,
            target: &target,
            ledger_store: &ledger_store,
            last: LastResult::default(),
            progress: &Progress::default(),
            now,
        };
        let report = set::reconcile(&self.pipeline, run).await;
        let waits = matches!(&report.conclusion.outcome, Outcome::Failed { reason: Reason::DependencyNotReady, .. });
        Ok((self.publish(spec, report, now)?, waits))
    }

    fn publish(&self, spec: &SetSpec, report: SetReport, now: Timestamp) -> Result<SetRow, SavedStateError> {
        let document = document("set", &spec.name);
        // Read again: the ledger was written on the way.
        let mut saved_state: SavedSet = self.target.state().load(&document)?.unwrap_or_default();
        saved_state.name = Some(spec.name.clone());
        let before = Conditions::new(std::mem::take(&mut saved_state.conditions));
        saved_state.conditions =
            concluded(&before, &report.conclusion.outcome, report.conclusion.abnormal.as_deref(), now).into_vec();
        let converged = report.converged.as_ref();
        if report.is_ready()
            && let Some(converged) = converged
        {
            saved_state.last_applied_revision.clone_from(&converged.revision);
        }
        self.target.state().store(&document, &saved_state)?;
        Ok(SetRow {
            name: spec.name.clone(),
            objects: saved_state.inventory.len(),
            ready: is_ready(&saved_state.conditions),
            message: message(&saved_state.conditions),
            changes: converged.map(changes::changes).unwrap_or_default(),
            held: converged.map_or(0, |converged| converged.holds().map(|hold| hold.objects.len()).sum()),
            environments: report.environments,
        })
    }

    /// The custom resources of the manifests with their conditions, for `dependsOn`.
    fn resources(
        &self,
        manifests: &Manifests,
        saved: &BTreeMap<NamespacedName, SavedProvider>,
    ) -> Result<BTreeMap<ObjectKey, Object>, SavedStateError> {
        let mut resources = BTreeMap::new();
        for provider in &manifests.providers {
            let conditions =
                saved.get(&provider.name).map(|saved_state| saved_state.conditions.clone()).unwrap_or_default();
            resources.extend(resource(PROVIDER_KIND, &provider.name, &conditions));
        }
        for set in &manifests.sets {
            let saved_state: SavedSet = self.target.state().load(&document("set", &set.name))?.unwrap_or_default();
            resources.extend(resource(SET_KIND, &set.name, &saved_state.conditions));
        }
        Ok(resources)
    }

    /// Handles sets that own objects and have no manifest any more.
    async fn missing_sets(&self, manifests: &Manifests, pass: &mut Pass) -> Result<(), SavedStateError> {
        for document in self.target.state().list("set.")? {
            let saved_state: SavedSet = self.target.state().load(&document)?.unwrap_or_default();
            let Some(name) = saved_state.name.clone() else { continue };
            if manifests.sets.iter().any(|set| set.name == name) {
                continue;
            }
            let ledger = saved_state.ledger(&name)?;
            if !self.remove_missing_sets && !ledger.is_empty() {
                pass.notices.push(format!(
                    "{SET_KIND}/{name} owns {} objects, but none of the manifests given has it; they stay. To delete them: --remove-missing-sets",
                    ledger.len()
                ));
                continue;
            }
            let owner = Owner { name: name.clone(), service_account: None, force: false };
            let left = teardown::tear_down(
                &owner,
                &ledger,
                &self.target,
                &DirectoryLedgers(self.target.state()),
                Consent::default(),
                // Files are gone at once.
                Timestamp::default(),
            )
            .await;
            match left {
                Ok(torn_down) if torn_down.unfinished.is_none() => {
                    self.target.state().remove(&document)?;
                    let gone = ledger.len().saturating_sub(torn_down.left.len());
                    pass.notices.push(format!("{SET_KIND}/{name} is deleted with its {gone} objects"));
                    pass.notices.extend(torn_down.message().map(|message| format!("{SET_KIND}/{name}: {message}")));
                }
                Ok(torn_down) => pass.notices.extend(
                    torn_down
                        .unfinished
                        .map(|conclusion| format!("{SET_KIND}/{name}: {}", describe(&conclusion.outcome))),
                ),
                Err(error) => pass.notices.push(error.to_string()),
            }
        }
        Ok(())
    }
}
