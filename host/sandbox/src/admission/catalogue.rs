//! The admitted plugins by type and by renderer name.
//!
//! A plugin that the user gave does not replace a bundled one unless that is allowed ([`Shadowing`]); then it wins,
//! whatever the order of admission. Two plugins of the same provenance that claim the same name are an error that
//! names both, because the choice would otherwise depend on the order of flags.

use crate::admission::admit::name_of;
use crate::admission::error::AdmitError;
use crate::admission::plugin::Plugin;
use crate::calls::CallError;
use crate::plugin::describe::notices_of;
use crate::plugin::{PluginDescription, Shadowing};
use orangery_core::ServedType;
use std::collections::BTreeMap;
use std::sync::Arc;

/// All admitted plugins.
#[derive(Default)]
pub(crate) struct Catalogue {
    plugins: Vec<Arc<Plugin>>,
    types: BTreeMap<String, Arc<Plugin>>,
    renderers: BTreeMap<String, Arc<Plugin>>,
}

impl Catalogue {
    /// Adds a plugin with everything that it claims, or refuses it as a whole. The same component given twice is one
    /// plugin.
    pub(crate) fn add(&mut self, plugin: Arc<Plugin>) -> Result<Arc<Plugin>, AdmitError> {
        let digest = &plugin.reference().digest;
        if let Some(there) = self.plugins.iter().find(|other| &other.reference().digest == digest) {
            return Ok(Arc::clone(there));
        }
        let description = &plugin.description;
        let types = description.types.iter().map(|ty| ty.name.as_str());
        let won_types = won(&self.types, types, description, "type")?;
        let won_renderers = won(&self.renderers, description.renderer().into_iter(), description, "renderer")?;
        for name in won_types {
            self.types.insert(name, Arc::clone(&plugin));
        }
        for name in won_renderers {
            self.renderers.insert(name, Arc::clone(&plugin));
        }
        self.plugins.push(Arc::clone(&plugin));
        Ok(plugin)
    }

    /// The bundled plugins by name, then those of the user in the order given. Bundled ones are sorted because they are
    /// compiled in parallel and arrive in any order.
    pub(crate) fn descriptions(&self) -> Vec<PluginDescription> {
        let mut all: Vec<_> = self.plugins.iter().map(|plugin| plugin.description.clone()).collect();
        all.sort_by_cached_key(|plugin| {
            (!plugin.source.bundled, plugin.source.bundled.then(|| plugin.plugin.name.clone()))
        });
        all
    }

    /// The plugin that lists inputs of this type.
    pub(crate) fn of_type(&self, provider_type: &str) -> Result<Arc<Plugin>, CallError> {
        found(&self.types, provider_type, "type")
    }

    /// The plugin that has this renderer name.
    pub(crate) fn of_renderer(&self, name: &str) -> Result<Arc<Plugin>, CallError> {
        found(&self.renderers, name, "renderer")
    }

    /// The plugin that takes notices for this provider type or channel, and the name of the schema of their
    /// configuration. One that the user gave comes before a bundled one.
    pub(crate) fn notifier_of(&self, type_name: &str) -> Result<(Arc<Plugin>, String), CallError> {
        let given_first = [false, true]
            .into_iter()
            .flat_map(|bundled| self.plugins.iter().filter(move |plugin| plugin.description.source.bundled == bundled));
        let mut others = Vec::new();
        for plugin in given_first {
            for notices in &plugin.description.manifest.notifies {
                if notices.of.name() == type_name {
                    let own = notices_of(&notices.of);
                    let schema = if plugin.schemas.contains_key(&own) { own } else { type_name.to_owned() };
                    return Ok((Arc::clone(plugin), schema));
                }
                others.push(notices.of.name());
            }
        }
        Err(CallError::Missing {
            what: format!("notices of the type '{}'", crate::guest::text::cut(type_name, 128).escape_debug()),
            offer: if others.is_empty() {
                "load a plugin that exports notifier for it".to_owned()
            } else {
                format!("loaded plugins tell those of: {}", others.join(", "))
            },
        })
    }

    /// What the plugin of this type declares about it.
    pub(crate) fn served_type(&self, provider_type: &str) -> Option<ServedType> {
        self.types.get(provider_type)?.description.types.iter().find(|ty| ty.name == provider_type).cloned()
    }
}

/// The names that go to the new plugin, whether they were free or another plugin's.
fn won<'a>(
    taken: &BTreeMap<String, Arc<Plugin>>,
    claimed: impl Iterator<Item = &'a str>,
    claimant: &PluginDescription,
    claim: &'static str,
) -> Result<Vec<String>, AdmitError> {
    let mut won = Vec::new();
    for name in claimed {
        let what = || format!("the {claim} {name}");
        let Some(holder) = taken.get(name).map(|holder| &holder.description) else {
            won.push(name.to_owned());
            continue;
        };
        if holder.source.bundled == claimant.source.bundled {
            return Err(AdmitError::Taken {
                what: what(),
                other: name_of(holder),
                other_source: holder.source.clone(),
            });
        }
        let (given, bundled) = if claimant.source.bundled { (holder, claimant) } else { (claimant, holder) };
        if given.source.shadowing == Shadowing::Refused {
            let (given, bundled) = (name_of(given), bundled.plugin.to_string());
            return Err(AdmitError::Shadows { given, what: what(), claim, bundled });
        }
        if !claimant.source.bundled {
            won.push(name.to_owned());
        }
    }
    Ok(won)
}

fn found(map: &BTreeMap<String, Arc<Plugin>>, name: &str, what: &str) -> Result<Arc<Plugin>, CallError> {
    map.get(name).cloned().ok_or_else(|| CallError::Missing {
        what: format!("the {what} '{}'", crate::guest::text::cut(name, 128).escape_debug()),
        offer: if map.is_empty() {
            format!("no plugin with a {what} is loaded")
        } else {
            let names: Vec<_> = map.keys().map(String::as_str).collect();
            format!("loaded plugins serve: {}", names.join(", "))
        },
    })
}
