//! `orangery plugin check`: loads a component as the operator would, and says in plain words what it found.

use crate::cli::{PluginCheckOptions, SandboxOptions};
use crate::exit;
use crate::provider::poll::print;
use crate::sandbox;
use orangery_core::selection::{LimitRule, ServedType};
use orangery_egress::Loopback;
use orangery_egress::credential::shape;
use orangery_plugin_documents::manifest::{NotifiedBy, Notifies, Want};
use orangery_sandbox::{Inspection, PluginDescription};
use serde_json::json;
use std::process::ExitCode;

/// Inspects and prints; a component that would be refused is a failure.
///
/// # Errors
/// The file cannot be read.
pub async fn perform(options: &PluginCheckOptions) -> anyhow::Result<ExitCode> {
    let bytes = sandbox::read(&options.file)?;
    let setup = sandbox::open(&SandboxOptions::default(), Loopback::Refused, Vec::new()).await?;
    let found = setup.sandbox.inspect(&bytes).await;
    match options.output {
        Some(format) => print!("{}", print(&as_value(&found), format)?),
        None => print!("{}", words(&options.file.display().to_string(), &found)),
    }
    for refusal in &found.refusals {
        eprintln!("✗ refused: {refusal}");
    }
    for claim in found.description.iter().flat_map(|description| shadowed(description, &setup.sandbox.plugins())) {
        eprintln!("! {claim}: it is loaded with --allow-shadowing only");
    }
    Ok(if found.refusals.is_empty() { exit::SUCCESS } else { exit::FAILURE })
}

/// What the component serves that a built-in plugin serves, too.
fn shadowed(description: &PluginDescription, built_in: &[PluginDescription]) -> Vec<String> {
    let other = |serves: &dyn Fn(&PluginDescription) -> bool| {
        built_in.iter().find(|plugin| plugin.plugin.digest != description.plugin.digest && serves(plugin))
    };
    let types = description.types.iter().filter_map(|served| {
        let holder = other(&|plugin| plugin.types.iter().any(|theirs| theirs.name == served.name))?;
        Some(format!("spec.type {} is served by the built-in plugin {}", served.name, holder.plugin))
    });
    let renderer = description.renderer().and_then(|name| {
        let holder = other(&|plugin| plugin.renderer() == Some(name))?;
        Some(format!("spec.renderer.name {name} is served by the built-in plugin {}", holder.plugin))
    });
    types.chain(renderer).collect()
}

fn words(file: &str, found: &Inspection) -> String {
    let mut text = format!("{file}\n  {} bytes, sha256:{}\n", found.bytes, found.digest);
    let mut line = |words: String| text.push_str(&format!("  {words}\n"));
    match found.world {
        Some(world) => line(format!("is a component of the world of a {world}")),
        None => line("is of no world that the host knows".to_owned()),
    }
    if !found.imports.is_empty() {
        line(format!("imports {}", found.imports.join(", ")));
    }
    if let Some(description) = &found.description {
        for words in says(description) {
            line(words);
        }
    }
    if found.refusals.is_empty() {
        text.push_str("✔ would be admitted\n");
    }
    text
}

fn says(description: &PluginDescription) -> Vec<String> {
    let mut lines = vec![format!("calls itself {}", description.plugin)];
    lines.extend(description.types.iter().map(serves));
    lines.extend(description.renderer().map(|name| format!("serves spec.renderer.name {name}")));
    lines.extend(description.manifest.notifies.iter().map(tells));
    let credentials = description.credential_names();
    if !credentials.is_empty() {
        lines.push(format!(
            "asks for the credentials {}; the host attaches them, the plugin never sees them",
            credentials.join(", ")
        ));
    }
    for credential in &description.manifest.credentials {
        let shapes: Vec<String> = credential.tried().iter().map(shape::describe).collect();
        lines.push(format!("takes as {} a secret with {}", credential.name, shapes.join("; or ")));
    }
    lines.extend(description.manifest.wants.iter().map(wants));
    lines.extend(description.notes.iter().map(|note| format!("note: {note}")));
    lines
}

fn tells(notices: &Notifies) -> String {
    match &notices.of {
        NotifiedBy::Type(name) => format!("tells notices of the environments of spec.type {name}"),
        NotifiedBy::Channel(name) => format!("tells notices for the channel {name}"),
    }
}

fn wants(want: &Want) -> String {
    let when = want.for_url.as_ref().map_or_else(String::new, |url| format!(" where spec.url is at {url}"));
    let methods: Vec<&str> = want.methods.iter().map(|method| method.as_str()).collect();
    let methods = if methods.is_empty() { String::new() } else { format!("{} ", methods.join(",")) };
    let mut grants: Vec<String> = want.paths.iter().map(|path| format!("{methods}{}{path}", want.origin)).collect();
    if grants.is_empty() {
        grants.push(format!("{methods}{}", want.origin));
    }
    let quoted = |grant: &String| if grant.contains(' ') { format!("\"{grant}\"") } else { grant.clone() };
    let flags: Vec<String> = grants.iter().map(|grant| format!("--grant {}", quoted(grant))).collect();
    format!("wants to reach {}{when}; the operator grants it with {}", grants.join(" and "), flags.join(" "))
}

fn serves(served: &ServedType) -> String {
    let names = if served.name_attribute.is_empty() {
        "no name filter applies".to_owned()
    } else {
        format!("{} filters apply to its attribute {}", served.name_kind.noun(), served.name_attribute)
    };
    let labels = if served.labelled { ", label filters too" } else { "" };
    let limit = match served.limit_rule {
        LimitRule::Admit => "past the limit new inputs wait",
        LimitRule::Best => "past the limit the best win",
    };
    format!("serves spec.type {}: {names}{labels}; {limit}", served.name)
}

fn as_value(found: &Inspection) -> serde_json::Value {
    let description = found.description.as_ref();
    json!({
        "digest": format!("sha256:{}", found.digest),
        "bytes": found.bytes,
        "world": found.world,
        "imports": found.imports,
        "exports": found.exports,
        "name": description.map(|description| description.plugin.name.as_str()),
        "version": description.map(|description| description.plugin.version.as_str()),
        "types": description.map(|description| description.types.iter().map(|served| served.name.as_str()).collect::<Vec<_>>()),
        "renderer": description.and_then(PluginDescription::renderer),
        "credentials": description.map(PluginDescription::credential_names),
        "wants": description.map(|description| description.manifest.wants.iter().map(|want| json!({"origin": want.origin, "forURL": want.for_url})).collect::<Vec<_>>()),
        "manifest": description.map(|description| &description.manifest),
        "notes": description.map(|description| &description.notes),
        "refusals": found.refusals,
        "admitted": found.refusals.is_empty(),
    })
}
