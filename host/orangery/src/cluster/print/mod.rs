//! Prints objects in the format that `-o` asks for.

mod jsonpath;

pub(super) use crate::process::table::Table;

use super::item::Item;
use crate::cli::cluster::Output;
use anyhow::Context as _;
use serde::Serialize;
use serde_json::{Value, json};

/// Prints text of any size. A reader that has closed the pipe (`| head`) is not an error.
pub(super) fn out(text: &str) -> anyhow::Result<()> {
    use std::io::{ErrorKind, Write as _};
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result.context("cannot write to stdout"),
    }
}

/// Prints a value as JSON, indented.
pub(super) fn json_text(value: &impl Serialize) -> anyhow::Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

/// Prints a value as YAML.
pub(super) fn yaml_text(value: &impl Serialize) -> anyhow::Result<String> {
    let mut text = String::new();
    go_yaml::write(&serde_json::to_value(value)?, &mut text)?;
    Ok(text)
}

/// Whether a command was asked for one object or for a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// One: printed alone, if it is there.
    One,
    /// A list, also of one.
    List,
}

/// Prints objects in any format but the table, which every command has of its own.
pub(super) fn objects(
    items: &[Item],
    shape: Shape,
    output: &Output,
    table: impl Fn() -> Table,
) -> anyhow::Result<String> {
    let value = || -> anyhow::Result<Value> {
        match (shape, items) {
            (Shape::One, [item]) => Ok(serde_json::to_value(&item.object)?),
            _ => {
                let objects: Vec<_> = items.iter().map(|item| &item.object).collect();
                Ok(json!({"apiVersion": "v1", "kind": "List", "metadata": {}, "items": objects}))
            }
        }
    };
    match output {
        Output::Table => Ok(table().to_string()),
        Output::Name => Ok(items.iter().map(name).collect()),
        Output::Json => json_text(&value()?),
        Output::Yaml => yaml_text(&value()?),
        Output::JsonPath(template) => jsonpath::evaluate(template, &value()?),
    }
}

/// Prints rows that are not objects: `value` is what JSON, YAML and JSONPath see.
pub(super) fn rows(
    value: &Value,
    items: &[Item],
    output: &Output,
    table: impl Fn() -> Table,
) -> anyhow::Result<String> {
    match output {
        Output::Table => Ok(table().to_string()),
        Output::Name => Ok(items.iter().map(name).collect()),
        Output::Json => json_text(value),
        Output::Yaml => yaml_text(value),
        Output::JsonPath(template) => jsonpath::evaluate(template, value),
    }
}

/// `resourceset.fluxcd.controlplane.io/name`, as kubectl writes it.
fn name(item: &Item) -> String {
    let resource = item.kind.resource();
    format!("{}.{}/{}\n", resource.kind.to_lowercase(), resource.group, item.name().name)
}
