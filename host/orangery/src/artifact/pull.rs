//! `orangery artifact pull`: what a registry has, checked and unpacked.

use super::connect;
use super::progress::Bar;
use crate::cli::{ArtifactPullOptions, LimitOptions, RegistryOptions};
use crate::exit;
use crate::process::table::one_line;
use anyhow::Context;
use orangery_artifact::archive::{Contents, inspect, unpack};
use orangery_artifact::manifest::{REVISION, SOURCE};
use orangery_artifact::{Address, Manifest};
use std::process::ExitCode;

/// An artifact of a registry.
pub(super) struct Pulled {
    pub(super) manifest: Manifest,
    pub(super) digest: String,
    pub(super) contents: Contents,
}

/// Unpacks an artifact.
pub(super) async fn perform(options: &ArtifactPullOptions) -> anyhow::Result<ExitCode> {
    let folder = &options.output;
    anyhow::ensure!(folder.is_dir(), "{} is not a folder; create it first", folder.display());
    let Pulled { manifest, digest, contents } = fetch(&options.address, options.limits, &options.registry).await?;
    unpack(&contents, folder)?;
    let of = |name| one_line(manifest.annotations().get(name));
    eprintln!("source {}\nrevision {}\ndigest {digest}", of(SOURCE), of(REVISION));
    eprintln!("✔ artifact content extracted to {}", folder.display());
    Ok(exit::SUCCESS)
}

/// Reads and checks an artifact; nothing is written.
pub(super) async fn fetch(
    address: &Address,
    limits: LimitOptions,
    registry: &RegistryOptions,
) -> anyhow::Result<Pulled> {
    let registry = connect::registry(address, registry).await?;
    let (bytes, digest) = registry.manifest(address).await?;
    let manifest = Manifest::read(&bytes).with_context(|| format!("cannot unpack {address}"))?;
    let layer = manifest.layer().with_context(|| format!("cannot unpack {address}"))?;
    let limits = connect::limits(limits);
    let bar = Bar::of("pulling", layer.size);
    let layer = registry.blob(address, layer, limits.compressed, &bar.progress()).await?;
    drop(bar);
    let contents = inspect(&layer, limits).with_context(|| format!("cannot unpack {address}"))?;
    Ok(Pulled { manifest, digest, contents })
}

/// The digest that the tag of an address has now.
pub(super) async fn current_digest(address: &Address, registry: &RegistryOptions) -> anyhow::Result<String> {
    Ok(connect::registry(address, registry).await?.manifest(address).await?.1)
}
