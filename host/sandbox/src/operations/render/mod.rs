//! Rendering: every template with every input, each batch in a store of its own, in a fixed order.
//!
//! # Guarantees
//! There is one entry for each input, in the order of the inputs, however the work was split and whichever call ended
//! first. Equal requests have byte-equal answers. If an input breaks the renderer, the error is that of its own
//! entry; the whole rendering fails only if the renderer breaks on many inputs.

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

/// A template and where it stands in the manifest.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// Its path in the manifest, for example `spec.resources[2]`.
    pub path: String,
    /// The structure or text to render.
    pub body: TemplateBody,
}

/// An input as a template sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct RenderInput {
    /// The name of the input for messages.
    pub label: String,
    /// The `uid` of the input, 16 hexadecimal characters.
    pub uid: String,
    /// The values that templates see.
    pub attributes: Attributes,
    /// The dotted paths of values that an outsider chose.
    pub untrusted: Vec<String>,
}

/// A request to render all templates with all inputs.
#[derive(Debug, Clone, PartialEq)]
pub struct RenderRequest {
    /// The set that is rendered, as `Kind/namespace/name`.
    pub consumer: Consumer,
    /// The name of the renderer, from `spec.renderer.name`.
    pub renderer: String,
    /// `spec.renderer.config`; `Null` if absent.
    pub config: Value,
    /// The templates, in the order of the manifest.
    pub templates: Vec<Template>,
    /// The inputs, in the order of the entries to return.
    pub inputs: Vec<RenderInput>,
    /// Whether the set has no inputs: then every template is rendered once, and there is one entry.
    pub inputless: bool,
    /// The time that the renderer's clock shows.
    pub now: Timestamp,
    /// The seed of the renderer's randomness.
    pub seed: u64,
}

/// One rendered object and the template that it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct RenderedObject {
    /// The index into the templates of the request.
    pub template: usize,
    /// The text of the object, which is known to be a JSON object.
    pub object: Arc<str>,
}

/// The objects of one input.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rendering {
    /// The objects, in the order of the templates and of the documents within each.
    pub objects: Vec<RenderedObject>,
    /// The renderer's remarks for the user.
    pub notes: Vec<Note>,
}

/// Why an input was not rendered.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum InputError {
    /// The renderer answered with an error.
    #[error("{label}: {said}")]
    Answered {
        /// The name of the input.
        label: String,
        /// The error of the renderer.
        said: GuestFailure,
    },
    /// The renderer faulted on this input.
    #[error("{label}: the renderer {fault}")]
    Faulted {
        /// The name of the input.
        label: String,
        /// The way in which it faulted.
        fault: Fault,
    },
    /// The renderer faulted on this input or on another one of its batch, and the time to find out which was up.
    #[error(
        "{label} was not rendered: there are too many inputs on which the renderer breaks to find each of them in time (it {fault}); correct those that are named"
    )]
    NotIsolated {
        /// The name of the input.
        label: String,
        /// The last fault of the renderer.
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
            // A renderer is pure: the same input would break it again.
            Self::Faulted { .. } => Disposition::WaitForChange,
            // What was rendered is cached by then, so the next search has fewer inputs to go through.
            Self::NotIsolated { .. } => Disposition::Retry,
        }
    }
}

/// One entry for each input.
pub type Entries = Vec<Result<Rendering, InputError>>;
