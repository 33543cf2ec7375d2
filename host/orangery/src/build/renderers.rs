//! The sandboxes of a build: one for each renderer that the sets name, started at the first use.

use crate::cli::BuildOptions;
use crate::sandbox;
use orangery_controller::pipeline::build;
use orangery_core::spec::SetSpec;
use orangery_sandbox::Sandbox;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// The running sandboxes by renderer.
#[derive(Default)]
pub(super) struct Renderers(BTreeMap<String, Sandbox>);

impl Renderers {
    /// The sandbox for the renderer of this set.
    ///
    /// # Errors
    /// A plugin cannot be loaded.
    pub(super) async fn of(&mut self, set: &SetSpec, options: &BuildOptions) -> anyhow::Result<&Sandbox> {
        let renderer = build::renderer(set);
        match self.0.entry(renderer.to_owned()) {
            Entry::Occupied(open) => Ok(open.into_mut()),
            Entry::Vacant(place) => Ok(place.insert(sandbox::open_renderer(&options.sandbox, renderer).await?)),
        }
    }
}
