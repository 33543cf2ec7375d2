//! One ResourceSet and one provider from their spec to an outcome, without a Kubernetes client.

pub mod build;
pub mod conclusion;
pub mod converge;
pub(crate) mod offload;
pub mod progress;
pub mod provider;
pub mod requeue;
pub mod secrets;
pub mod set;

use orangery_core::GuardPolicy;
use orangery_sandbox::Sandbox;

/// What reconciling a ResourceSet needs beside the set itself. One for the process.
#[derive(Clone)]
pub struct Pipeline {
    /// Renders templates and evaluates expressions.
    pub sandbox: Sandbox,
    /// When deletions are held, unless a ResourceSet says otherwise.
    pub guard: GuardPolicy,
}
