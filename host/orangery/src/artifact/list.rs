//! `orangery artifact list`: the tags of a repository, the newest name first, with what their manifests say.

use super::{connect, document};
use crate::cli::ArtifactListOptions;
use crate::exit;
use crate::process::table::Table;
use anyhow::Context;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use orangery_artifact::manifest::{REVISION, SOURCE};
use orangery_artifact::{Address, Manifest, Registry};
use regex::Regex;
use semver::{Version, VersionReq};
use serde::Serialize;
use std::process::ExitCode;

/// Manifests read at once.
const AT_ONCE: usize = 8;
/// Tags of signatures and the like, which belong to an artifact and are none.
const ATTACHED: [&str; 3] = [".sig", ".att", ".sbom"];

/// One tag.
#[derive(Debug, Serialize)]
struct Row {
    artifact: String,
    digest: String,
    source: String,
    revision: String,
}

/// Prints the artifacts.
pub(super) async fn perform(options: &ArtifactListOptions) -> anyhow::Result<ExitCode> {
    let filter = Filter::of(options)?;
    let registry = connect::registry(&options.address, &options.registry).await?;
    let mut tags = registry.tags(&options.address).await?;
    tags.retain(|tag| filter.keeps(tag));
    tags.reverse();
    let rows: Vec<Row> =
        stream::iter(&tags).map(|tag| row(&registry, &options.address, tag)).buffered(AT_ONCE).try_collect().await?;
    match options.output {
        Some(format) => document::print(&rows, format)?,
        None => {
            let mut table = Table::new(&["artifact", "digest", "source", "revision"]);
            for Row { artifact, digest, source, revision } in rows {
                table.row(vec![artifact, digest, source, revision]);
            }
            print!("{table}");
        }
    }
    Ok(exit::SUCCESS)
}

async fn row(registry: &Registry, repository: &Address, tag: &str) -> anyhow::Result<Row> {
    let address = repository.at_tag(tag)?;
    let (bytes, digest) = registry.manifest(&address).await?;
    // A repository may hold images for several platforms too; they have a digest, and no annotations of ours.
    let said = Manifest::read(&bytes).map(|manifest| manifest.annotations().clone()).unwrap_or_default();
    Ok(Row {
        artifact: format!("oci://{address}"),
        digest,
        source: said.get(SOURCE).to_owned(),
        revision: said.get(REVISION).to_owned(),
    })
}

struct Filter {
    range: Option<VersionReq>,
    pattern: Option<Regex>,
}

impl Filter {
    fn of(options: &ArtifactListOptions) -> anyhow::Result<Self> {
        let range = options.filter_semver.as_deref().map(|text| {
            VersionReq::parse(text).with_context(|| {
                format!("--filter-semver {text:?} is not a range of versions; write it as `>=1.2.0, <2.0.0` or `1.x`")
            })
        });
        let pattern = options.filter_regex.as_deref().map(|text| {
            Regex::new(text).with_context(|| format!("--filter-regex {text:?} is not a regular expression"))
        });
        Ok(Self { range: range.transpose()?, pattern: pattern.transpose()? })
    }

    fn keeps(&self, tag: &str) -> bool {
        let version = || Version::parse(tag.strip_prefix('v').unwrap_or(tag));
        !ATTACHED.iter().any(|end| tag.ends_with(end))
            && self.range.as_ref().is_none_or(|range| version().is_ok_and(|version| range.matches(&version)))
            && self.pattern.as_ref().is_none_or(|pattern| pattern.is_match(tag))
    }
}
