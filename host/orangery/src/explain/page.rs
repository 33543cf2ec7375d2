//! The page of a type for people.

use super::{Explained, configuration};
use crate::cli::OutputFormat;
use crate::provider::poll::print;
use orangery_egress::credential::shape;
use orangery_plugin_documents::manifest::{LimitRule, NameKind, ServedType};
use std::fmt::Write as _;

/// Writes it. Whatever a plugin says is shown without control characters.
pub(super) fn write(explained: &Explained) -> anyhow::Result<String> {
    let served = &explained.served;
    let mut page = format!("{}\n", served.name);
    if !served.description.is_empty() {
        writeln!(page, "  {}", served.description)?;
    }
    let by = match &explained.plugin {
        None => "orangery itself".to_owned(),
        Some(plugin) => [plugin.plugin.to_string(), format!("({})", plugin.source), plugin.manifest.homepage.clone()]
            .join(" ")
            .trim_end()
            .to_owned(),
    };
    writeln!(page, "  Served by {by}.")?;
    if !served.cost.is_empty() {
        writeln!(page, "  Requests of a poll: {}", served.cost)?;
    }
    writeln!(page, "  {}", filters(served))?;

    let attributes: Vec<(String, String)> =
        std::iter::once(("id".to_owned(), "What users build names from.".to_owned()))
            .chain(served.attributes.iter().map(|attribute| (attribute.name.clone(), attribute.description.clone())))
            .collect();
    section(&mut page, "Inputs (inputs.<name> in templates)", &attributes);
    if !served.facts.is_empty() {
        let facts = vec![(served.facts.join(", "), String::new())];
        section(&mut page, "Facts (what the host knows besides; absent means unknown)", &facts);
    }
    if let Some(schema) = &served.config {
        let fields = configuration::fields(schema);
        let lines: Vec<(String, String)> = fields
            .into_iter()
            .map(|field| (field.name, format!("{}. {}", field.holds, field.description).trim().to_owned()))
            .collect();
        let title = if lines.is_empty() { "Configuration: none" } else { "Configuration (spec.config)" };
        section(&mut page, title, &lines);
    }
    for credential in explained.credentials() {
        let need = if credential.required { ", required" } else { "" };
        writeln!(page, "\nCredential {} (spec.secretRef{need})", credential.name)?;
        if !credential.description.is_empty() {
            writeln!(page, "  {}", credential.description)?;
        }
        for declared in credential.tried() {
            writeln!(page, "  keys {}", shape::describe(&declared))?;
        }
    }
    if let Some(notifier) = &explained.notifier {
        writeln!(page, "\nNotices are told by {}.", notifier.plugin)?;
    }
    if let Some(example) = &served.example {
        writeln!(page, "\nExample")?;
        for line in print(example, OutputFormat::Yaml)?.lines() {
            writeln!(page, "  {line}")?;
        }
    }
    Ok(page.chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect())
}

fn filters(served: &ServedType) -> String {
    let names = match served.name_kind {
        NameKind::Branch => "includeBranch and excludeBranch",
        NameKind::Tag => "includeTag, excludeTag and semver",
        NameKind::Environment => "includeEnvironment and excludeEnvironment",
        NameKind::Unnamed => return "No name filter applies.".to_owned(),
    };
    let labels = if served.labelled { ", labels to inputs.labels" } else { "" };
    let limit = match served.limit {
        LimitRule::Admit => "past limit new inputs wait",
        LimitRule::Best => "past limit the best win",
    };
    format!("spec.filter: {names} apply to inputs.{}{labels}; {limit}.", served.name_attribute)
}

fn section(page: &mut String, title: &str, lines: &[(String, String)]) {
    let width = lines.iter().map(|(name, _)| name.chars().count()).filter(|width| *width < 24).max().unwrap_or(0);
    page.push_str(&format!("\n{title}\n"));
    for (name, text) in lines {
        page.push_str(format!("  {name:<width$}  {text}").trim_end());
        page.push('\n');
    }
}
