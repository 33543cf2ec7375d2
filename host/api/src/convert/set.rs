//! Converts a `ResourceSet` into a [`SetSpec`].

use super::{given, label_selector};
use crate::set::{Dependency, InputProviderReference, InputStrategy, ResourceSet, Step};
use kube::ResourceExt;
use orangery_core::combine::{EmptySources, IdFrom, Strategy};
use orangery_core::desired::CommonMetadata;
use orangery_core::spec::{self, InputsFrom, RendererSpec, SetSpec, SpecError, StepSpec};
use orangery_core::{NamespacedName, duration};
use serde_json::Value;

impl TryFrom<&ResourceSet> for SetSpec {
    type Error = SpecError;

    /// Checks what Flux Operator checks in code. The rules of the CRD between fields are not checked, because Flux
    /// Operator's command line accepts sets that break them.
    fn try_from(set: &ResourceSet) -> Result<Self, SpecError> {
        let wire = &set.spec;
        let spec = Self {
            name: NamespacedName::new(set.namespace().unwrap_or_default(), set.name_any()),
            annotations: set.annotations().clone(),
            strategy: strategy(wire.input_strategy.as_ref())?,
            inputs: wire.inputs.clone().unwrap_or_default(),
            inputs_from: inputs_from(set)?,
            steps: steps(set)?,
            depends_on: wire.depends_on.iter().flatten().map(dependency).collect(),
            service_account: given(wire.service_account_name.as_ref()),
            wait: wire.wait.unwrap_or_default(),
            common_metadata: wire
                .common_metadata
                .as_ref()
                .map(|common| CommonMetadata { labels: common.labels.clone(), annotations: common.annotations.clone() })
                .unwrap_or_default(),
            renderer: wire.renderer.as_ref().map(|renderer| RendererSpec {
                name: renderer.name.clone(),
                config: Value::Object(renderer.config.clone().unwrap_or_default()),
            }),
        };
        spec.check()?;
        Ok(spec)
    }
}

/// The references to providers that a set reads.
///
/// # Errors
/// A reference has neither name nor selector, or its selector breaks a rule.
pub fn inputs_from(set: &ResourceSet) -> Result<Vec<InputsFrom>, SpecError> {
    let wire = set.spec.inputs_from.as_deref().unwrap_or_default();
    wire.iter().enumerate().map(|(index, from)| reference(index, from)).collect()
}

fn strategy(wire: Option<&InputStrategy>) -> Result<Strategy, SpecError> {
    let Some(wire) = wire else { return Ok(Strategy::Flatten) };
    match wire.name.as_str() {
        "" | "Flatten" => Ok(Strategy::Flatten),
        "Permute" => Ok(Strategy::Permute {
            empty: match wire.include_empty_providers {
                Some(true) => EmptySources::Counted,
                Some(false) | None => EmptySources::LeftOut,
            },
            id_from: match wire.id_from.as_deref() {
                None | Some("" | "Position") => IdFrom::Position,
                Some("Content") => IdFrom::Content,
                Some(other) => {
                    let message =
                        format!("spec.inputStrategy.idFrom is '{other}', which is neither Position nor Content");
                    return Err(SpecError::new("spec.inputStrategy.idFrom", message));
                }
            },
        }),
        other => Err(SpecError::new("spec.inputStrategy.name", format!("unknown input strategy: '{other}'"))),
    }
}

/// If both are set, the name wins, as in Flux Operator's command line; the API server refuses both before.
fn reference(index: usize, wire: &InputProviderReference) -> Result<InputsFrom, SpecError> {
    let field = format!("spec.inputsFrom[{index}]");
    if let Some(name) = given(wire.name.as_ref()) {
        return Ok(InputsFrom::Name(name));
    }
    match &wire.selector {
        Some(selector) => label_selector(selector, &format!("{field}.selector")).map(InputsFrom::Selector),
        None => Err(SpecError::new(field, "input provider reference must have either name or selector set")),
    }
}

fn steps(set: &ResourceSet) -> Result<Vec<StepSpec>, SpecError> {
    let wire = &set.spec;
    let steps = wire.steps.as_deref().unwrap_or_default();
    let resources = wire.resources.clone().unwrap_or_default();
    let template = given(wire.resources_template.as_ref());
    if steps.is_empty() {
        return Ok(vec![StepSpec { name: None, resources, resources_template: template, timeout: None }]);
    }
    if !resources.is_empty() || template.is_some() {
        let message = "spec.steps is mutually exclusive with spec.resources and spec.resourcesTemplate";
        return Err(SpecError::new("spec.steps", message));
    }
    steps.iter().enumerate().map(|(index, step)| convert(index, step)).collect()
}

fn convert(index: usize, step: &Step) -> Result<StepSpec, SpecError> {
    let field = format!("spec.steps[{index}].timeout");
    let timeout = given(step.timeout.as_ref()).map(|text| duration::parse(&text)).transpose();
    Ok(StepSpec {
        name: Some(step.name.clone()),
        resources: step.resources.clone().unwrap_or_default(),
        resources_template: given(step.resources_template.as_ref()),
        timeout: timeout.map_err(|error| SpecError::new(field.clone(), format!("{field}: {error}")))?,
    })
}

fn dependency(wire: &Dependency) -> spec::Dependency {
    spec::Dependency {
        api_version: wire.api_version.clone(),
        kind: wire.kind.clone(),
        name: wire.name.clone(),
        namespace: given(wire.namespace.as_ref()),
        ready: wire.ready.unwrap_or_default(),
        ready_expr: given(wire.ready_expr.as_ref()),
    }
}
