//! `orangery explain`: describes a provider type, from the manifest of the plugin that serves it.

mod configuration;
mod page;

use crate::cli::ExplainOptions;
use crate::exit;
use crate::provider::poll::print;
use crate::sandbox;
use anyhow::bail;
use orangery_controller::pipeline::provider::poll::OF_HOST;
use orangery_egress::Loopback;
use orangery_plugin_documents::manifest::{Credential, ServedType};
use orangery_sandbox::{PluginDescription, Sandbox};
use serde_json::{Value, json};
use std::process::ExitCode;

/// What is known of a type.
struct Explained {
    served: ServedType,
    /// `None` for the type that the host itself serves.
    plugin: Option<PluginDescription>,
    /// The plugin that tells notices of it.
    notifier: Option<PluginDescription>,
}

/// Prints the page of a type.
///
/// # Errors
/// The sandbox does not start, a given plugin is refused, or no plugin serves the type.
pub async fn perform(options: &ExplainOptions) -> anyhow::Result<ExitCode> {
    let setup = sandbox::open(&options.sandbox, Loopback::Refused, Vec::new()).await?;
    let explained = find(&setup.sandbox, &options.provider_type)?;
    match options.output {
        Some(format) => print!("{}", print(&explained.as_value(), format)?),
        None => print!("{}", page::write(&explained)?),
    }
    Ok(exit::SUCCESS)
}

fn find(sandbox: &Sandbox, provider_type: &str) -> anyhow::Result<Explained> {
    if let Some(served) = of_host().into_iter().find(|served| served.name == provider_type) {
        return Ok(Explained { served, plugin: None, notifier: None });
    }
    let plugins = sandbox.plugins();
    let server = sandbox.server_of(provider_type);
    let plugin = plugins.iter().find(|plugin| Some(&plugin.plugin) == server.as_ref());
    let served = plugin.and_then(|plugin| plugin.manifest.types.iter().find(|served| served.name == provider_type));
    let (Some(plugin), Some(served)) = (plugin, served) else {
        let known = plugins.iter().flat_map(|plugin| &plugin.manifest.types).map(|served| served.name.as_str());
        let mut known: Vec<&str> = known.chain(OF_HOST).collect();
        known.sort_unstable();
        let near =
            known.iter().max_by(|a, b| strsim::jaro(a, provider_type).total_cmp(&strsim::jaro(b, provider_type)));
        let hint = near
            .filter(|near| strsim::jaro(near, provider_type) > 0.8)
            .map_or_else(String::new, |near| format!("; did you mean {near}?"));
        bail!("no loaded plugin serves the type {provider_type:?}; these are served: {}{hint}", known.join(", "));
    };
    let notifier = sandbox.notifier_of(provider_type).ok();
    Ok(Explained { served: served.clone(), plugin: Some(plugin.clone()), notifier })
}

/// The types that the host itself serves.
fn of_host() -> [ServedType; 2] {
    let [artifact, fixed] = OF_HOST.map(ServedType::unnamed);
    [
        artifact
            .description("Flux's ExternalArtifacts, with their labels, name, namespace and revision.")
            .cost("None of a forge: changes are watched, and read with the rights of spec.serviceAccountName.")
            .example("artifacts", json!({"selectors": [{"matchLabels": {"team": "apples"}}]})),
        fixed
            .description("One input that stands in the manifest: spec.defaultValues.")
            .cost("None: nothing is asked.")
            .example("tenant", json!({"defaultValues": {"team": "apples"}})),
    ]
}

impl Explained {
    fn credentials(&self) -> &[Credential] {
        self.plugin.as_ref().map_or(&[], |plugin| &plugin.manifest.credentials)
    }

    fn as_value(&self) -> Value {
        let plugin = self.plugin.as_ref().map(|plugin| {
            let manifest = &plugin.manifest;
            json!({
                "name": manifest.name,
                "version": manifest.version,
                "description": manifest.description,
                "homepage": manifest.homepage,
                "license": manifest.license,
                "source": plugin.source.label,
            })
        });
        json!({
            "type": self.served,
            "plugin": plugin,
            "credentials": self.credentials(),
            "wants": self.plugin.as_ref().map(|plugin| &plugin.manifest.wants),
            "notifier": self.notifier.as_ref().map(|plugin| plugin.plugin.to_string()),
        })
    }
}
