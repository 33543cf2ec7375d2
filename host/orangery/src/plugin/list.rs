//! `orangery plugin list`: what the built-in and the given plugins serve.

use crate::cli::PluginListOptions;
use crate::exit;
use crate::provider::poll::print;
use crate::sandbox;
use comfy_table::{Table, presets};
use orangery_egress::Loopback;
use serde_json::{Value, json};
use std::process::ExitCode;

/// Prints the table.
///
/// # Errors
/// The sandbox does not start, or a given plugin is refused.
pub async fn perform(options: &PluginListOptions) -> anyhow::Result<ExitCode> {
    let setup = sandbox::open(&options.sandbox, Loopback::Refused, Vec::new()).await?;
    let plugins = setup.sandbox.plugins();
    if let Some(format) = options.output {
        let all: Vec<Value> = plugins
            .iter()
            .map(|plugin| {
                json!({
                    "name": plugin.plugin.name,
                    "version": plugin.plugin.version,
                    "digest": format!("sha256:{}", plugin.plugin.digest),
                    "types": plugin.types.iter().map(|served| served.name.as_str()).collect::<Vec<_>>(),
                    "renderer": plugin.renderer(),
                    "source": plugin.source.label,
                })
            })
            .collect();
        print!("{}", print(&Value::Array(all), format)?);
        return Ok(exit::SUCCESS);
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["NAME", "VERSION", "SERVES"]);
    for plugin in &plugins {
        let mut serves: Vec<String> = plugin.types.iter().map(|served| served.name.clone()).collect();
        serves.extend(plugin.renderer().map(|name| format!("renderer {name}")));
        serves.extend(plugin.manifest.notifies.iter().map(|notices| format!("notices of {}", notices.of.name())));
        table.add_row([plugin.plugin.name.clone(), plugin.plugin.version.clone(), serves.join(", ")]);
    }
    println!("{table}");
    Ok(exit::SUCCESS)
}
