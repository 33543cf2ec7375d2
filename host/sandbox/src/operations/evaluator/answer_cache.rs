//! Answers of the evaluator that are remembered, so that asking again costs a hash.

use super::EvaluationError;
use super::question::{Answer, Key};
use lru::LruCache;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The bytes of all entries.
const MOST_BYTES: usize = 4 << 20;
/// How long a question that ran into a limit is not asked again. The time is bounded because a machine that stalled
/// for a moment may be the cause.
const LEFT_ALONE: Duration = Duration::from_secs(10 * 60);

/// The answers of a process; the least recently used go first.
pub(super) struct AnswerCache {
    entries: Mutex<Entries>,
}

struct Entries {
    bytes: usize,
    answers: LruCache<Key, Entry>,
}

struct Entry {
    answer: Result<Answer, EvaluationError>,
    /// When the entry expires; `None` for never.
    until: Option<Instant>,
}

impl Entry {
    fn bytes(&self) -> usize {
        self.answer.as_ref().map_or(size_of::<Self>(), Answer::bytes)
    }
}

impl Default for AnswerCache {
    fn default() -> Self {
        Self { entries: Mutex::new(Entries { bytes: 0, answers: LruCache::unbounded() }) }
    }
}

impl AnswerCache {
    pub(super) fn find(&self, key: &Key, now: Instant) -> Option<Result<Answer, EvaluationError>> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = entries.answers.get(key)?;
        entry.until.is_none_or(|until| now < until).then(|| entry.answer.clone())
    }

    /// Remembers an answer for good and an exceeded limit for a while. Failures that may not happen again are not kept.
    pub(super) fn keep(&self, key: Key, answer: &Result<Answer, EvaluationError>, now: Instant) {
        let until = match answer {
            Ok(_) => None,
            Err(error) if error.disposition() == orangery_core::Disposition::WaitForChange => Some(now + LEFT_ALONE),
            Err(_) => return,
        };
        let entry = Entry { answer: answer.clone(), until };
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.bytes = entries.bytes.saturating_add(entry.bytes());
        if let Some(before) = entries.answers.put(key, entry) {
            entries.bytes = entries.bytes.saturating_sub(before.bytes());
        }
        while entries.bytes > MOST_BYTES {
            let Some((_, oldest)) = entries.answers.pop_lru() else { break };
            entries.bytes = entries.bytes.saturating_sub(oldest.bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guest::fault::Fault;

    #[test]
    fn an_answer_stays_and_a_limit_that_was_passed_is_tried_again_later() {
        let (remembered, now) = (AnswerCache::default(), Instant::now());
        let yes = Ok(Answer::Holds(Ok(true)));
        remembered.keep([1; 32], &yes, now);
        assert_eq!(remembered.find(&[1; 32], now + LEFT_ALONE * 2), Some(yes));
        let spent = Err(EvaluationError::Faulted(Fault::OutOfCpu { budget: Duration::from_secs(2) }));
        remembered.keep([2; 32], &spent, now);
        assert_eq!(remembered.find(&[2; 32], now), Some(spent));
        assert_eq!(remembered.find(&[2; 32], now + LEFT_ALONE), None);
        let late = Err(EvaluationError::Faulted(Fault::OutOfTime { deadline: Duration::from_secs(5) }));
        remembered.keep([3; 32], &late, now);
        assert_eq!(remembered.find(&[3; 32], now), None, "another time there may be more time");
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let (remembered, now) = (AnswerCache::default(), Instant::now());
        let long = Ok(Answer::Validated(Err("x".repeat(1 << 20))));
        for key in 0..10 {
            remembered.keep([key; 32], &long, now);
        }
        let entries = (0..10).filter(|key| remembered.find(&[*key; 32], now).is_some()).count();
        assert_eq!(entries, 3, "three of 1 MiB and a little fit into 4 MiB");
    }
}
