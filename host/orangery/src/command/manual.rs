//! `orangery man`: a manual page for each command.

use crate::cli::{Arguments, ManOptions};
use crate::exit;
use anyhow::Context as _;
use clap::CommandFactory as _;
use std::process::ExitCode;

/// Writes the pages, `orangery.1`, `orangery-get.1` and so on.
///
/// # Errors
/// The folder or a page cannot be written.
pub(super) fn write(options: &ManOptions) -> anyhow::Result<ExitCode> {
    let folder = &options.dir;
    std::fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let pages = clap_mangen::generate_to(Arguments::command(), folder);
    pages.with_context(|| format!("cannot write into {}", folder.display()))?;
    Ok(exit::SUCCESS)
}
