//! Converts custom resources into the model, once, with errors that name the field.

mod provider;
mod set;

pub use set::inputs_from;

use crate::reference::{LabelRequirement, LabelSelector};
use orangery_core::spec::{self, Requirement, SpecError};
use std::collections::BTreeMap;

fn selector(
    labels: BTreeMap<String, String>,
    expressions: &[LabelRequirement],
    field: &str,
) -> Result<spec::LabelSelector, SpecError> {
    let requirements = expressions
        .iter()
        .enumerate()
        .map(|(index, one)| {
            Requirement::parse(&one.key, &one.operator, &one.values, &format!("{field}.matchExpressions[{index}]"))
        })
        .collect::<Result<_, _>>()?;
    Ok(spec::LabelSelector { match_labels: labels, requirements })
}

fn label_selector(wire: &LabelSelector, field: &str) -> Result<spec::LabelSelector, SpecError> {
    selector(wire.match_labels.clone(), &wire.match_expressions, field)
}

/// A text that is present and not empty.
fn given(text: Option<&String>) -> Option<String> {
    text.filter(|text| !text.is_empty()).cloned()
}
