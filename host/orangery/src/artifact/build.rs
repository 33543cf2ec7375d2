//! `orangery artifact build`: the layer of an artifact as a file.

use super::files;
use crate::cli::ArtifactBuildOptions;
use crate::exit;
use anyhow::Context;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::process::ExitCode;

/// Packs files.
pub(super) fn perform(options: &ArtifactBuildOptions) -> anyhow::Result<ExitCode> {
    let layer = files::layer(&options.packing)?;
    let path = &options.output;
    let mut open = OpenOptions::new();
    open.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut open, 0o640);
    let written = open.open(path).and_then(|mut file| file.write_all(layer.compressed()));
    written.with_context(|| format!("cannot write {}", path.display()))?;
    eprintln!("✔ artifact created at {} ({} of its files)", path.display(), layer.diff_id());
    Ok(exit::SUCCESS)
}
