//! `cargo xtask plugins`: builds the built-in plugins, prints their sizes.

use crate::machine::{cargo, ensure_wasm_target, root, target};
use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;

/// Build the built-in plugins and print their sizes.
#[derive(clap::Args)]
pub(crate) struct Options {}

/// Builds every component under `plugins/` with the profile that the host embeds it with.
pub(crate) fn run(_: &Options) -> Result<()> {
    ensure_wasm_target()?;
    let components = orangery_plugin_catalog::components(&root())?;
    let built = target().join("plugins");
    for profile in components.iter().map(|component| component.profile.as_str()).collect::<BTreeSet<_>>() {
        let mut build = cargo();
        build.args(["build", "--locked", "--lib", "--target", "wasm32-wasip2", "--profile", profile]);
        build.arg("--target-dir").arg(&built);
        for component in components.iter().filter(|component| component.profile == profile) {
            build.args(["--package", &component.package]);
        }
        if !build.status()?.success() {
            bail!("the plugins do not build; the messages above say why");
        }
    }
    for component in &components {
        let file = built.join("wasm32-wasip2").join(&component.profile).join(component.file());
        let size = std::fs::metadata(&file).with_context(|| format!("{} was not built", file.display()))?.len();
        println!("{:12} {size:>9} bytes  {}", component.name, file.display());
    }
    Ok(())
}
