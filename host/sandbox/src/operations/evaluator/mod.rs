//! The only place where the host computes what others wrote: expressions of tenants, JSON Schemas of plugins, cron
//! expressions (the sixth law of `docs/architecture.md`).
//!
//! # Guarantees
//! - Each computation is a call into a built-in component, with a plugin's limits on processor time, wall clock,
//!   memory and stack. Whatever the question is, the call ends, and other calls keep running.
//! - A computation is pure, so its answer is remembered: asking again costs a hash. An exceeded limit is remembered
//!   for a while too.
//! - The component is compiled for the first question. A start that asks none pays nothing.
//!
//! # Refuses
//! A question that is too large for the memory of a call: see [`Limits::memory_bytes`](crate::Limits::memory_bytes).

mod answer_cache;
mod component;
mod question;
mod schedule;

pub(crate) use component::Evaluator;
pub(crate) use question::{Answer, Question};

use crate::consumer::Consumer;
use crate::guest::evaluation::EvaluationError;
use crate::operations::Sandbox;
use crate::plugin::schema::FieldError;
use orangery_core::Timestamp;
use question::Evaluation;
use std::sync::Arc;
use std::time::Duration;

/// The component that evaluates. It comes with the program: its bytes are trusted, the questions are not.
#[derive(Debug, Clone, Copy)]
pub struct EvaluatorSource {
    /// The component as bytes.
    pub bytes: &'static [u8],
    /// Its SHA-256 in hexadecimal.
    pub digest: &'static str,
}

/// Why an expression is neither true nor false.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExpressionProblem {
    /// The expression does not parse.
    Unparsable(String),
    /// The expression cannot be evaluated on this object.
    Unevaluable(String),
    /// The value of the expression is not a boolean.
    NotBoolean,
}

/// The triggers of a cron expression around a moment. Both are absent if it names no date of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Triggers {
    /// The last one at or before the moment.
    pub previous: Option<Timestamp>,
    /// The first one after it.
    pub next: Option<Timestamp>,
}

/// The evaluations for one object, which share the processor time of one call.
pub struct Evaluations<'a> {
    sandbox: &'a Sandbox,
    consumer: Consumer,
    spent: Duration,
}

impl Sandbox {
    /// Evaluates on behalf of `Kind/namespace/name`.
    #[must_use]
    pub fn evaluations(&self, consumer: impl Into<Consumer>) -> Evaluations<'_> {
        Evaluations { sandbox: self, consumer: consumer.into(), spent: Duration::ZERO }
    }
}

impl Evaluations<'_> {
    /// Parses expressions (CEL). The inner error has the index of the first that does not parse, and why.
    ///
    /// # Errors
    /// [`EvaluationError`].
    pub async fn check_expressions(
        &mut self,
        expressions: Vec<String>,
    ) -> Result<Result<(), (usize, String)>, EvaluationError> {
        if expressions.is_empty() {
            return Ok(Ok(()));
        }
        match self.ask(Question::CheckExpressions(expressions)).await? {
            Answer::Checked(checked) => Ok(checked),
            other => Err(other.unexpected()),
        }
    }

    /// Evaluates an expression (CEL) on an object: its top-level fields are the variables.
    ///
    /// # Errors
    /// [`EvaluationError`].
    pub async fn holds(
        &mut self,
        expression: &str,
        object: &serde_json::Value,
    ) -> Result<Result<bool, ExpressionProblem>, EvaluationError> {
        let question = Question::Holds { expression: expression.to_owned(), object: object.to_string() };
        match self.ask(question).await? {
            Answer::Holds(holds) => Ok(holds),
            other => Err(other.unexpected()),
        }
    }

    /// Compiles JSON Schemas. The inner error has the index of the first that cannot be used, and why.
    ///
    /// # Errors
    /// [`EvaluationError`].
    pub(crate) async fn check_schemas(
        &mut self,
        schemas: Vec<String>,
    ) -> Result<Result<(), (usize, String)>, EvaluationError> {
        if schemas.is_empty() {
            return Ok(Ok(()));
        }
        match self.ask(Question::CheckSchemas(schemas)).await? {
            Answer::Checked(checked) => Ok(checked),
            other => Err(other.unexpected()),
        }
    }

    /// Validates a JSON document against a JSON Schema. The inner error says why the schema cannot be used.
    ///
    /// # Errors
    /// [`EvaluationError`].
    pub(crate) async fn validate(
        &mut self,
        schema: &Arc<str>,
        value: &serde_json::Value,
    ) -> Result<Result<Vec<FieldError>, String>, EvaluationError> {
        let question = Question::Validate { schema: Arc::clone(schema), value: value.to_string() };
        match self.ask(question).await? {
            Answer::Validated(validated) => Ok(validated),
            other => Err(other.unexpected()),
        }
    }

    /// Finds the triggers of a cron expression in a time zone around a moment. The inner error says what does not parse.
    /// The result is remembered until the next trigger.
    ///
    /// # Errors
    /// [`EvaluationError`].
    pub async fn triggers(
        &mut self,
        cron: &str,
        time_zone: &str,
        now: Timestamp,
    ) -> Result<Result<Triggers, String>, EvaluationError> {
        let schedules = &self.sandbox.inner.evaluator.schedules;
        if let Some(known) = schedules.find(cron, time_zone, now) {
            return Ok(Ok(known));
        }
        let question = Question::Triggers { cron: cron.to_owned(), time_zone: time_zone.to_owned(), now };
        match self.ask(question).await? {
            Answer::Triggers(found) => {
                if let Ok(found) = found {
                    schedules.keep(cron, time_zone, found);
                }
                Ok(found)
            }
            other => Err(other.unexpected()),
        }
    }

    async fn ask(&mut self, question: Question) -> Result<Answer, EvaluationError> {
        let budget = self.sandbox.limits().cpu;
        if self.spent >= budget {
            return Err(EvaluationError::Spent(budget));
        }
        let Evaluation { answer, cpu } = self.sandbox.inner.evaluate(&self.consumer, question).await;
        self.spent += cpu;
        answer
    }
}
