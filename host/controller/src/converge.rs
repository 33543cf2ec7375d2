//! From what was built to what exists: plan, ledger, apply, guard, prune. The same for both targets.
//!
//! # Guarantees
//! The ledger is written before the first apply (law 2). Nothing is deleted unless everything was applied, every source
//! is fresh, every input could be rendered or its objects are left alone, and the guard agrees (law 3).

use crate::build::Built;
use async_trait::async_trait;
use orangery_cluster::Target;
use orangery_core::guard::{self, Evidence, GuardPolicy, SourceState, Verdict};
use orangery_core::plan::{self, NotApplicable};
use orangery_core::{
    ApplyReport, Disposition, Explain, InputRef, Ledger, LedgerEntry, NamespacedName, Notice, Owner, PruneReport,
    Reason,
};
use std::collections::BTreeSet;

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
    /// What the store said.
    pub message: String,
}

impl Explain for LedgerError {
    fn reason(&self) -> Reason {
        Reason::ReconciliationFailed
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
}

/// What was done.
#[derive(Debug)]
pub struct Converged {
    /// `sha256:` of everything that was desired.
    pub revision: String,
    /// What the apply did.
    pub applied: ApplyReport,
    /// Whether the stale objects could be deleted.
    pub verdict: Verdict,
    /// What the prune did.
    pub pruned: PruneReport,
    /// The ledger afterwards.
    pub ledger: Ledger,
    /// Remarks.
    pub notices: Vec<Notice>,
}

impl Converged {
    /// Whether everything is applied and nothing that should be gone failed to go.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.applied.is_complete() && self.pruned.failed.is_empty()
    }
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
    let Case { owner, ledger, sources, guard, approved } = case;
    let revision = built.desired.digest();
    let nothing_desired = built.desired.is_empty();
    let mut notices = built.notices;
    notices.extend(built.desired.notices.iter().cloned());
    let inputs: BTreeSet<InputRef> = built.inputs.keys().cloned().collect();
    let mut plan = plan::plan(owner, built.desired, ledger)?;
    spare(&mut plan.stale, &built.failed);
    if plan.ledger != *ledger {
        book.record(&plan.owner.name, &plan.ledger).await?;
    }
    let applied = target.apply(&plan).await;
    let verdict = guard::judge(
        guard,
        &Evidence {
            stale: &plan.stale,
            ledger,
            nothing_desired: nothing_desired && built.failed.is_empty(),
            inputs: &inputs,
            sources,
            applied: applied.is_complete(),
            approved,
        },
    );
    let pruned = match verdict {
        Verdict::Allowed if !plan.stale.is_empty() => target.prune(&plan.owner, &plan.stale).await,
        Verdict::Allowed | Verdict::Held(_) | Verdict::Blocked { .. } => PruneReport::default(),
    };
    let settled = plan::settle(&plan, ledger, &applied, &verdict, &pruned);
    if settled != plan.ledger {
        book.record(&plan.owner.name, &settled).await?;
    }
    Ok(Converged { revision, applied, verdict, pruned, ledger: settled, notices })
}

/// Takes out of the list what may belong to an input that could not be rendered: its objects stay as they are. An entry
/// that does not know its input may be anybody's.
fn spare(stale: &mut Vec<LedgerEntry>, failed: &[crate::build::FailedInput]) {
    if failed.is_empty() {
        return;
    }
    stale.retain(|entry| {
        entry.input.as_ref().is_some_and(|input| {
            !failed.iter().any(|failed| failed.input.as_ref().is_none_or(|failed| failed == input))
        })
    });
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
