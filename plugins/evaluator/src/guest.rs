//! The exports of the component. Only compiled for WebAssembly.

use crate::{expression, schedule, schema};

mod bindings {
    wit_bindgen::generate!({ world: "evaluator", path: "../../wit/evaluator", generate_all });
}

use bindings::exports::orangery::evaluator::evaluate::{ExpressionError, Finding, Guest, Triggers};

struct Evaluator;

impl Guest for Evaluator {
    fn check_expressions(expressions: Vec<String>) -> Result<(), (u32, String)> {
        first_error(&expressions, expression::check)
    }

    fn holds(expression: String, object: String) -> Result<bool, ExpressionError> {
        expression::holds(&expression, &object).map_err(|error| match error {
            expression::Error::Unparsable(message) => ExpressionError::Unparsable(message),
            expression::Error::Unevaluable(message) => ExpressionError::Unevaluable(message),
            expression::Error::NotBoolean => ExpressionError::NotBoolean,
        })
    }

    fn check_schemas(schemas: Vec<String>) -> Result<(), (u32, String)> {
        first_error(&schemas, schema::check)
    }

    fn validate(schema: String, value: String) -> Result<Vec<Finding>, String> {
        let findings = schema::validate(&schema, &value)?;
        Ok(findings.into_iter().map(|found| Finding { path: found.path, message: found.message }).collect())
    }

    fn find_triggers(cron: String, time_zone: String, now_ms: i64) -> Result<Triggers, String> {
        let found = schedule::find(&cron, &time_zone, now_ms)?;
        Ok(Triggers { previous: found.previous, next: found.next })
    }
}

/// The index of the first text that the check refuses, and why.
fn first_error(texts: &[String], check: fn(&str) -> Result<(), String>) -> Result<(), (u32, String)> {
    for (index, text) in texts.iter().enumerate() {
        check(text).map_err(|message| (u32::try_from(index).unwrap_or(u32::MAX), message))?;
    }
    Ok(())
}

bindings::export!(Evaluator with_types_in bindings);
