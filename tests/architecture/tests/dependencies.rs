//! Licences and duplicates of all dependencies, by the rules of deny.toml.

use anyhow::{Context, Result, ensure};
use cargo_metadata::{Metadata, MetadataCommand};
use std::collections::{BTreeMap, BTreeSet};

fn metadata() -> Result<Metadata> {
    Ok(MetadataCommand::new().manifest_path("../../Cargo.toml").other_options(vec!["--locked".into()]).exec()?)
}

fn rules() -> Result<toml::Table> {
    Ok(std::fs::read_to_string("../../deny.toml")?.parse()?)
}

#[test]
fn every_licence_is_one_that_we_allow() -> Result<()> {
    let rules = rules()?;
    let allowed: BTreeSet<&str> = rules["licenses"]["allow"]
        .as_array()
        .context("licenses.allow is a list")?
        .iter()
        .filter_map(toml::Value::as_str)
        .collect();
    for package in metadata()?.packages {
        let Some(licence) = &package.license else {
            let clarified = rules["licenses"].get("clarify").and_then(toml::Value::as_array).into_iter().flatten();
            ensure!(
                clarified
                    .into_iter()
                    .any(|entry| entry.get("crate").and_then(toml::Value::as_str) == Some(package.name.as_str())),
                "{} {} names no licence, and deny.toml does not clarify it",
                package.name,
                package.version
            );
            continue;
        };
        let expression = spdx::Expression::parse_mode(licence, spdx::ParseMode::LAX)
            .with_context(|| format!("{}: {licence}", package.name))?;
        ensure!(
            expression.evaluate(|requirement| allowed.contains(requirement.to_string().as_str())),
            "{} {} is licensed under {licence}, which deny.toml does not allow",
            package.name,
            package.version
        );
    }
    Ok(())
}

#[test]
fn a_yanked_release_is_refused() -> Result<()> {
    let rules = rules()?;
    let yanked = rules["advisories"].get("yanked").and_then(toml::Value::as_str);
    ensure!(yanked == Some("deny"), "deny.toml says {yanked:?} of yanked releases");
    Ok(())
}

#[test]
fn every_duplicate_is_argued_in_deny_toml() -> Result<()> {
    let rules = rules()?;
    let argued: BTreeSet<&str> = rules["bans"]["skip"]
        .as_array()
        .context("bans.skip is a list")?
        .iter()
        .filter_map(|entry| {
            let reason = entry.get("reason")?.as_str()?;
            (!reason.is_empty()).then(|| entry.get("crate")?.as_str()).flatten()
        })
        .collect();
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in metadata()?.packages {
        versions.entry(package.name.to_string()).or_default().insert(package.version.to_string());
    }
    let unargued: Vec<String> = versions
        .iter()
        .filter(|(_, versions)| versions.len() > 1)
        // The newest is the one to keep; each older one needs its line.
        .flat_map(|(name, versions)| {
            let mut sorted: Vec<_> =
                versions.iter().filter_map(|version| version.parse::<cargo_metadata::semver::Version>().ok()).collect();
            sorted.sort();
            sorted.pop();
            sorted.into_iter().map(move |version| format!("{name}@{version}"))
        })
        .filter(|duplicate| !argued.contains(duplicate.as_str()))
        .collect();
    ensure!(unargued.is_empty(), "duplicates without a reason in deny.toml: {unargued:?}");
    Ok(())
}

/// Key order is decided where bytes are written. A dependency that turned the feature on would change what every crate prints.
#[test]
fn no_dependency_turns_on_an_order_of_keys_in_json() -> Result<()> {
    let metadata = metadata()?;
    let is_json = |id: &cargo_metadata::PackageId| {
        metadata.packages.iter().any(|package| package.id == *id && package.name.as_str() == "serde_json")
    };
    let nodes = metadata.resolve.as_ref().context("the dependencies are resolved")?.nodes.iter();
    let features: Vec<String> =
        nodes.filter(|node| is_json(&node.id)).flat_map(|node| node.features.iter().map(ToString::to_string)).collect();
    ensure!(features.contains(&"float_roundtrip".to_owned()), "these are not the features of serde_json: {features:?}");
    for unwanted in ["preserve_order", "arbitrary_precision"] {
        ensure!(
            !features.iter().any(|feature| feature == unwanted),
            "{unwanted} of serde_json is on: see `cargo tree -e features -i serde_json`"
        );
    }
    Ok(())
}
