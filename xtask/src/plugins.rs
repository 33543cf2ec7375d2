//! `cargo xtask plugins`: builds the built-in plugins, prints their sizes.

use crate::machine::{cargo, ensure_wasm_target, target};
use anyhow::{Context, Result, bail};

/// The built-in plugins, by the name of their crates.
const PLUGINS: [&str; 4] = ["github", "gitlab", "gotemplate", "minijinja"];

/// Build the built-in plugins and print their sizes.
#[derive(clap::Args)]
pub(crate) struct Options {}

/// Builds them with the profile that the host embeds.
pub(crate) fn run(_: &Options) -> Result<()> {
    ensure_wasm_target()?;
    let mut build = cargo();
    build
        .args(["build", "--locked", "--profile", "plugin", "--target", "wasm32-wasip2", "--target-dir"])
        .arg(target().join("plugins"));
    for plugin in PLUGINS {
        build.args(["-p", &format!("orangery-plugin-{plugin}")]);
    }
    if !build.status()?.success() {
        bail!("the plugins do not build; the messages above say why");
    }
    for plugin in PLUGINS {
        let file = target().join("plugins/wasm32-wasip2/plugin").join(format!("orangery_plugin_{plugin}.wasm"));
        let size = std::fs::metadata(&file).with_context(|| format!("{} was not built", file.display()))?.len();
        println!("{plugin:12} {size:>9} bytes  {}", file.display());
    }
    Ok(())
}
