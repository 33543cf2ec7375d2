//! The questions to the evaluator, and its answers.

use super::{EvaluationError, ExpressionProblem, Triggers};
use crate::plugin::schema::FieldError;
use orangery_core::Timestamp;
use std::sync::Arc;
use std::time::Duration;

/// One question, which is one computation.
#[derive(Debug, Clone)]
pub(crate) enum Question {
    CheckExpressions(Vec<String>),
    Holds { expression: String, object: String },
    CheckSchemas(Vec<String>),
    Validate { schema: Arc<str>, value: String },
    Triggers { cron: String, time_zone: String, now: Timestamp },
}

/// The result of one computation.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answer {
    Checked(Result<(), (usize, String)>),
    Holds(Result<bool, ExpressionProblem>),
    Validated(Result<Vec<FieldError>, String>),
    Triggers(Result<Triggers, String>),
}

/// An answer, or why there is none, and the processor time that was used.
pub(crate) struct Evaluation {
    pub(crate) answer: Result<Answer, EvaluationError>,
    pub(crate) cpu: Duration,
}

/// The digest of a question: equal questions have equal keys.
pub(crate) type Key = [u8; 32];

impl Question {
    /// The key of the cached answer; `None` for schedules, which have a cache of their own.
    pub(crate) fn key(&self) -> Option<Key> {
        let mut hasher = blake3::Hasher::new();
        let mut part = |text: &str| {
            hasher.update(&u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
            hasher.update(text.as_bytes());
        };
        match self {
            Self::CheckExpressions(expressions) => {
                part("check-expressions");
                expressions.iter().for_each(|expression| part(expression));
            }
            Self::Holds { expression, object } => ["holds", expression, object].into_iter().for_each(part),
            Self::CheckSchemas(schemas) => {
                part("check-schemas");
                schemas.iter().for_each(|schema| part(schema));
            }
            Self::Validate { schema, value } => ["validate", schema, value].into_iter().for_each(part),
            Self::Triggers { .. } => return None,
        }
        Some(*hasher.finalize().as_bytes())
    }
}

impl Answer {
    /// The error for an answer to another question than the one that was asked, which no code path gives.
    pub(crate) fn unexpected(&self) -> EvaluationError {
        EvaluationError::Unavailable("it answered another question".to_owned())
    }

    /// About how many bytes the answer takes in the cache.
    pub(crate) fn bytes(&self) -> usize {
        let text = match self {
            Self::Checked(Err((_, text)))
            | Self::Holds(Err(ExpressionProblem::Unparsable(text) | ExpressionProblem::Unevaluable(text)))
            | Self::Validated(Err(text))
            | Self::Triggers(Err(text)) => text.len(),
            Self::Validated(Ok(findings)) => {
                findings.iter().map(|found| found.path.len() + found.message.len() + size_of::<FieldError>()).sum()
            }
            Self::Checked(Ok(())) | Self::Holds(_) | Self::Triggers(Ok(_)) => 0,
        };
        text + size_of::<Self>() + size_of::<Key>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_questions_have_different_names() {
        let text = |text: &str| text.to_owned();
        let questions = [
            Question::CheckExpressions(vec![text("a"), text("b")]),
            Question::CheckExpressions(vec![text("ab")]),
            Question::CheckSchemas(vec![text("a"), text("b")]),
            Question::Holds { expression: text("a"), object: text("b") },
            Question::Holds { expression: text("ab"), object: text("") },
            Question::Validate { schema: "a".into(), value: text("b") },
        ];
        let names: std::collections::BTreeSet<_> = questions.iter().map(Question::key).collect();
        assert_eq!(names.len(), questions.len());
        assert_eq!(questions[0].key(), questions[0].clone().key());
        assert_eq!(Question::Triggers { cron: text("a"), time_zone: text("b"), now: Timestamp::default() }.key(), None);
    }
}
