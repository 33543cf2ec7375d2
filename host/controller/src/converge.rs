//! From what was built to what exists: plan, ledger, apply, guard, prune. The same for both targets.
//!
//! # Guarantees
//! The ledger is written before the first apply (law 2). Only objects of environments that are gone, or that were applied whole,
//! are deleted, and only if the guard agrees (law 3).

use crate::build::{Built, FailedInput};
use async_trait::async_trait;
use orangery_cluster::Target;
use orangery_core::environment::{FailedEnvironment, Knowledge, Standing};
use orangery_core::guard::{self, Evidence, GuardPolicy, Judgement, SourceState, Verdict};
use orangery_core::plan::{self, NotApplicable};
use orangery_core::{
    ApplyReport, Disposition, Explain, InputRef, Ledger, LedgerEntry, NamespacedName, Notice, Owner, PruneReport,
    Reason,
};
use std::collections::BTreeMap;

/// Where the ledger is kept. Written before the first apply, and again when the work is done.
#[async_trait]
pub trait LedgerBook: Send + Sync {
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
            Self::Plan(error) => error.reason(),
            Self::Ledger(error) => error.reason(),
        }
    }

    fn disposition(&self) -> Disposition {
        match self {
            Self::Plan(error) => error.disposition(),
            Self::Ledger(error) => error.disposition(),
        }
    }
}

/// What a set brings along to be converged.
pub struct Case<'a> {
    /// Who owns the objects.
    pub owner: Owner,
    /// What exists, as far as we know.
    pub ledger: &'a Ledger,
    /// The providers it reads, and how much they can be trusted.
    pub sources: &'a [SourceState],
    /// When deletions are held.
    pub guard: GuardPolicy,
    /// The value of `orangery.dev/approve-prune`.
    pub approved: Option<&'a str>,
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
}

/// Takes a built set to its target.
///
/// # Errors
/// Nothing was applied; see [`ConvergeError`]. Failures while applying or pruning are in the reports.
pub async fn converge(
    target: &dyn Target,
    book: &dyn LedgerBook,
    case: Case<'_>,
    built: Built,
) -> Result<Converged, ConvergeError> {
    let Case { owner, ledger, sources, guard, approved, now } = case;
    let revision = built.desired.digest();
    let nothing_desired = built.desired.is_empty() && built.failed.is_empty();
    let present = built.present();
    let Built { desired, inputs: labels, failed, mut notices, count: environments } = built;
    notices.extend(desired.notices.iter().cloned());
    // What an older version wrote names the sources of inputs without their kinds.
    let typed = ledger.typed(&present, sources.iter().map(|source| source.name.as_str()));
    let ledger = &*typed;
    let mut plan = plan::plan(owner, desired, ledger)?;
    if plan.ledger != *ledger {
        book.record(&plan.owner.name, &plan.ledger).await?;
    }
    let applied = target.apply(&plan).await;
    let mut standing = Standing::of(&plan, &applied);
    let unnamed = unrendered(&failed, &mut standing);
    let knowledge = Knowledge { present: &present, sources, standing: &standing, unnamed: &unnamed };
    let sifted = knowledge.sift(std::mem::take(&mut plan.stale));
    plan.stale = sifted.known;
    let Judgement { verdict, memory } = guard::judge(
        guard,
        &Evidence {
            stale: &plan.stale,
            ledger,
            intended: &plan.ledger,
            nothing_desired,
            inputs: &present,
            // What is left to judge is known: see `Knowledge`.
            sources: &[],
            applied: true,
            approved,
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
        book.record(&plan.owner.name, &intent).await?;
        recorded = Some(intent);
    }
    let released: Vec<LedgerEntry> = plan.stale.iter().filter(|entry| verdict.releases(&entry.key)).cloned().collect();
    let pruned = if released.is_empty() { PruneReport::default() } else { target.prune(&plan.owner, &released).await };
    let settled = plan::settle(&plan, ledger, &applied, &verdict, &pruned);
    if settled != *recorded.as_ref().unwrap_or(&plan.ledger) {
        book.record(&plan.owner.name, &settled).await?;
    }
    Ok(Converged { revision, applied, standing, labels, environments, verdict, pruned, ledger: settled, notices })
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

/// Deletes everything a set owns: an explicit wish, which the guard does not hold.
///
/// # Errors
/// The ledger could not be written; what was deleted is deleted, and the next attempt finds it gone.
pub async fn dismantle(
    target: &dyn Target,
    book: &dyn LedgerBook,
    owner: &Owner,
    ledger: &Ledger,
) -> Result<(PruneReport, Ledger), LedgerError> {
    let stale = plan::deletion_order(ledger.iter().cloned().collect());
    let pruned = if stale.is_empty() { PruneReport::default() } else { target.prune(owner, &stale).await };
    let mut left = ledger.clone();
    for change in &pruned.deleted {
        left.remove(&change.key);
    }
    for key in &pruned.released {
        left.remove(key);
    }
    // Objects that ask to be kept outlive the set: that is what the annotation is for.
    for kept in &pruned.kept {
        left.remove(&kept.key);
    }
    if left != *ledger {
        book.record(&owner.name, &left).await?;
    }
    Ok((pruned, left))
}
