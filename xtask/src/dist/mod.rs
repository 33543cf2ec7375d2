//! `cargo xtask dist`: everything that a release publishes, in one folder.
//!
//! ```text
//! published/orangery-VERSION-TARGET.tar.gz    program with its plugins as machine code, chart, definitions, manifests
//! published/orangery-VERSION-sbom.tar.gz      CycloneDX: one file for the program, one for each embedded component
//! published/SHA256SUMS
//! ```
//! What cannot be made on this machine is left out, and the last lines say what and why: nothing is left out silently.

mod archive;
mod sbom;
mod target;

use crate::machine::{cargo, ensure_wasm_target, root, target as target_folder};
use crate::steps::Steps;
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::process::Command;
pub(crate) use target::{Linked, Target};

/// The profile of what is published.
pub(crate) const PROFILE: &str = "dist";

/// Build what a release publishes: programs with their plugins as machine code, checksums, a bill of materials.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Where it is written; the default is `published` in the target folder.
    #[arg(long)]
    into: Option<PathBuf>,
    /// Another profile, to try the steps without the long optimisation.
    #[arg(long, default_value = PROFILE)]
    profile: String,
}

/// What a release is made of.
struct Release<'o> {
    version: String,
    profile: &'o str,
    folder: PathBuf,
}

/// Builds everything; the last lines say what is missing.
pub(crate) fn run(options: &Options) -> Result<()> {
    let mut steps = Steps::new(5);
    steps.perform("tools", ensure_wasm_target)?;
    let folder = options.into.clone().unwrap_or_else(|| target_folder().join("published"));
    if folder.exists() {
        std::fs::remove_dir_all(&folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let release = Release { version: version()?, profile: &options.profile, folder };
    let host = Target::host()?;
    steps.perform(&format!("the program for {host} (a quarter of an hour on two cores)"), || release.program(&host))?;
    let missing = steps.perform("the static program", || match Target::of_static_program(&host) {
        Linked::Possible(target) => release.program(&target).map(|()| None),
        Linked::Impossible(why) => Ok(Some(format!("a static program: {why}"))),
    })?;
    let unlisted = steps.perform("bill of materials", || release.materials(&host))?;
    steps.perform("checksums", || archive::checksums(&release.folder))?;
    for missing in [missing, unlisted].into_iter().flatten() {
        eprintln!("!! NOT MADE: {missing}");
    }
    steps.finish(&format!("{} holds the release", release.folder.display()));
    Ok(())
}

impl Release<'_> {
    /// Builds for a target and packs.
    fn program(&self, target: &Target) -> Result<()> {
        let name = format!("orangery-{}-{target}", self.version);
        let staged = self.folder.join(&name);
        std::fs::create_dir_all(&staged)?;
        program(self.profile, target, &staged.join("orangery"))?;
        for file in ["LICENSE", "NOTICE", "CHANGELOG.md"] {
            std::fs::copy(root().join(file), staged.join(file)).with_context(|| format!("cannot copy {file}"))?;
        }
        archive::copy_folder(&root().join("config"), &staged.join("config"))?;
        archive::copy_folder(&root().join("charts"), &staged.join("charts"))?;
        archive::pack(&self.folder, &name)
    }

    /// Lists what the program and the components in it are made of.
    fn materials(&self, host: &Target) -> Result<Option<String>> {
        let name = format!("orangery-{}-sbom", self.version);
        match sbom::write(&self.folder.join(&name), host)? {
            sbom::Written::All => archive::pack(&self.folder, &name).map(|()| None),
            sbom::Written::Nothing(why) => Ok(Some(format!("a bill of materials: {why}"))),
        }
    }
}

/// Builds the program for a target and writes it with the machine code of its plugins.
pub(crate) fn program(profile: &str, target: &Target, into: &Path) -> Result<()> {
    let mut build = cargo();
    // The features of the whole workspace, so that another profile shares what was built with it.
    build.args(["build", "--locked", "--profile", profile, "--workspace", "--bin", "orangery"]);
    let mut folder = target_folder();
    if target.is_foreign() {
        build.args(["--target", target.triple()]);
        folder.push(target.triple());
    }
    succeed(&mut build, "the program does not build")?;
    folder.push(if profile == "dev" { "debug" } else { profile });
    // The program compiles its own plugins, so the machine code is that of exactly this engine.
    let mut precompile = Command::new(folder.join("orangery"));
    precompile.args(["plugin", "precompile", "--out"]).arg(into);
    succeed(&mut precompile, "the plugins cannot be compiled")
}

/// The version of the workspace.
pub(crate) fn version() -> Result<String> {
    let output = cargo().args(["metadata", "--locked", "--no-deps", "--format-version", "1"]).output()?;
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).context("cargo metadata")?;
    let packages = metadata.get("packages").and_then(serde_json::Value::as_array).context("cargo metadata")?;
    let field = |package: &serde_json::Value, name: &str| package.get(name).and_then(|v| v.as_str()).map(str::to_owned);
    let ours = packages.iter().find(|package| field(package, "name").as_deref() == Some("orangery"));
    ours.and_then(|package| field(package, "version")).context("the crate orangery has no version")
}

fn succeed(command: &mut Command, failure: &str) -> Result<()> {
    let status =
        command.status().with_context(|| format!("cannot start {}", Path::new(command.get_program()).display()))?;
    anyhow::ensure!(status.success(), "{failure} ({status}); the messages above say why");
    Ok(())
}
