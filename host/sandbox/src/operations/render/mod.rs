//! Rendering: every template with every input, in stores of their own, in one order.
//!
//! # Guarantees
//! One entry for each input, in the order of the inputs, however the work was cut and whichever call ended first. Same
//! request, byte-same answer. An input that breaks the renderer is its own entry's error; only a renderer that breaks
//! on many inputs fails the whole.

mod batch;
mod cache;
mod entries;
mod fault_search;
mod run;

pub(crate) use cache::RenderCache;

use crate::consumer::Consumer;
use crate::guest::failure::{GuestFailure, Note};
use crate::guest::fault::Fault;
use orangery_core::{Attributes, Disposition, Explain, Reason, Timestamp};
use serde_json::Value;
use std::sync::Arc;

/// The body of a template.
#[derive(Debug, Clone, PartialEq)]
pub enum TemplateBody {
    /// One structured object of `resources`.
    Object(Value),
    /// The text of `resourcesTemplate`.
    Text(String),
}

/// One template.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// Its path in the manifest, for example `spec.resources[2]`.
    pub path: String,
    /// What to render.
    pub body: TemplateBody,
}

/// One input set.
#[derive(Debug, Clone, PartialEq)]
pub struct RenderInput {
    /// Who it is, for messages.
    pub label: String,
    /// Its stable digest, 16 hexadecimal characters.
    pub uid: String,
    /// What templates see.
    pub attributes: Attributes,
    /// The dotted paths whose values an outsider chose.
    pub untrusted: Vec<String>,
}

/// One rendering.
#[derive(Debug, Clone, PartialEq)]
pub struct RenderRequest {
    /// On whose behalf: `Kind/namespace/name`.
    pub consumer: Consumer,
    /// `spec.renderer.name`.
    pub renderer: String,
    /// `spec.renderer.config`; `Null` if absent.
    pub config: Value,
    /// The templates, in order.
    pub templates: Vec<Template>,
    /// The inputs, in order.
    pub inputs: Vec<RenderInput>,
    /// There are no inputs at all: every template is rendered once, and there is one entry.
    pub inputless: bool,
    /// The renderer's only clock.
    pub now: Timestamp,
    /// The renderer's only randomness.
    pub seed: u64,
}

/// One object and where it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct RenderedObject {
    /// Index into the templates of the request.
    pub template: usize,
    /// Its JSON, an object for certain.
    pub object: Arc<str>,
}

/// What one input gave.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rendering {
    /// In the order of the templates, and of the documents within each.
    pub objects: Vec<RenderedObject>,
    /// Remarks for the user.
    pub notes: Vec<Note>,
}

/// Why one input gave nothing.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum InputError {
    /// The renderer says so.
    #[error("{label}: {said}")]
    Answered {
        /// Which input.
        label: String,
        /// What it said.
        said: GuestFailure,
    },
    /// The renderer broke on it.
    #[error("{label}: the renderer {fault}")]
    Faulted {
        /// Which input.
        label: String,
        /// How.
        fault: Fault,
    },
    /// The renderer broke on it, or on an input beside it, when the time to look for single inputs was up.
    #[error(
        "{label} was not rendered: there are too many inputs on which the renderer breaks to find each of them in time (it {fault}); correct those that are named"
    )]
    NotIsolated {
        /// Which input.
        label: String,
        /// How the renderer broke last.
        fault: Fault,
    },
}

impl Explain for InputError {
    fn reason(&self) -> Reason {
        match self {
            Self::Answered { .. } | Self::Faulted { .. } | Self::NotIsolated { .. } => Reason::BuildFailed,
        }
    }

    fn disposition(&self) -> Disposition {
        match self {
            Self::Answered { said, .. } => said.disposition(),
            // A renderer is pure: the same input breaks it again.
            Self::Faulted { .. } => Disposition::WaitForChange,
            // What is rendered by then is remembered, so that the next search has less to look through.
            Self::NotIsolated { .. } => Disposition::Retry,
        }
    }
}

/// One entry for each input.
pub type Entries = Vec<Result<Rendering, InputError>>;
