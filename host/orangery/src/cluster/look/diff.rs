//! `orangery diff yaml`: the JSON patch from one YAML file to another. It asks no cluster.

use crate::cli::cluster::{DiffCommand, PatchFormat};
use crate::cluster::print::{json_text, out, yaml_text};
use crate::exit;
use anyhow::{Context as _, ensure};
use serde_json::Value;
use std::io::Read as _;
use std::path::Path;
use std::process::ExitCode;

pub(in crate::cluster) fn perform(command: DiffCommand) -> anyhow::Result<ExitCode> {
    let DiffCommand::Yaml(options) = command;
    let patch = json_patch::diff(&read(&options.source)?, &read(&options.target)?);
    out(&match options.output {
        PatchFormat::JsonPatchYaml => yaml_text(&patch)?,
        PatchFormat::JsonPatch => json_text(&patch)?,
    })?;
    Ok(exit::SUCCESS)
}

fn read(path: &Path) -> anyhow::Result<Value> {
    let name = path.display().to_string();
    ensure!(
        !name.starts_with("http://") && !name.starts_with("https://"),
        "{name} is not fetched; pipe it: curl -fsS {name} | orangery diff yaml - FILE"
    );
    let mut text = String::new();
    if name == "-" {
        std::io::stdin().read_to_string(&mut text).context("cannot read stdin")?;
    } else {
        text = std::fs::read_to_string(path).with_context(|| format!("cannot read {name}"))?;
    }
    go_yaml::from_str(&text).with_context(|| format!("{name} is not YAML"))
}
