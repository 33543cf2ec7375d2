//! The model of a `ResourceSet`.

use super::{Cadence, LabelSelector, SpecError};
use crate::combine::Strategy;
use crate::conditions::Notice;
use crate::desired::{CommonMetadata, OnDuplicate};
use crate::guard::GuardPolicy;
use crate::input::NamespacedName;
use crate::keys;
use crate::plan::Owner;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::time::Duration;

/// One entry of `spec.inputsFrom`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InputsFrom {
    /// The provider of this name.
    Name(String),
    /// All providers with these labels.
    Selector(LabelSelector),
}

/// The renderer of `spec.renderer`.
#[derive(Debug, Clone, PartialEq)]
pub struct RendererSpec {
    /// The renderer's name.
    pub name: String,
    /// The configuration of the renderer.
    pub config: Value,
}

/// One step; a set without `spec.steps` has one without a name.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StepSpec {
    /// The name of the step.
    pub name: Option<String>,
    /// Templates of one object each.
    pub resources: Vec<Value>,
    /// A template of many documents.
    pub resources_template: Option<String>,
    /// How long to wait for readiness after it.
    pub timeout: Option<Duration>,
}

/// One entry of `spec.dependsOn`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    /// The API version of the object.
    pub api_version: String,
    /// The kind of the object.
    pub kind: String,
    /// The name of the object.
    pub name: String,
    /// Namespace; never defaulted.
    pub namespace: Option<String>,
    /// Whether it must be ready, and not only exist.
    pub ready: bool,
    /// A CEL expression that says when it is ready.
    pub ready_expr: Option<String>,
}

/// A `ResourceSet` after parsing.
#[derive(Debug, Clone, PartialEq)]
pub struct SetSpec {
    /// Namespace and name.
    pub name: NamespacedName,
    /// The annotations of the object.
    pub annotations: BTreeMap<String, String>,
    /// The strategy, from `spec.inputStrategy`.
    pub strategy: Strategy,
    /// The inputs of the set itself, from `spec.inputs`.
    pub inputs: Vec<Map<String, Value>>,
    /// The providers to read, from `spec.inputsFrom`.
    pub inputs_from: Vec<InputsFrom>,
    /// `spec.steps`, or one step of `spec.resources` and `spec.resourcesTemplate`.
    pub steps: Vec<StepSpec>,
    /// The objects to wait for, from `spec.dependsOn`.
    pub depends_on: Vec<Dependency>,
    /// The service account to impersonate, from `spec.serviceAccountName`.
    pub service_account: Option<String>,
    /// Whether to wait for readiness, from `spec.wait`.
    pub wait: bool,
    /// The labels and annotations of every object, from `spec.commonMetadata`.
    pub common_metadata: CommonMetadata,
    /// The renderer, from `spec.renderer`; the Go-template renderer if absent.
    pub renderer: Option<RendererSpec>,
}

impl SetSpec {
    /// Checks the rules that hold wherever a set comes from, also from a file. Flux Operator checks the same ones in code.
    ///
    /// # Errors
    /// The field to blame.
    pub fn check(&self) -> Result<(), SpecError> {
        let empty = |step: &StepSpec| {
            step.resources.is_empty() && step.resources_template.as_deref().unwrap_or_default().is_empty()
        };
        if let Some((index, step)) = self.steps.iter().enumerate().find(|(_, step)| empty(step)) {
            return Err(match &step.name {
                Some(name) => SpecError::new(
                    format!("spec.steps[{index}]"),
                    format!("step \"{name}\": at least one of resources or resourcesTemplate must be set"),
                ),
                None => SpecError::new("spec", "at least one of steps, resources or resourcesTemplate must be set"),
            });
        }
        for (index, step) in self.steps.iter().enumerate() {
            if let Some(number) = step.resources.iter().position(|resource| !resource.is_object()) {
                let within = if step.name.is_some() { format!("steps[{index}].") } else { String::new() };
                let field = format!("spec.{within}resources[{number}]");
                return Err(SpecError::new(field.clone(), format!("{field} must be an object")));
            }
        }
        Ok(())
    }

    /// Whether it names providers at all: then no inputs means no objects.
    #[must_use]
    pub fn reads_providers(&self) -> bool {
        !self.inputs_from.is_empty()
    }

    /// When and how long it is reconciled.
    #[must_use]
    pub fn cadence(&self) -> Cadence {
        Cadence::of_set(&self.annotations)
    }

    /// How long to wait for readiness after a step: always after one that others follow, after the last one if `spec.wait`.
    #[must_use]
    pub fn wait_after(&self, index: usize) -> Option<Duration> {
        let step = self.steps.get(index)?;
        let last = index + 1 == self.steps.len();
        (!last || self.wait).then(|| step.timeout.unwrap_or_else(|| self.cadence().timeout))
    }

    /// Who owns what it makes. `default_account` is the operator's `--default-service-account`.
    #[must_use]
    pub fn owner(&self, default_account: Option<&str>) -> Owner {
        let given = |text: &&str| !text.is_empty();
        let account = self.service_account.as_deref().filter(given).or(default_account.filter(given));
        Owner {
            name: self.name.clone(),
            service_account: account.map(str::to_owned),
            force: self.annotations.get(keys::FORCE).is_some_and(|word| word.eq_ignore_ascii_case("enabled")),
        }
    }

    /// What to do with unequal objects of one identity; `default` is the command line's `--strict`.
    #[must_use]
    pub fn on_duplicate(&self, default: OnDuplicate) -> OnDuplicate {
        match self.annotations.get(keys::ON_DUPLICATE).map(String::as_str) {
            Some(word) if word.eq_ignore_ascii_case("error") => OnDuplicate::Error,
            _ => default,
        }
    }

    /// The prune guard's policy, and what is wrong with the annotations about it; `default` is the operator's.
    #[must_use]
    pub fn guard(&self, default: GuardPolicy) -> (GuardPolicy, Vec<Notice>) {
        default.with_annotations(&self.annotations)
    }

    /// The digest of the deletions that were approved.
    #[must_use]
    pub fn approved_prune(&self) -> Option<&str> {
        self.annotations.get(keys::APPROVE_PRUNE).map(String::as_str)
    }
}
