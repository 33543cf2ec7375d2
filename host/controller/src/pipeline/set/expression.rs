//! `dependsOn[].readyExpr`: Common Expression Language over the fields of one object. Tenants write the expressions, so the
//! sandbox's evaluator runs them.

use orangery_core::{Disposition, Explain, Reason};
use orangery_sandbox::{EvaluationError, Evaluations, ExpressionProblem};
use serde_json::Value;

/// Characters of an expression that a message shows.
const SHOWN: usize = 512;

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
    /// It passed a limit before it had a value.
    #[error("failed to evaluate CEL expression '{expression}': {cause}; simplify it")]
    Unaffordable {
        /// The expression as written.
        expression: String,
        /// The limit that was exceeded.
        #[source]
        cause: EvaluationError,
    },
}

impl Explain for ExpressionError {
    fn reason(&self) -> Reason {
        match self {
            Self::Parse { .. } | Self::Unaffordable { .. } => Reason::InvalidCELExpression,
            Self::Evaluate { .. } | Self::NotBoolean { .. } => Reason::DependencyNotReady,
        }
    }

    fn disposition(&self) -> Disposition {
        match self {
            Self::Parse { .. } => Disposition::WaitForChange,
            Self::Evaluate { .. } | Self::NotBoolean { .. } => Disposition::Retry,
            Self::Unaffordable { cause, .. } => cause.disposition(),
        }
    }
}

/// Parses expressions; the error comes with the index of the one that is to blame.
///
/// # Errors
/// [`ExpressionError::Parse`] or [`ExpressionError::Unaffordable`].
pub async fn check(evaluations: &mut Evaluations<'_>, expressions: &[&str]) -> Result<(), (usize, ExpressionError)> {
    let texts = expressions.iter().map(|expression| (*expression).to_owned()).collect();
    let shown = |index: usize| shown(expressions.get(index).copied().unwrap_or_default());
    match evaluations.check_expressions(texts).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err((index, message))) => Err((index, ExpressionError::Parse { expression: shown(index), message })),
        Err(cause) => Err((0, ExpressionError::Unaffordable { expression: shown(0), cause })),
    }
}

/// Evaluates an expression on an object: its top-level fields are the variables.
///
/// # Errors
/// A field is missing, types do not fit, the result is not a boolean, or a limit was passed.
pub async fn holds(
    evaluations: &mut Evaluations<'_>,
    expression: &str,
    object: &Value,
) -> Result<bool, ExpressionError> {
    let text = || shown(expression);
    match evaluations.holds(expression, object).await {
        Ok(Ok(holds)) => Ok(holds),
        Ok(Err(ExpressionProblem::Unparsable(message))) => Err(ExpressionError::Parse { expression: text(), message }),
        Ok(Err(ExpressionProblem::Unevaluable(message))) => {
            Err(ExpressionError::Evaluate { expression: text(), message })
        }
        Ok(Err(ExpressionProblem::NotBoolean)) => Err(ExpressionError::NotBoolean { expression: text() }),
        Err(cause) => Err(ExpressionError::Unaffordable { expression: text(), cause }),
    }
}

/// The expression, or its beginning: conditions have a size.
pub(crate) fn shown(expression: &str) -> String {
    match expression.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", expression.get(..end).unwrap_or_default()),
        None => expression.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use orangery_sandbox::Fault;
    use std::time::Duration;

    #[test]
    fn an_expression_that_does_not_parse_waits_for_a_change_and_a_missing_field_is_tried_again() {
        let text = || "status.phase ==".to_owned();
        let parse = ExpressionError::Parse { expression: text(), message: "unexpected end".to_owned() };
        assert_eq!((parse.reason(), parse.disposition()), (Reason::InvalidCELExpression, Disposition::WaitForChange));
        assert!(parse.to_string().contains("status.phase =="), "{parse}");
        let evaluate = ExpressionError::Evaluate { expression: text(), message: "no such key".to_owned() };
        assert_eq!((evaluate.reason(), evaluate.disposition()), (Reason::DependencyNotReady, Disposition::Retry));
        let other = ExpressionError::NotBoolean { expression: "status.phase".to_owned() };
        assert!(other.to_string().contains("as boolean: 'status.phase'"), "{other}");
        assert_eq!(other.disposition(), Disposition::Retry);
    }

    #[test]
    fn an_expression_that_passed_a_limit_waits_for_a_change_unless_the_machine_was_slow() {
        let of = |fault| ExpressionError::Unaffordable {
            expression: shown(&"ü".repeat(600)),
            cause: EvaluationError::Faulted(fault),
        };
        let spent = of(Fault::OutOfCpu { budget: Duration::from_secs(2) });
        assert_eq!(spent.disposition(), Disposition::WaitForChange);
        assert!(spent.to_string().ends_with("ü…': the evaluation used up its 2s of processor time; simplify it"));
        assert_eq!(of(Fault::OutOfTime { deadline: Duration::from_secs(5) }).disposition(), Disposition::Retry);
    }
}
