//! `orangery artifact tag`: the same manifest under further names.

use super::connect;
use crate::cli::ArtifactTagOptions;
use crate::exit;
use std::process::ExitCode;

/// Gives an artifact its tags. All of them are checked before the first is given.
pub(super) async fn perform(options: &ArtifactTagOptions) -> anyhow::Result<ExitCode> {
    let wanted = options.tags.iter().map(|tag| options.address.at_tag(tag)).collect::<Result<Vec<_>, _>>()?;
    let registry = connect::registry(&options.address, &options.registry).await?;
    let (manifest, digest) = registry.manifest(&options.address).await?;
    for address in &wanted {
        registry.store_manifest(address, &manifest).await?;
        eprintln!("✔ artifact {digest} tagged as {address}");
    }
    Ok(exit::SUCCESS)
}
