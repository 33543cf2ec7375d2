//! Applies what was built and prunes what is stale: plan, ledger, apply, guard, prune. The same for both targets.
//!
//! # Guarantees
//! The ledger is written before the first apply (law 2). Only objects of environments that are gone, or that were applied whole,
//! are deleted, and only if the guard agrees (law 3).

pub mod adoption;
pub(crate) mod frozen;
mod steps;
pub mod trusted_names;

pub use steps::Steps;

use crate::pipeline::build::{Built, FailedInput};
use crate::pipeline::converge::trusted_names::TrustedNames;
use crate::pipeline::progress::{LastResult, Progress};
use adoption::Consent;
use async_trait::async_trait;
use orangery_cluster::Target;
use orangery_core::FailedEnvironment;
use orangery_core::desired::{DesiredError, OnDuplicate};
use orangery_core::environment::{EnvironmentStates, PruneEligibility};
use orangery_core::guard::{self, Evidence, GuardPolicy, Hold, Judgement, SourceState, Verdict};
use orangery_core::plan::{self, NotApplicable};
use orangery_core::{
    ApplyReport, Disposition, Explain, GroupVersionKind, InputRef, Ledger, LedgerEntry, NamespacedName, Notice,
    ObjectKey, Owner, Plan, PruneReport, Reason, Timestamp,
};
use std::collections::{BTreeMap, BTreeSet};

/// Where the ledger is kept. Written before the first apply, and settled when the work is done.
#[async_trait]
pub trait LedgerStore: Send + Sync {
    /// Writes the whole ledger of a set.
    ///
    /// # Errors
    /// The ledger is not written, so nothing may be applied.
    async fn record(&self, set: &NamespacedName, ledger: &Ledger) -> Result<(), LedgerError>;

    /// Writes the ledger as it is after the work. A store that publishes it together with the outcome does nothing here: until then
    /// the ledger before the work stands for it, which names everything that the set owns.
    ///
    /// # Errors
    /// The ledger is not written.
    async fn settle(&self, set: &NamespacedName, ledger: &Ledger) -> Result<(), LedgerError> {
        self.record(set, ledger).await
    }
}

/// The ledger could not be written.
#[derive(Debug, thiserror::Error)]
#[error("the ledger of {set} could not be written, so nothing was applied: {message}")]
pub struct LedgerError {
    /// The set that owns the ledger.
    pub set: NamespacedName,
    /// For the condition.
    pub reason: Reason,
    /// What the store said.
    pub message: String,
}

impl Explain for LedgerError {
    fn reason(&self) -> Reason {
        self.reason
    }

    fn disposition(&self) -> Disposition {
        Disposition::Retry
    }
}

/// Why nothing was applied.
#[derive(Debug, thiserror::Error)]
pub enum ConvergeError {
    /// Objects turn out to be one, and that is an error here.
    #[error(transparent)]
    Desire(#[from] DesiredError),
    /// An object can never be applied.
    #[error(transparent)]
    Plan(#[from] NotApplicable),
    /// The ledger could not be written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl Explain for ConvergeError {
    fn reason(&self) -> Reason {
        match self {
            Self::Desire(error) => error.reason(),
            Self::Plan(error) => error.reason(),
            Self::Ledger(error) => error.reason(),
        }
    }

    fn disposition(&self) -> Disposition {
        match self {
            Self::Desire(error) => error.disposition(),
            Self::Plan(error) => error.disposition(),
            Self::Ledger(error) => error.disposition(),
        }
    }
}

/// Everything that decides how a built set is applied and pruned.
pub struct ConvergeRequest<'a> {
    /// Who owns the objects.
    pub owner: Owner,
    /// What the set owned before.
    pub ledger: &'a Ledger,
    /// The providers it reads, and how much they can be trusted.
    pub sources: &'a [SourceState],
    /// When deletions are held.
    pub guard: GuardPolicy,
    /// What its annotations allow with objects that it has not created.
    pub consent: Consent<'a>,
    /// Decides which names contain no untrusted text.
    pub trusted_names: TrustedNames<'a>,
    /// What to do with unequal objects of one identity.
    pub on_duplicate: OnDuplicate,
    /// What is known of the last reconciliation.
    pub last: &'a LastResult,
    /// Told when something new is about to be applied.
    pub progress: &'a Progress,
    /// The present moment.
    pub now: Timestamp,
}

/// What was applied and pruned.
#[derive(Debug)]
pub struct Converged {
    /// `sha256:` of everything that was desired.
    pub revision: String,
    /// The steps of the set.
    pub steps: Steps,
    /// What the apply did.
    pub applied: ApplyReport,
    /// The state of each environment.
    pub standing: EnvironmentStates,
    /// The labels of the inputs that could be rendered.
    pub labels: BTreeMap<InputRef, String>,
    /// How many environments there are.
    pub environments: usize,
    /// Whether the stale objects could be deleted.
    pub verdict: Verdict,
    /// What the prune did.
    pub pruned: PruneReport,
    /// The ledger afterwards.
    pub ledger: Ledger,
    /// Remarks for the conditions and events.
    pub notices: Vec<Notice>,
    /// Objects that existed before, had no owner, and were adopted now.
    pub adopted: Vec<ObjectKey>,
    /// Adopted objects that nothing renders any more: they stay until their deletion is approved.
    pub held: Option<Hold>,
}

impl Converged {
    /// The objects that are neither applied nor deleted because they say so where they are.
    pub fn frozen(&self) -> impl Iterator<Item = &ObjectKey> {
        self.applied.frozen().chain(self.pruned.frozen())
    }

    /// The lists of deletions that wait for approval.
    pub fn holds(&self) -> impl Iterator<Item = &Hold> {
        let guarded = match &self.verdict {
            Verdict::Held(hold) => Some(hold),
            Verdict::Allowed | Verdict::Approved(_) | Verdict::Blocked { .. } => None,
        };
        guarded.into_iter().chain(&self.held)
    }
}

/// Applies a built set to its target, and prunes what is stale.
///
/// # Errors
/// Nothing was applied; see [`ConvergeError`]. Failures while applying or pruning are in the reports.
pub async fn converge(
    target: &dyn Target,
    ledger_store: &dyn LedgerStore,
    request: ConvergeRequest<'_>,
    built: Built,
) -> Result<Converged, ConvergeError> {
    let ConvergeRequest { owner, ledger: known, sources, guard, consent, trusted_names, on_duplicate, .. } = request;
    let ConvergeRequest { last, progress, now, .. } = request;
    let revision = built.desired.digest();
    if last.is_new(&revision) {
        progress.begin();
    }
    let nothing_desired = built.desired.is_empty() && built.failed.is_empty();
    let present = built.present();
    let Built { desired, inputs: labels, failed, mut notices, count: environments } = built;
    let mut scopes = target.scopes(&owner, &orangery_core::kinds_with_namespace(&desired, known)).await;
    scopes.learn_definitions(&desired);
    let ledger = &scopes.ledger(known);
    let desired = desired.normalised(&scopes, on_duplicate)?;
    notices.extend(desired.notices.iter().cloned());
    // Ledgers of older versions name the sources of inputs without their kinds.
    let typed = ledger.typed(&present, sources.iter().map(|source| source.name.as_str()));
    let ledger = &*typed;
    let mut plan = plan::plan(owner, desired, ledger)?;
    let steps = Steps::of(&plan);
    if plan.ledger != *known {
        ledger_store.record(&plan.owner.name, &plan.ledger).await?;
    }
    let (applied, taken) =
        adoption::apply(target, ledger_store, &mut plan, &trusted_names, consent.owns, &scopes).await?;
    let still_wanted = take_still_wanted(target, &mut plan, &applied).await;
    let mut standing = EnvironmentStates::of(&plan, &applied);
    let unnamed = unrendered(&failed, &mut standing);
    let eligibility = PruneEligibility { present: &present, sources, standing: &standing, unnamed: &unnamed };
    let stale = eligibility.partition(std::mem::take(&mut plan.stale));
    plan.stale = stale.known;
    let adopted = adoption::take_adopted(target, &plan.owner, &mut plan.stale, consent.owns).await;
    let frozen = frozen::take_frozen(target, &plan.owner, &mut plan.stale).await;
    let leaving: BTreeSet<&ObjectKey> = adopted.iter().chain(&still_wanted).map(|entry| &entry.key).collect();
    let mut occupied = plan::take_occupied(&mut plan.stale, &plan.ledger, &leaving);
    // Objects that stay do not count when the guard judges the other deletions.
    let staying = occupied.iter().map(|occupied| &occupied.entry);
    let others = without(ledger, adopted.iter().chain(&still_wanted).chain(&frozen).chain(staying));
    let Judgement { verdict, memory } = guard::judge(
        guard,
        &Evidence {
            stale: &plan.stale,
            ledger: &others,
            intended: &plan.ledger,
            nothing_desired,
            inputs: &present,
            unknown: stale.unknown,
            approved: consent.approved,
            now,
        },
    );
    // The ledger that is stored, where it differs from the one in the plan.
    let mut recorded = (memory != *ledger.guard()).then(|| plan.ledger.clone());
    plan.ledger.set_guard(memory);
    if let Verdict::Approved(hold) = &verdict {
        // Stored before the first deletion: whatever happens next, the approval is used up, and its objects stay approved.
        plan.ledger.approve(&hold.objects);
        let intent = plan::settle(&plan, ledger, &applied, &verdict, &PruneReport::default());
        ledger_store.record(&plan.owner.name, &intent).await?;
        recorded = Some(intent);
    }
    // Adopted objects first: those that wait for approval keep the namespace that they are in.
    let (mut pruned, waiting) = adoption::prune(target, &plan.owner, adopted, consent.approved).await;
    pruned.extend(frozen::report(&frozen));
    let mut released: Vec<LedgerEntry> =
        plan.stale.iter().filter(|entry| verdict.releases(&entry.key)).cloned().collect();
    occupied.extend(plan::take_occupied(&mut released, &plan.ledger, &leaves(&pruned, &still_wanted)));
    if !released.is_empty() {
        pruned.extend(target.prune(&plan.owner, &released).await);
    }
    notices.extend(occupied.iter().map(|occupied| Notice::warning(Reason::Warning, occupied.message())));
    pruned.released.extend(still_wanted.into_iter().map(|entry| entry.key));
    let settled = plan::settle(&plan, ledger, &applied, &verdict, &pruned);
    if settled != *recorded.as_ref().unwrap_or(&plan.ledger) {
        ledger_store.settle(&plan.owner.name, &settled).await?;
    }
    Ok(Converged {
        revision,
        steps,
        applied,
        standing,
        labels,
        environments,
        verdict,
        pruned,
        ledger: settled,
        notices,
        adopted: taken,
        held: adoption::hold(&waiting),
    })
}

/// Removes the stale entries whose object is still wanted under another key. Entries without a UID, which were taken over from
/// Flux Operator, get it here.
async fn take_still_wanted(target: &dyn Target, plan: &mut Plan, applied: &ApplyReport) -> Vec<LedgerEntry> {
    let wanted = plan::wanted_uids(plan, applied);
    for entry in plan.stale.iter_mut().filter(|entry| entry.uid.is_none() && !wanted.is_empty()) {
        let version = GroupVersionKind {
            group: entry.key.group.clone(),
            version: entry.version.clone(),
            kind: entry.key.kind.clone(),
        };
        // An object that cannot be read cannot be pruned either, and the prune reports why.
        if let Ok(Some(live)) = target.read(&plan.owner, &version.api_version(), &entry.key).await {
            entry.uid = live.uid().map(str::to_owned);
        }
    }
    plan::remove_still_wanted(&mut plan.stale, &wanted)
}

/// The objects that an earlier prune has handled, and those that leave the ledger without being deleted. Neither keeps a namespace.
pub(crate) fn leaves<'a>(pruned: &'a PruneReport, still_wanted: &'a [LedgerEntry]) -> BTreeSet<&'a ObjectKey> {
    let gone = pruned.deleted.iter().map(|change| &change.key);
    let going = pruned.terminating.iter().map(|terminating| &terminating.key);
    gone.chain(going).chain(&pruned.released).chain(still_wanted.iter().map(|entry| &entry.key)).collect()
}

/// The ledger without some entries.
fn without<'a>(ledger: &Ledger, entries: impl Iterator<Item = &'a LedgerEntry>) -> Ledger {
    let mut rest = ledger.clone();
    for entry in entries {
        rest.remove(&entry.key);
    }
    rest
}

/// Adds the inputs that could not be rendered to the failed ones; answers those of them that have no `id`.
fn unrendered(failed: &[FailedInput], standing: &mut EnvironmentStates) -> Vec<orangery_core::environment::Unnamed> {
    for failed in failed {
        let message = failed.error.to_string();
        match &failed.input {
            Some(input) => {
                standing.fail(FailedEnvironment { input: input.clone(), reason: failed.error.reason(), message });
            }
            None => standing.unrendered = Some(message),
        }
    }
    failed.iter().filter_map(|failed| failed.unnamed.clone()).collect()
}
