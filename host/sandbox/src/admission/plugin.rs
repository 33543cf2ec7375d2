//! An admitted plugin: its description, and what a call into it needs.

use crate::calls::FairSemaphore;
use crate::instance::store::CallState;
use crate::plugin::schema::Schema;
use crate::plugin::{PluginDescription, PluginRef};
use std::collections::BTreeMap;
use std::sync::Arc;
use wasmtime::component::InstancePre;

/// A plugin that may be called.
pub(crate) struct Plugin {
    /// Shared with every error that names the plugin.
    pub(crate) reference: Arc<PluginRef>,
    pub(crate) description: PluginDescription,
    pub(crate) pre: InstancePre<CallState>,
    pub(crate) schemas: BTreeMap<String, Schema>,
    /// Bounds the calls of this plugin that compute at once.
    pub(crate) computing: Arc<FairSemaphore>,
}

impl Plugin {
    pub(crate) fn reference(&self) -> &Arc<PluginRef> {
        &self.reference
    }
}
