//! `build --watch`: builds again whenever a file is saved, and prints the difference.
//!
//! # Guarantees
//! A file that is incomplete or wrong does not end the command: the error is printed, and the next output is compared with the last
//! good one. Editors that replace a file instead of writing into it are supported, because folders are watched.

use super::renderers::Renderers;
use crate::cli::BuildOptions;
use crate::{exit, failure};
use anyhow::{Context, bail};
use notify::{RecursiveMode, Watcher};
use similar::TextDiff;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use tokio::sync::mpsc;

/// Editors save in several steps. A save counts as complete after this long without an event.
const QUIET: Duration = Duration::from_millis(50);

/// Builds until Ctrl-C.
///
/// # Errors
/// The files cannot be watched. A build that fails is printed on stderr and is not an error here.
pub(super) async fn watch(options: &BuildOptions) -> anyhow::Result<ExitCode> {
    let files = files(options)?;
    let (saved, mut saves) = mpsc::unbounded_channel();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        // Reading a file is an event too, and we read them.
        if event.is_ok_and(|event| !event.kind.is_access()) {
            // After the end nobody listens.
            let _ = saved.send(());
        }
    })
    .context("cannot watch files on this machine")?;
    for folder in files.iter().map(|file| folder(file)).collect::<BTreeSet<_>>() {
        watcher
            .watch(folder, RecursiveMode::NonRecursive)
            .with_context(|| format!("cannot watch the folder {}", folder.display()))?;
    }
    let mut seen = contents(&files);
    let mut renderers = Renderers::default();
    let mut last = String::new();
    show(options, &mut renderers, &mut last).await?;
    eprintln!(
        "watching {}; Ctrl-C ends",
        files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join(", ")
    );
    loop {
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => {
                interrupted.context("cannot listen for Ctrl-C")?;
                return Ok(exit::SUCCESS);
            }
            _ = saves.recv() => {}
        }
        while let Ok(Some(())) = tokio::time::timeout(QUIET, saves.recv()).await {}
        let now = contents(&files);
        if now != seen {
            seen = now;
            show(options, &mut renderers, &mut last).await?;
        }
    }
}

/// Builds once. The first build prints everything, later ones print the difference.
async fn show(options: &BuildOptions, renderers: &mut Renderers, last: &mut String) -> anyhow::Result<()> {
    let text = match super::all(options, renderers).await {
        Ok(pieces) => pieces.concat(),
        Err(error) => {
            eprintln!("✗ {}", failure::tell(&error));
            return Ok(());
        }
    };
    let mut out = std::io::stdout().lock();
    if last.is_empty() {
        out.write_all(text.as_bytes())
    } else if *last == text {
        eprintln!("the objects are the same");
        Ok(())
    } else {
        let diff = TextDiff::from_lines(last.as_str(), &text);
        write!(out, "{}", diff.unified_diff().context_radius(3).header("before", "now"))
    }
    .and_then(|()| out.flush())
    .context("cannot write to stdout")?;
    *last = text;
    Ok(())
}

/// All files that a build reads.
fn files(options: &BuildOptions) -> anyhow::Result<Vec<PathBuf>> {
    let all: Vec<PathBuf> =
        options.filename.iter().chain(&options.inputs_from).chain(&options.inputs_from_provider).cloned().collect();
    if all.iter().any(|file| file == Path::new("-")) {
        bail!("--watch cannot be used with stdin, which is read once; give a file with --filename");
    }
    Ok(all)
}

fn folder(file: &Path) -> &Path {
    file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
}

/// A file that is not there, as while an editor replaces it, has no content.
fn contents(files: &[PathBuf]) -> Vec<Option<Vec<u8>>> {
    files.iter().map(|file| std::fs::read(file).ok()).collect()
}
