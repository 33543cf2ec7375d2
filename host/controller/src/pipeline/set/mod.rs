//! One reconciliation of one ResourceSet, the same in a cluster and in a directory:
//!
//! ```text
//! suspended? → dependencies → gather → build → annotations → converge → outcome
//! ```
//!
//! # Guarantees
//! Always ends with a [`SetReport`]; what was done before a failure is in it. Nothing here writes status.

pub mod dependencies;
pub mod expression;
pub mod gather;
pub mod outcome;

use crate::pipeline::Pipeline;
use crate::pipeline::build::copies;
use crate::pipeline::build::{self, Built};
use crate::pipeline::converge::adoption::Consent;
use crate::pipeline::converge::trusted_names::TrustedNames;
use crate::pipeline::converge::{self, ConvergeRequest, Converged, LedgerStore};
use gather::{Gathered, KnownProvider};
use orangery_cluster::Target;
use orangery_core::combine::Strategy;
use orangery_core::conditions::{Abnormal, Outcome};
use orangery_core::desired::OnDuplicate;
use orangery_core::spec::SetSpec;
use orangery_core::{Disposition, Explain, InputRef, Ledger, ObjectKey, Owner, Reason};
use std::collections::BTreeMap;
use std::time::Instant;

/// One set, and the world it finds.
pub struct SetRun<'a> {
    /// The set.
    pub set: &'a SetSpec,
    /// Who applies: the set, with the service account to impersonate.
    pub owner: Owner,
    /// All providers that might be read.
    pub providers: Vec<KnownProvider>,
    /// What the set owns.
    pub ledger: &'a Ledger,
    /// Where it is applied to.
    pub target: &'a dyn Target,
    /// Where the ledger is kept.
    pub ledger_store: &'a dyn LedgerStore,
    /// Milliseconds since 1970.
    pub now: u64,
}

/// What a reconciliation came to.
#[derive(Debug)]
pub struct SetReport {
    /// For the conditions.
    pub outcome: Outcome,
    /// What is odd; `None` leaves the conditions about it as they are.
    pub abnormal: Option<Vec<Abnormal>>,
    /// What was applied and deleted, if it came to that.
    pub converged: Option<Converged>,
    /// What to do next; `None` waits for the interval.
    pub retry: Option<Disposition>,
    /// What it waits for ends at the latest then, whatever else is to be done.
    pub wake: Option<Wake>,
    /// How many inputs there were.
    pub inputs: usize,
    /// The environments: one for each input that could be rendered.
    pub environments: Vec<Environment>,
    /// ConfigMaps and Secrets outside of the set whose content was read (`status.externalChecksumRefs`).
    pub external: Vec<String>,
}

/// When to look again at what is waited for. A watch may say so earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wake {
    /// When the wait began, in milliseconds since 1970.
    pub since: u64,
    /// When it ends as a failure, in milliseconds since 1970; `None` for what ends by itself.
    pub until: Option<u64>,
}

impl SetReport {
    fn failed(error: &impl Explain, prefix: &str) -> Self {
        let message = format!("{prefix}{error}");
        let disposition = error.disposition();
        let outcome = match disposition {
            Disposition::WaitForChange | Disposition::GiveUp => {
                Outcome::Stalled { reason: Reason::BuildFailed, message }
            }
            Disposition::Retry | Disposition::RetryAfter(_) => Outcome::Failed { reason: error.reason(), message },
        };
        Self {
            outcome,
            abnormal: None,
            converged: None,
            retry: Some(disposition),
            wake: None,
            inputs: 0,
            environments: Vec::new(),
            external: Vec::new(),
        }
    }

    /// Whether the set is as it should be.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        matches!(self.outcome, Outcome::Succeeded { .. } | Outcome::Skipped { .. })
    }
}

/// What one input gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// Who the input is, for example `ResourceSetInputProvider/previews id 42`.
    pub label: String,
    /// How many objects it has.
    pub objects: usize,
}

/// Takes one set down the pipeline.
pub async fn reconcile(pipeline: &Pipeline, run: SetRun<'_>) -> SetReport {
    let begun = Instant::now();
    if let Err(error) = dependencies::check(&pipeline.sandbox, run.set, &run.owner, run.target, run.now).await {
        return waiting(&error);
    }
    let gathered = gather::gather(run.set, &run.providers);
    if let Some(report) = cannot_build_yet(run.set, &gathered) {
        return report;
    }
    let on_duplicate = run.set.on_duplicate(OnDuplicate::Warn);
    let sources = gathered.sources.clone();
    let mut built = match build::build(&pipeline.sandbox, run.set, sources, on_duplicate).await {
        Ok(built) => built,
        Err(error) => return SetReport::failed(&error, "build failed: "),
    };
    let external = match copies::resolve(&mut built.desired, &run.owner, run.target).await {
        Ok(external) => external,
        Err(error) => return SetReport::failed(&error, "reconciliation failed: "),
    };
    let inputs = built.count;
    let environments = environments(&built);
    let (guard, remarks) = run.set.guard(pipeline.guard);
    built.notices.extend(remarks);
    let request = ConvergeRequest {
        owner: run.owner,
        ledger: run.ledger,
        sources: &gathered.states,
        guard,
        consent: Consent::of(&run.set.annotations),
        trusted_names: TrustedNames { sandbox: &pipeline.sandbox, set: run.set, sources: &gathered.sources },
        on_duplicate,
        now: run.now,
    };
    match converge::converge(run.target, run.ledger_store, request, built).await {
        Ok(converged) => {
            let (outcome, retry) = outcome::outcome(&converged, &gathered, begun.elapsed());
            let mut abnormal = outcome::abnormal(&converged, &gathered, run.set.strategy);
            abnormal.extend(outcome::shortened(run.set.cadence()));
            let wake = outcome::wake(&converged, run.now);
            let converged = Some(converged);
            SetReport { outcome, abnormal: Some(abnormal), converged, retry, wake, inputs, environments, external }
        }
        Err(error) => SetReport::failed(&error, "reconciliation failed: "),
    }
}

/// A dependency is not ready: no failure of the set, and looked at again soon.
fn waiting(error: &dependencies::DependencyError) -> SetReport {
    let (outcome, retry) = match error.disposition() {
        stays @ (Disposition::WaitForChange | Disposition::GiveUp) => (
            Outcome::Stalled {
                reason: error.reason(),
                message: format!("Reconciliation failed terminally due to configuration error: {error}"),
            },
            stays,
        ),
        again => {
            (Outcome::Failed { reason: error.reason(), message: format!("Retrying dependency check: {error}") }, again)
        }
    };
    SetReport {
        outcome,
        abnormal: None,
        converged: None,
        retry: Some(retry),
        wake: None,
        inputs: 0,
        environments: Vec::new(),
        external: Vec::new(),
    }
}

/// A product of providers needs all its factors; a list can do with those that have answered.
fn cannot_build_yet(set: &SetSpec, gathered: &Gathered) -> Option<SetReport> {
    let not_ready = gathered.not_ready();
    let product = matches!(set.strategy, Strategy::Permute { .. });
    if not_ready.is_empty() || (!product && (!gathered.sources.is_empty() || !set.inputs.is_empty())) {
        return None;
    }
    let message = outcome::not_ready_message(gathered);
    Some(SetReport {
        outcome: Outcome::Failed { reason: Reason::InputsNotReady, message: message.clone() },
        abnormal: Some(vec![outcome::inputs_not_ready(message)]),
        converged: None,
        retry: Some(Disposition::Retry),
        wake: None,
        inputs: 0,
        environments: Vec::new(),
        external: Vec::new(),
    })
}

fn environments(built: &Built) -> Vec<Environment> {
    let mut counts: BTreeMap<&InputRef, usize> = BTreeMap::new();
    for input in built.desired.objects().filter_map(|wanted| wanted.input.as_deref()) {
        *counts.entry(input).or_default() += 1;
    }
    let of = |input| counts.get(input).copied().unwrap_or_default();
    built.inputs.iter().map(|(input, label)| Environment { label: label.clone(), objects: of(input) }).collect()
}

/// What came of taking a set apart.
#[derive(Debug)]
pub struct Dismantled {
    /// Why it still owns something; `None` when the ledger is empty.
    pub report: Option<SetReport>,
    /// Adopted objects that stay, and are nobody's again.
    pub left: Vec<ObjectKey>,
}

impl Dismantled {
    /// What to say of the objects that stay; nothing if there are none.
    #[must_use]
    pub fn message(&self) -> Option<String> {
        let names: Vec<String> = self.left.iter().map(ToString::to_string).collect();
        (!names.is_empty()).then(|| {
            format!(
                "{} objects stay, without the labels of this ResourceSet, because they existed before it, or contain such an object, and nobody approved their deletion: {}",
                names.len(),
                names.join(", ")
            )
        })
    }
}

/// Deletes everything a set owns.
///
/// # Errors
/// The ledger could not be written.
pub async fn dismantle(
    owner: &Owner,
    ledger: &Ledger,
    target: &dyn Target,
    ledger_store: &dyn LedgerStore,
    consent: Consent<'_>,
) -> Result<Dismantled, converge::LedgerError> {
    let converge::Dismantled { pruned, ledger, left } =
        converge::dismantle(target, ledger_store, owner, ledger, consent).await?;
    if ledger.is_empty() {
        return Ok(Dismantled { report: None, left });
    }
    let report = |outcome, abnormal, retry| SetReport {
        outcome,
        abnormal: Some(abnormal),
        converged: None,
        retry,
        wake: None,
        inputs: 0,
        environments: Vec::new(),
        external: Vec::new(),
    };
    if pruned.failed.is_empty() && !pruned.terminating.is_empty() {
        let message = format!("deletion in progress: {}", outcome::terminating_message(&pruned));
        return Ok(Dismantled { report: Some(report(Outcome::Waiting { message }, Vec::new(), None)), left });
    }
    let message = outcome::deletion_message(&pruned);
    let outcome = Outcome::Failed { reason: Reason::ReconciliationFailed, message: message.clone() };
    let report = report(outcome, vec![outcome::deletion_failed(message)], Some(Disposition::Retry));
    Ok(Dismantled { report: Some(report), left })
}
