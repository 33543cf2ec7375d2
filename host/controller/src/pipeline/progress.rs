//! What a reconciliation knows of the last one, and what it tells of itself while it is under way.

use std::time::Duration;
use tokio::sync::Notify;

/// What is known of the last reconciliation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LastResult {
    /// What was applied as a whole: `status.lastAppliedRevision`.
    pub applied: Option<String>,
    /// What was applied last, whether that succeeded or not.
    pub attempted: Option<String>,
    /// What Ready says.
    pub health: Health,
}

impl LastResult {
    /// Whether a revision has never been applied before.
    pub(crate) fn is_new(&self, revision: &str) -> bool {
        [&self.applied, &self.attempted].into_iter().all(|known| known.as_deref() != Some(revision))
    }
}

/// What the condition Ready says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Health {
    /// True.
    Ready,
    /// False, because objects are not ready any more.
    Degraded,
    /// Anything else.
    #[default]
    Other,
}

/// Tells whether a reconciliation under way applies something new. It is announced only if it takes a while, because most take less
/// time than a write of the status.
#[derive(Debug, Default)]
pub struct Progress(Notify);

impl Progress {
    /// Something new is about to be applied.
    pub(crate) fn begin(&self) {
        self.0.notify_one();
    }

    /// Returns when something new has been under way for this long; never, if there is nothing new.
    pub async fn lasts(&self, moment: Duration) {
        self.0.notified().await;
        tokio::time::sleep(moment).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_applied_or_tried_before_is_not_new() {
        let known = |text: &str| Some(text.to_owned());
        let last = LastResult { applied: known("a"), attempted: known("b"), health: Health::Other };
        assert_eq!(["a", "b", "c"].map(|revision| last.is_new(revision)), [false, false, true]);
        assert!(LastResult::default().is_new("a"));
    }

    #[tokio::test]
    async fn only_what_is_new_lasts() {
        let progress = Progress::default();
        let moment = Duration::from_millis(5);
        let ends = async |progress: &Progress| tokio::time::timeout(moment * 20, progress.lasts(moment)).await.is_ok();
        assert!(!ends(&progress).await);
        progress.begin();
        assert!(ends(&progress).await);
    }
}
