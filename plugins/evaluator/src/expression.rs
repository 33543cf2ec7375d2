//! `readyExpr`: Common Expression Language over the fields of one object.

use cel::{Context, Env, Program, Value as CelValue};
use serde_json::Value;

/// Why an expression gives neither true nor false.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// It does not parse.
    Unparsable(String),
    /// It cannot be evaluated on this object.
    Unevaluable(String),
    /// Its value is neither true nor false.
    NotBoolean,
}

/// Parses an expression.
///
/// # Errors
/// What the parser says.
pub fn check(expression: &str) -> Result<(), String> {
    compile(expression).map(|_| ())
}

fn compile(expression: &str) -> Result<Program, String> {
    Env::stdlib().compile(expression).map_err(|error| error.to_string())
}

/// Evaluates an expression on an object, a JSON document whose top-level fields are the variables.
///
/// # Errors
/// The expression does not parse, a field is missing, types do not fit, or the result is not a boolean.
pub fn holds(expression: &str, object: &str) -> Result<bool, Error> {
    let program = compile(expression).map_err(Error::Unparsable)?;
    let object: Value = serde_json::from_str(object).map_err(|error| Error::Unevaluable(error.to_string()))?;
    let mut context = Context::default();
    for (field, value) in object.as_object().into_iter().flatten() {
        let value = cel::to_value(value).map_err(|error| Error::Unevaluable(error.to_string()))?;
        context.add_variable_from_value(field.as_str(), value);
    }
    match program.execute(&context).map_err(|error| Error::Unevaluable(error.to_string()))? {
        CelValue::Bool(holds) => Ok(holds),
        _ => Err(Error::NotBoolean),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn on_object(expression: &str) -> Result<bool, Error> {
        let object = json!({
            "metadata": {"generation": 3, "name": "a"},
            "status": {"conditions": [{"type": "Ready", "status": "True", "observedGeneration": 3}], "phase": "Bound", "replicas": 2},
        });
        holds(expression, &object.to_string())
    }

    #[test]
    fn the_condition_of_our_own_kinds_holds_on_a_ready_object() {
        let expression = "status.conditions.filter(c, c.type == 'Ready').all(c, c.status == 'True' && c.observedGeneration == metadata.generation)";
        assert_eq!(on_object(expression), Ok(true));
    }

    #[test]
    fn comparisons_and_string_functions_work() {
        assert_eq!(on_object("status.phase == 'Bound' && status.replicas >= 2"), Ok(true));
        assert_eq!(on_object("status.phase.startsWith('Pend')"), Ok(false));
        assert_eq!(on_object("has(status.phase) && !has(status.missing)"), Ok(true));
        assert_eq!(on_object("'x' in ['x', 'y']"), Ok(true));
    }

    #[test]
    fn what_cannot_be_answered_is_one_of_three_errors() {
        assert!(matches!(on_object("status.phase =="), Err(Error::Unparsable(_))));
        assert!(check("status.phase ==").is_err() && check("status.phase == 'a'").is_ok());
        assert!(matches!(on_object("status.absent == 'x'"), Err(Error::Unevaluable(_))));
        assert_eq!(on_object("status.phase"), Err(Error::NotBoolean));
        assert!(matches!(holds("true", "{"), Err(Error::Unevaluable(_))));
    }
}
