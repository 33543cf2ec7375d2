//! `readyExpr`: Common Expression Language over the fields of one object.
//!
//! The libraries are those that Flux has: the standard one, optional values, strings, sets and encoders. Numbers compare across
//! their types. A test compares the answers with those of cel-go.

use crate::sets;
use cel::{Context, DeclarationError, Env, Program, Value as CelValue, extensions};
use serde_json::{Number, Value};
use std::collections::HashMap;
use std::sync::Arc;

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
    let env = libraries().map_err(|error| error.to_string())?;
    compile(&env, expression).map(|_| ())
}

fn libraries() -> Result<Env, DeclarationError> {
    let mut env = Env::stdlib();
    extensions::strings(&mut env)?;
    extensions::encoders(&mut env)?;
    sets::extension(&mut env)?;
    // As in cel-go: the last of two equal keys of a map literal counts.
    env.set_error_on_duplicate_map_keys(false);
    Ok(env)
}

fn compile(env: &Env, expression: &str) -> Result<Program, String> {
    env.compile(expression).map_err(|error| error.to_string())
}

/// Evaluates an expression on an object, a JSON document whose top-level fields are the variables.
///
/// # Errors
/// The expression does not parse, a field is missing, types do not fit, or the result is not a boolean.
pub fn holds(expression: &str, object: &str) -> Result<bool, Error> {
    let env = libraries().map_err(|error| Error::Unevaluable(error.to_string()))?;
    let program = compile(&env, expression).map_err(Error::Unparsable)?;
    let object: Value = serde_json::from_str(object).map_err(|error| Error::Unevaluable(error.to_string()))?;
    let mut context = Context::with_env(Arc::new(env));
    for (field, value) in object.as_object().into_iter().flatten() {
        context.add_variable_from_value(field.as_str(), variable(value));
    }
    match program.execute(&context).map_err(|error| Error::Unevaluable(error.to_string()))? {
        CelValue::Bool(holds) => Ok(holds),
        _ => Err(Error::NotBoolean),
    }
}

/// The value of a field. Whole numbers are `int`, as the Kubernetes client of Go decodes them; those beyond its range `double`.
fn variable(value: &Value) -> CelValue {
    match value {
        Value::Null => CelValue::Null,
        Value::Bool(value) => CelValue::Bool(*value),
        Value::Number(number) => numeric(number),
        Value::String(text) => CelValue::String(Arc::new(text.clone())),
        Value::Array(items) => CelValue::List(Arc::new(items.iter().map(variable).collect())),
        Value::Object(fields) => {
            let fields: HashMap<String, CelValue> =
                fields.iter().map(|(name, value)| (name.clone(), variable(value))).collect();
            CelValue::Map(fields.into())
        }
    }
}

fn numeric(number: &Number) -> CelValue {
    number.as_i64().map_or_else(|| number.as_f64().map_or(CelValue::Null, CelValue::Float), CelValue::Int)
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
    fn the_libraries_of_flux_are_there() {
        assert_eq!(on_object("status.?missing.orValue('x') == 'x'"), Ok(true));
        assert_eq!(on_object("status.phase.lowerAscii() == 'bound'"), Ok(true));
        assert_eq!(on_object("sets.contains(['Bound', 'Ready'], [status.phase])"), Ok(true));
        assert!(matches!(on_object("sets.contains([1], 1)"), Err(Error::Unevaluable(_))));
        assert_eq!(on_object("base64.decode('YQ==') == b'a'"), Ok(true));
    }

    #[test]
    fn whole_numbers_are_of_the_type_that_the_client_of_go_gives_them() {
        assert_eq!(on_object("type(status.replicas) == int && status.replicas + 1 == 3"), Ok(true));
        assert_eq!(holds("type(x) == double", r#"{"x": 18446744073709551615}"#), Ok(true));
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
