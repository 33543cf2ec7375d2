//! What is packed: a folder, a file, or stdin.

use crate::cli::PackingOptions;
use anyhow::Context;
use orangery_artifact::archive::{Links, Modes, Packing, pack, pack_file};
use orangery_artifact::ignore::DEFAULT;
use orangery_artifact::{IgnoreRules, Layer};
use std::io::Read;
use std::path::Path;

/// The name of a manifest that came on stdin: always the same, so that the same manifest is the same artifact.
const STDIN: &str = "stdin.yaml";

/// Packs what the flags name.
pub(super) fn layer(options: &PackingOptions) -> anyhow::Result<Layer> {
    if options.path == Path::new("-") {
        let mut text = Vec::new();
        std::io::stdin().lock().read_to_end(&mut text).context("cannot read stdin")?;
        while text.last().is_some_and(|byte| matches!(byte, b'\r' | b'\n')) {
            text.pop();
        }
        anyhow::ensure!(!text.is_empty(), "there is nothing on stdin; `--path -` packs a manifest that is piped in");
        return Ok(pack_file(STDIN, 0o644, &text)?);
    }
    let path = &options.path;
    let packing = packing(options)?;
    let metadata = std::fs::metadata(path).with_context(|| format!("cannot pack {}", path.display()))?;
    if metadata.is_dir() {
        return Ok(pack(path, &packing)?);
    }
    let content = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name.with_context(|| format!("the name of {} is not UTF-8; rename it", path.display()))?;
    Ok(pack_file(name, packing.mode(&metadata), &content)?)
}

fn packing(options: &PackingOptions) -> anyhow::Result<Packing> {
    let replaced = options.ignore_paths.as_ref().map(|given| given.iter().map(String::as_str).collect::<Vec<_>>());
    let added = options.add_ignore_paths.iter().map(String::as_str);
    let ignored = IgnoreRules::new(replaced.unwrap_or_else(|| DEFAULT.to_vec()).into_iter().chain(added))?;
    Ok(Packing {
        ignored,
        links: if options.resolve_symlinks { Links::Followed } else { Links::Skipped },
        modes: if options.reproducible { Modes::Normal } else { Modes::Kept },
    })
}
