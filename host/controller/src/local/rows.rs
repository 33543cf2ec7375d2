//! The results of a pass, for the screen and the exit code.

use crate::pipeline::requeue::Requeue;
use crate::pipeline::set::Environment;
use orangery_core::NamespacedName;
use orangery_core::combine::{PROVIDER_KIND, SET_KIND};
use orangery_core::spec::ProviderType;
use orangery_egress::RequestTrace;

/// A provider after a pass.
#[derive(Debug)]
pub struct ProviderRow {
    /// The provider, by namespace and name.
    pub name: NamespacedName,
    /// The type, from `spec.type`.
    pub provider_type: ProviderType,
    /// How many inputs it exports.
    pub inputs: usize,
    /// Whether its Ready condition is true.
    pub ready: bool,
    /// The message of its Ready condition, and of its abnormal conditions.
    pub message: String,
    /// When to poll again.
    pub requeue: Requeue,
    /// What was asked of the network.
    pub requests: Vec<RequestTrace>,
}

/// A set after a pass.
#[derive(Debug)]
pub struct SetRow {
    /// The set, by namespace and name.
    pub name: NamespacedName,
    /// How many objects it owns.
    pub objects: usize,
    /// Whether its Ready condition is true.
    pub ready: bool,
    /// The message of its Ready condition, and of its abnormal conditions.
    pub message: String,
    /// What was created, changed and deleted: `Kind/ns/name created`.
    pub changes: Vec<String>,
    /// How many deletions are held.
    pub held: usize,
    /// One for each input.
    pub environments: Vec<Environment>,
}

/// The results of a pass.
#[derive(Debug, Default)]
pub struct Pass {
    /// The providers that were polled.
    pub providers: Vec<ProviderRow>,
    /// The sets of the pass, in order.
    pub sets: Vec<SetRow>,
    /// Remarks about the whole.
    pub notices: Vec<String>,
}

impl Pass {
    /// Why not everything is ready; empty if it is.
    #[must_use]
    pub fn unready(&self) -> Vec<String> {
        let providers = self
            .providers
            .iter()
            .filter(|row| !row.ready)
            .map(|row| format!("{PROVIDER_KIND}/{}: {}", row.name, row.message));
        let sets = self
            .sets
            .iter()
            .filter(|row| !row.ready || row.held > 0)
            .map(|row| format!("{SET_KIND}/{}: {}", row.name, row.message));
        providers.chain(sets).collect()
    }
}

impl ProviderRow {
    /// ✔ if the provider is ready, otherwise ✗.
    #[must_use]
    pub fn mark(&self) -> &'static str {
        if self.ready { "✔" } else { "✗" }
    }
}

impl SetRow {
    /// ✔ if the set is ready and none of its deletions is held, otherwise ✗.
    #[must_use]
    pub fn mark(&self) -> &'static str {
        if self.ready && self.held == 0 { "✔" } else { "✗" }
    }
}
