//! `orangery artifact diff`: whether files are those of an artifact. "They differ" and "it could not be told" have different codes.

use super::pull::fetch;
use super::{connect, files};
use crate::cli::ArtifactDiffOptions;
use crate::{exit, failure};
use orangery_artifact::archive::inspect;
use orangery_artifact::compare::{Difference, differences};
use std::process::ExitCode;

/// Compares; the differences are on stdout.
pub(super) async fn perform(options: &ArtifactDiffOptions) -> ExitCode {
    match compare(options).await {
        Ok(found) if found.is_empty() => {
            eprintln!("✔ no changes detected");
            exit::SUCCESS
        }
        Ok(found) => {
            for difference in &found {
                println!("{difference}");
            }
            eprintln!("✗ the remote artifact contents differs from the local one");
            exit::differs()
        }
        Err(error) => {
            eprintln!("✗ {}", failure::tell(&error));
            exit::not_compared()
        }
    }
}

async fn compare(options: &ArtifactDiffOptions) -> anyhow::Result<Vec<Difference>> {
    let here = inspect(files::layer(&options.packing)?.compressed(), connect::limits(options.limits))?;
    let there = fetch(&options.address, options.limits, &options.registry).await?;
    Ok(differences(&here, &there.contents))
}
