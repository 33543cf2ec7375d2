//! One reconciliation of one ResourceSet, the same in a cluster and in a directory:
//!
//! ```text
//! dependencies → gather → build → copies → converge → outcome
//! ```
//!
//! # Guarantees
//! Always ends with a [`SetReport`]; what was done before a failure is in it. Nothing here writes status.

pub(crate) mod changes;
pub mod dependencies;
pub mod expression;
pub mod gather;
pub mod outcome;
mod report;
pub mod teardown;
mod unready;
mod wait;

pub use report::{Ended, Environment, SetReport};

use crate::pipeline::Pipeline;
use crate::pipeline::build::{self, Built, copies};
use crate::pipeline::conclusion::Conclusion;
use crate::pipeline::converge::adoption::Consent;
use crate::pipeline::converge::trusted_names::TrustedNames;
use crate::pipeline::converge::{self, ConvergeError, ConvergeRequest, LedgerStore};
use crate::pipeline::progress::{LastResult, Progress};
use crate::pipeline::requeue::Requeue;
use dependencies::DependencyError;
use gather::{Gathered, KnownProvider};
use orangery_cluster::Target;
use orangery_core::combine::Strategy;
use orangery_core::desired::OnDuplicate;
use orangery_core::spec::{SetSpec, SpecError};
use orangery_core::{Disposition, Explain, InputRef, Ledger, Owner, Reason, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;
use unready::Unready;

/// One set, and everything that its reconciliation depends on.
pub struct SetRun<'a> {
    /// The set to reconcile.
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
    /// What the status says of the last reconciliation.
    pub last: LastResult,
    /// Tells others what this one does.
    pub progress: &'a Progress,
    /// The present moment.
    pub now: Timestamp,
}

/// Reconciles one ResourceSet.
pub async fn reconcile(pipeline: &Pipeline, run: SetRun<'_>) -> SetReport {
    let begun = Instant::now();
    if let Err(error) = dependencies::check(&pipeline.sandbox, run.set, &run.owner, run.target, run.now).await {
        return SetReport::ended_early(waits_for_dependency(&error));
    }
    let gathered = gather::gather(run.set, &run.providers);
    if let Some(conclusion) = cannot_build_yet(run.set, &gathered) {
        return SetReport::ended_early(conclusion);
    }
    let on_duplicate = run.set.on_duplicate(OnDuplicate::Warn);
    let sources = gathered.sources.clone();
    let mut built = match build::build(&pipeline.sandbox, run.set, sources, on_duplicate).await {
        Ok(built) => built,
        Err(error) => return SetReport::not_built(not_applied(&error, "build failed")),
    };
    let mut sources = BTreeSet::new();
    let external = match copies::resolve(&mut built.desired, &run.owner, run.target, &mut sources).await {
        Ok(external) => external,
        Err(error) => {
            let ended = SetReport::ended_early(not_applied(&error, "reconciliation failed"));
            return SetReport { sources: Some(sources), ..ended };
        }
    };
    let (inputs, environments) = (built.count, environments(&built));
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
        last: &run.last,
        progress: run.progress,
        now: run.now,
    };
    let converged = match converge::converge(run.target, run.ledger_store, request, built).await {
        Ok(converged) => converged,
        Err(error @ ConvergeError::Ledger(_)) => {
            return SetReport::ended_early(not_applied(&error, "reconciliation failed"));
        }
        Err(error @ (ConvergeError::Desire(_) | ConvergeError::Plan(_))) => {
            return SetReport::not_built(not_applied(&error, "reconciliation failed"));
        }
    };
    let unready = Unready::of(&converged, run.set, &run.last, run.now);
    SetReport {
        conclusion: outcome::conclude(&converged, &gathered, run.set, unready, begun.elapsed()),
        wait: wait::wait(&converged, unready, run.now),
        converged: Some(converged),
        ended: Ended::Applying,
        inputs,
        environments,
        external: Some(external),
        sources: Some(sources),
    }
}

/// Concludes with a spec that breaks a rule which the API server does not check. The reason is that of Flux Operator, for which
/// validation is the first part of the build.
#[must_use]
pub fn invalid(error: &SpecError) -> Conclusion {
    Conclusion::stalled(Reason::BuildFailed, format!("build failed: {}: {error}", error.field))
}

/// Concludes an error after which nothing was applied, with the reason and the retry that the error chooses.
fn not_applied(error: &impl Explain, what: &str) -> Conclusion {
    let message = format!("{what}: {error}");
    match error.disposition() {
        Disposition::WaitForChange => Conclusion::stalled(error.reason(), message),
        disposition @ (Disposition::Retry | Disposition::RetryAfter(_)) => {
            Conclusion::failed(error.reason(), message, disposition.into())
        }
    }
}

/// A dependency that is not ready does not count as a failure of the set: it is looked at again after a fixed delay.
fn waits_for_dependency(error: &DependencyError) -> Conclusion {
    let message = format!("Retrying dependency check: {error}");
    match (error.disposition(), error.reason()) {
        (Disposition::WaitForChange, _) => Conclusion::of_error(error),
        (Disposition::Retry, reason @ Reason::DependencyNotReady) => {
            Conclusion::failed(reason, message, Requeue::Dependency)
        }
        (disposition, reason) => Conclusion::failed(reason, message, disposition.into()),
    }
}

/// Permute combines the inputs of all providers, so it waits until each has answered. Flatten goes on with those that have.
fn cannot_build_yet(set: &SetSpec, gathered: &Gathered) -> Option<Conclusion> {
    let permutes = matches!(set.strategy, Strategy::Permute { .. });
    let has_inputs = !gathered.sources.is_empty() || !set.inputs.is_empty();
    if gathered.not_ready().is_empty() || (has_inputs && !permutes) {
        return None;
    }
    let message = outcome::not_ready_message(gathered);
    Some(
        Conclusion::failed(Reason::InputsNotReady, message.clone(), Requeue::BackOff)
            .with_abnormal(vec![outcome::inputs_not_ready(message)]),
    )
}

fn environments(built: &Built) -> Vec<Environment> {
    let mut counts: BTreeMap<&InputRef, usize> = BTreeMap::new();
    for input in built.desired.objects().filter_map(|wanted| wanted.input.as_deref()) {
        *counts.entry(input).or_default() += 1;
    }
    let objects_of = |input| counts.get(input).copied().unwrap_or_default();
    built.inputs.iter().map(|(input, label)| Environment { label: label.clone(), objects: objects_of(input) }).collect()
}
