//! `dependsOn[].readyExpr`: Common Expression Language over the fields of one object.

use cel::{Context, Env, Program, Value as CelValue};
use orangery_core::{Disposition, Explain, Reason};
use serde_json::Value;

/// A `readyExpr` that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ExpressionError {
    /// It does not parse.
    #[error("failed to parse expression '{expression}': {message}")]
    Parse {
        /// The expression as written.
        expression: String,
        /// What the parser said.
        message: String,
    },
    /// It cannot be evaluated on this object.
    #[error("failed to evaluate CEL expression '{expression}': {message}")]
    Evaluate {
        /// The expression as written.
        expression: String,
        /// What went wrong.
        message: String,
    },
    /// It does not yield true or false.
    #[error("failed to evaluate CEL expression as boolean: '{expression}'")]
    NotBoolean {
        /// The expression as written.
        expression: String,
    },
}

impl Explain for ExpressionError {
    fn reason(&self) -> Reason {
        match self {
            Self::Parse { .. } => Reason::InvalidCELExpression,
            Self::Evaluate { .. } | Self::NotBoolean { .. } => Reason::DependencyNotReady,
        }
    }

    fn disposition(&self) -> Disposition {
        match self {
            Self::Parse { .. } => Disposition::WaitForChange,
            Self::Evaluate { .. } | Self::NotBoolean { .. } => Disposition::Retry,
        }
    }
}

/// A parsed expression.
pub struct ReadyExpression {
    source: String,
    program: Program,
}

impl ReadyExpression {
    /// Parses.
    ///
    /// # Errors
    /// [`ExpressionError::Parse`].
    pub fn parse(source: &str) -> Result<Self, ExpressionError> {
        let program = Env::stdlib()
            .compile(source)
            .map_err(|error| ExpressionError::Parse { expression: source.to_owned(), message: error.to_string() })?;
        Ok(Self { source: source.to_owned(), program })
    }

    /// Evaluates on an object: its top-level fields are the variables.
    ///
    /// # Errors
    /// A field is missing, types do not fit, or the result is not a boolean.
    pub fn holds(&self, object: &Value) -> Result<bool, ExpressionError> {
        let failed = |message: String| ExpressionError::Evaluate { expression: self.source.clone(), message };
        let mut context = Context::default();
        for (field, value) in object.as_object().into_iter().flatten() {
            let value = cel::to_value(value).map_err(|error| failed(error.to_string()))?;
            context.add_variable_from_value(field.as_str(), value);
        }
        match self.program.execute(&context).map_err(|error| failed(error.to_string()))? {
            CelValue::Bool(holds) => Ok(holds),
            _ => Err(ExpressionError::NotBoolean { expression: self.source.clone() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn holds(expression: &str) -> Result<bool, ExpressionError> {
        let object = json!({
            "metadata": {"generation": 3, "name": "a"},
            "status": {"conditions": [{"type": "Ready", "status": "True", "observedGeneration": 3}], "phase": "Bound", "replicas": 2},
        });
        ReadyExpression::parse(expression)?.holds(&object)
    }

    #[test]
    fn the_built_in_expression_of_the_reference_holds_on_a_ready_object() {
        let expression = "status.conditions.filter(c, c.type == 'Ready').all(c, c.status == 'True' && c.observedGeneration == metadata.generation)";
        assert!(holds(expression).unwrap());
    }

    #[test]
    fn comparisons_and_string_functions_work() {
        assert!(holds("status.phase == 'Bound' && status.replicas >= 2").unwrap());
        assert!(!holds("status.phase.startsWith('Pend')").unwrap());
        assert!(holds("has(status.phase) && !has(status.missing)").unwrap());
        assert!(holds("'x' in ['x', 'y']").unwrap());
    }

    #[test]
    fn an_expression_that_does_not_parse_waits_for_a_change() {
        let error = ReadyExpression::parse("status.phase ==").err().unwrap();
        assert_eq!(error.reason(), Reason::InvalidCELExpression);
        assert_eq!(error.disposition(), Disposition::WaitForChange);
        assert!(error.to_string().contains("status.phase =="), "{error}");
    }

    #[test]
    fn a_missing_field_and_a_result_that_is_no_boolean_are_retried() {
        assert_eq!(holds("status.absent == 'x'").unwrap_err().disposition(), Disposition::Retry);
        let error = holds("status.phase").unwrap_err();
        assert!(error.to_string().contains("as boolean: 'status.phase'"), "{error}");
    }
}
