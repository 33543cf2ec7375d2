//! From what was built to what exists: plan, ledger, apply, guard, prune. The same for both targets.
//!
//! # Guarantees
//! The ledger is written before the first apply (law 2). Only objects of environments that are gone, or that were applied whole,
//! are deleted, and only if the guard agrees (law 3).

pub mod adoption;
pub mod trusted_names;

use crate::pipeline::build::{Built, FailedInput};
use crate::pipeline::converge::trusted_names::TrustedNames;
use adoption::Consent;
use async_trait::async_trait;
use orangery_cluster::Target;
use orangery_core::desired::{DesiredError, OnDuplicate};
use orangery_core::environment::{FailedEnvironment, Knowledge, Standing};
use orangery_core::guard::{self, Evidence, GuardPolicy, Hold, Judgement, SourceState, Verdict};
use orangery_core::plan::{self, NotApplicable};
use orangery_core::{
    ApplyReport, Disposition, Explain, GroupVersionKind, InputRef, Ledger, LedgerEntry, NamespacedName, Notice,
    ObjectKey, Owner, Plan, PruneReport, Reason,
};
use std::collections::{BTreeMap, BTreeSet};

/// Where the ledger is kept. Written before the first apply, and again when the work is done.
#[async_trait]
pub trait LedgerStore: Send + Sync {
    /// Writes the whole ledger of a set.
    ///
    /// # Errors
    /// It is not written; nothing may be applied then.
    async fn record(&self, set: &NamespacedName, ledger: &Ledger) -> Result<(), LedgerError>;
}

/// The ledger could not be written.
#[derive(Debug, thiserror::Error)]
#[error("the ledger of {set} could not be written, so nothing was applied: {message}")]
pub struct LedgerError {
    /// Which set.
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

/// What a set brings along to be converged.
pub struct ConvergeRequest<'a> {
    /// Who owns the objects.
    pub owner: Owner,
    /// What exists, as far as we know.
    pub ledger: &'a Ledger,
    /// The providers it reads, and how much they can be trusted.
    pub sources: &'a [SourceState],
    /// When deletions are held.
    pub guard: GuardPolicy,
    /// What is allowed with objects that the set has not created.
    pub consent: Consent<'a>,
    /// What the names of its objects are made from.
    pub trusted_names: TrustedNames<'a>,
    /// What to do with unequal objects of one identity.
    pub on_duplicate: OnDuplicate,
    /// Milliseconds since 1970.
    pub now: u64,
}

/// What was done.
#[derive(Debug)]
pub struct Converged {
    /// `sha256:` of everything that was desired.
    pub revision: String,
    /// What the apply did.
    pub applied: ApplyReport,
    /// How each environment stands.
    pub standing: Standing,
    /// The inputs that could be rendered, as people know them.
    pub labels: BTreeMap<InputRef, String>,
    /// How many environments there are.
    pub environments: usize,
    /// Whether the stale objects could be deleted.
    pub verdict: Verdict,
    /// What the prune did.
    pub pruned: PruneReport,
    /// The ledger afterwards.
    pub ledger: Ledger,
    /// Remarks.
    pub notices: Vec<Notice>,
    /// What existed before, was nobody's, and has been taken over now.
    pub adopted: Vec<ObjectKey>,
    /// Adopted objects that nothing renders any more: they stay until their deletion is approved.
    pub held: Option<Hold>,
}

impl Converged {
    /// The lists of deletions that wait for approval.
    pub fn holds(&self) -> impl Iterator<Item = &Hold> {
        let guarded = match &self.verdict {
            Verdict::Held(hold) => Some(hold),
            Verdict::Allowed | Verdict::Approved(_) | Verdict::Blocked { .. } => None,
        };
        guarded.into_iter().chain(&self.held)
    }
}

/// Takes a built set to its target.
///
/// # Errors
/// Nothing was applied; see [`ConvergeError`]. Failures while applying or pruning are in the reports.
pub async fn converge(
    target: &dyn Target,
    ledger_store: &dyn LedgerStore,
    request: ConvergeRequest<'_>,
    built: Built,
) -> Result<Converged, ConvergeError> {
    let ConvergeRequest { owner, ledger: known, sources, guard, consent, trusted_names, on_duplicate, now } = request;
    let revision = built.desired.digest();
    let nothing_desired = built.desired.is_empty() && built.failed.is_empty();
    let present = built.present();
    let Built { desired, inputs: labels, failed, mut notices, count: environments } = built;
    let mut scopes = target.scopes(&owner, &orangery_core::kinds_with_namespace(&desired, known)).await;
    scopes.learn_definitions(&desired);
    let ledger = &scopes.ledger(known);
    let desired = desired.normalised(&scopes, on_duplicate)?;
    notices.extend(desired.notices.iter().cloned());
    // What an older version wrote names the sources of inputs without their kinds.
    let typed = ledger.typed(&present, sources.iter().map(|source| source.name.as_str()));
    let ledger = &*typed;
    let mut plan = plan::plan(owner, desired, ledger)?;
    if plan.ledger != *known {
        ledger_store.record(&plan.owner.name, &plan.ledger).await?;
    }
    let (applied, taken) =
        adoption::apply(target, ledger_store, &mut plan, &trusted_names, consent.owns, &scopes).await?;
    let living = take_living(target, &mut plan, &applied).await;
    let mut standing = Standing::of(&plan, &applied);
    let unnamed = unrendered(&failed, &mut standing);
    let knowledge = Knowledge { present: &present, sources, standing: &standing, unnamed: &unnamed };
    let sifted = knowledge.sift(std::mem::take(&mut plan.stale));
    plan.stale = sifted.known;
    let adopted = adoption::take_adopted(target, &plan.owner, &mut plan.stale, consent.owns).await;
    let leaving: BTreeSet<&ObjectKey> = adopted.iter().chain(&living).map(|entry| &entry.key).collect();
    let mut occupied = plan::take_occupied(&mut plan.stale, &plan.ledger, &leaving);
    // What is not deleted anyway must not make the deletion of others look like a mistake.
    let staying = occupied.iter().map(|occupied| &occupied.entry);
    let others = without(ledger, adopted.iter().chain(&living).chain(staying));
    let Judgement { verdict, memory } = guard::judge(
        guard,
        &Evidence {
            stale: &plan.stale,
            ledger: &others,
            intended: &plan.ledger,
            nothing_desired,
            inputs: &present,
            // What is left to judge is known: see `Knowledge`.
            sources: &[],
            applied: true,
            approved: consent.approved,
            now,
        },
    );
    // What was recorded, where the plan's ledger changes from here on.
    let mut recorded = (memory != *ledger.guard()).then(|| plan.ledger.clone());
    plan.ledger.set_guard(memory);
    let verdict = match (verdict, sifted.unknown) {
        (Verdict::Allowed, Some((reason, why))) if plan.stale.is_empty() => Verdict::Blocked { reason, why },
        (verdict, _) => verdict,
    };
    if let Verdict::Approved(hold) = &verdict {
        // Before the first deletion: whatever comes next, the approval is used, and what it is for need not be approved again.
        plan.ledger.approve(&hold.objects);
        let intent = plan::settle(&plan, ledger, &applied, &verdict, &PruneReport::default());
        ledger_store.record(&plan.owner.name, &intent).await?;
        recorded = Some(intent);
    }
    // Adopted objects first: those that wait for approval keep the namespace that they are in.
    let (mut pruned, waiting) = adoption::prune(target, &plan.owner, adopted, consent.approved).await;
    let mut released: Vec<LedgerEntry> =
        plan.stale.iter().filter(|entry| verdict.releases(&entry.key)).cloned().collect();
    occupied.extend(plan::take_occupied(&mut released, &plan.ledger, &leaves(&pruned, &living)));
    if !released.is_empty() {
        pruned.extend(target.prune(&plan.owner, &released).await);
    }
    notices.extend(occupied.iter().map(|occupied| Notice::warning(Reason::Warning, occupied.message())));
    pruned.released.extend(living.into_iter().map(|entry| entry.key));
    let settled = plan::settle(&plan, ledger, &applied, &verdict, &pruned);
    if settled != *recorded.as_ref().unwrap_or(&plan.ledger) {
        ledger_store.record(&plan.owner.name, &settled).await?;
    }
    Ok(Converged {
        revision,
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

/// Takes out of the stale entries those whose object is still wanted under another key. Entries without a UID (taken over from
/// Flux Operator) learn it here.
async fn take_living(target: &dyn Target, plan: &mut Plan, applied: &ApplyReport) -> Vec<LedgerEntry> {
    let wanted = plan::wanted_uids(plan, applied);
    for entry in plan.stale.iter_mut().filter(|entry| entry.uid.is_none() && !wanted.is_empty()) {
        let version = GroupVersionKind {
            group: entry.key.group.clone(),
            version: entry.version.clone(),
            kind: entry.key.kind.clone(),
        };
        // What cannot be read cannot be pruned either, and the prune says why.
        if let Ok(Some(live)) = target.read(&plan.owner, &version.api_version(), &entry.key).await {
            entry.uid = live.uid().map(str::to_owned);
        }
    }
    plan::take_living(&mut plan.stale, &wanted)
}

/// What an earlier prune has dealt with, and what leaves the ledger without being deleted: neither keeps a namespace.
pub(crate) fn leaves<'a>(pruned: &'a PruneReport, living: &'a [LedgerEntry]) -> BTreeSet<&'a ObjectKey> {
    let gone = pruned.deleted.iter().map(|change| &change.key);
    let going = pruned.terminating.iter().map(|terminating| &terminating.key);
    gone.chain(going).chain(&pruned.released).chain(living.iter().map(|entry| &entry.key)).collect()
}

/// The ledger without some entries.
fn without<'a>(ledger: &Ledger, entries: impl Iterator<Item = &'a LedgerEntry>) -> Ledger {
    let mut rest = ledger.clone();
    for entry in entries {
        rest.remove(&entry.key);
    }
    rest
}

/// Adds the inputs that could not be rendered; answers what is known of those that have no `id`.
fn unrendered(failed: &[FailedInput], standing: &mut Standing) -> Vec<orangery_core::environment::Unnamed> {
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
