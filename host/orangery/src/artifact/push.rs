//! `orangery artifact push`: configuration, layer and manifest, in this order, so that a tag never names what is not there.

use super::progress::Bar;
use super::{connect, document, files};
use crate::cli::{ArtifactPushOptions, ContentOptions, RegistryOptions};
use crate::exit;
use anyhow::{Context, bail};
use bytes::Bytes;
use jiff::Timestamp;
use orangery_artifact::manifest::{CONFIGURATION_BYTES, CONTENT, Descriptor};
use orangery_artifact::{Address, Annotations, Manifest};
use serde::Serialize;
use std::process::ExitCode;
use std::sync::Arc;

/// Where an artifact is, with the keys of Flux's command line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Pushed {
    url: String,
    repository: String,
    tag: String,
    /// The digest of the manifest.
    pub(super) digest: String,
}

/// Pushes, and prints where the artifact is.
pub(super) async fn perform(options: &ArtifactPushOptions) -> anyhow::Result<ExitCode> {
    let pushed = push(&options.address, &options.content, &options.registry).await?;
    if let Some(format) = options.output {
        document::print(&pushed, format)?;
    }
    Ok(exit::SUCCESS)
}

/// Packs and pushes; says so on stderr.
pub(super) async fn push(
    address: &Address,
    content: &ContentOptions,
    registry: &RegistryOptions,
) -> anyhow::Result<Pushed> {
    let Some(tag) = address.tag().filter(|_| address.digest().is_none()) else {
        bail!("{address} names a digest, which follows from the files; push to a tag: oci://HOST/REPOSITORY:TAG");
    };
    let annotations = annotations(content)?;
    let layer = files::layer(&content.packing)?;
    let compressed = Bytes::from(layer.into_compressed());
    let manifest = Manifest::new(Descriptor::of(CONTENT, &compressed), annotations);
    let manifest = manifest.bytes().context("cannot write the manifest")?;
    let registry = connect::registry(address, registry).await?;
    let bar = Bar::of("pushing", compressed.len() as u64);
    let silent: orangery_artifact::registry::Progress = Arc::new(|_| ());
    registry.store(address, Bytes::from_static(CONFIGURATION_BYTES), &silent).await?;
    registry.store(address, compressed, &bar.progress()).await?;
    let digest = registry.store_manifest(address, &manifest).await?;
    drop(bar);
    let repository = address.repository();
    eprintln!("✔ artifact successfully pushed to {repository}@{digest}");
    Ok(Pushed { url: format!("oci://{repository}@{digest}"), repository, tag: tag.to_owned(), digest })
}

fn annotations(content: &ContentOptions) -> anyhow::Result<Annotations> {
    let created = if content.packing.reproducible { Timestamp::UNIX_EPOCH } else { Timestamp::now() };
    let mut annotations = Annotations::new(created, &content.source, &content.revision);
    for annotation in &content.annotations {
        annotations.set(annotation)?;
    }
    Ok(annotations)
}
