//! The specs of both custom resources as types: what the wire said, parsed once at the border and never again.

mod annotations;
mod artifact_selector;
mod provider;
mod provider_type;
mod rules;
mod selector;
mod set;

pub use annotations::{Cadence, LONGEST_TIMEOUT, Management};
pub use artifact_selector::{ArtifactScope, ArtifactSelector};
pub use provider::{ProviderSpec, ScheduleSpec};
pub use provider_type::{KNOWN_TYPES, ProviderType};
pub use selector::{LabelSelector, Requirement};
pub use set::{Dependency, InputsFrom, RendererSpec, SetSpec, StepSpec};

use crate::conditions::{Disposition, Explain, Reason};

/// A field that cannot work. Waits for a change of the manifest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SpecError {
    /// Path of the field, for example `spec.url`.
    pub field: String,
    /// What is wrong, in the words of the CRD's own rules where there is one.
    pub message: String,
}

impl SpecError {
    /// A field and what is wrong with it.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

impl Explain for SpecError {
    fn reason(&self) -> Reason {
        Reason::InvalidSpec
    }

    fn disposition(&self) -> Disposition {
        Disposition::WaitForChange
    }
}

#[cfg(test)]
mod tests;
