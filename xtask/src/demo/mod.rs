//! `cargo xtask demo`: shows the product from an empty machine to previews, in one command.
//!
//! A simulated forge and the real operator run as processes, and the demo shows what they do. Each step waits for its
//! result, and fails if that does not come.

mod stage;

use crate::machine::{cargo, ensure_wasm_target, root, target};
use crate::steps::Steps;
use anyhow::{Context, Result};
use stage::Stage;
use std::path::PathBuf;

/// The example that is shown.
const EXAMPLE: &str = "examples/github-pull-requests/manifests";
/// The repository in the example.
const REPOSITORY: &str = "github:orchard/webshop";
/// The change requests that the forge starts with.
const SEED: &str = r#"[
  {"do": "repository", "repository": "github:orchard/webshop", "private": true},
  {"do": "token", "value": "demo-token-that-no-plugin-ever-sees", "flavour": "github", "repositories": ["orchard/webshop"], "rights": "read"},
  {"do": "open", "repository": "github:orchard/webshop", "branch": "feature/basket", "title": "A basket", "author": "ada", "labels": ["deploy/preview"]},
  {"do": "open", "repository": "github:orchard/webshop", "branch": "fix/rounding", "title": "Round the total once", "author": "grace", "labels": ["deploy/preview"]},
  {"do": "open", "repository": "github:orchard/webshop", "branch": "docs", "title": "Say how it works", "author": "linus"}
]"#;

/// What runs.
const PROGRAMS: [&str; 2] = ["orangery", "orangery-forge"];
/// Cargo gives dependencies the features that development dependencies ask for only if a test is built, too. With this small one the
/// demo shares every artefact with `cargo xtask test`, and neither compiles a dependency that the other has compiled. With
/// optimisation it shares them with `cargo build --release`, which builds no test.
const SHARED_FEATURES: &str = "house";

/// Set everything up and watch preview environments appear and vanish.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Build with optimisation: slower to build, faster to run.
    #[arg(long)]
    release: bool,
    /// Where the demo writes; the default is `demo` in the target folder.
    #[arg(long)]
    into: Option<PathBuf>,
}

/// Builds everything, runs the demo, and prints where to look.
pub(crate) fn run(options: &Options) -> Result<()> {
    let mut steps = Steps::new(10);
    steps.perform("tools", ensure_wasm_target)?;
    let mut build = cargo();
    build.args(["build", "--locked", "--workspace"]).args(PROGRAMS.iter().flat_map(|program| ["--bin", program]));
    if options.release {
        build.arg("--release");
    } else {
        build.args(["--test", SHARED_FEATURES]);
    }
    steps.run(
        "build the operator, its WebAssembly plugins and the simulated forge (minutes the first time, seconds later)",
        &mut build,
    )?;
    let programs = target().join(if options.release { "release" } else { "debug" });
    let into = options.into.clone().unwrap_or_else(|| target().join("demo"));
    let mut stage = steps.perform("a forge with three pull requests, two of them labelled deploy/preview", || {
        Stage::open(&programs, &into, &root().join(EXAMPLE), SEED)
    })?;
    play(&mut steps, &mut stage)?;
    stage.close();
    println!(
        "\nWhat you saw: previews appeared, changed in place, survived an outage and an empty answer, and vanished when closed."
    );
    println!("\nLook at   {}", stage.directory().display());
    println!("          one YAML file for each object; the ledger and the last good inputs are in .orangery/");
    println!("manifests {}", stage.manifests().display());
    println!("log       {}", stage.log().display());
    println!(
        "\nRun it yourself:\n  {} run --local out/ -f MANIFESTS --once\n  {} --help",
        programs.join("orangery").display(),
        programs.join("orangery-forge").display()
    );
    steps.finish("the demo is over");
    Ok(())
}

fn play(steps: &mut Steps, stage: &mut Stage) -> Result<()> {
    steps.perform(
        "the operator starts, polls through the github plugin, and both labelled pull requests get a preview",
        || {
            stage.start_operator()?;
            stage.until("previews 1 and 2 exist", |stage| stage.previews() == ["app-1", "app-2"])?;
            stage.show("HelmRelease.helm.toolkit.fluxcd.io/app-1.yaml", &["name:", "branch:", "tag:"])
        },
    )?;
    steps.perform("somebody labels pull request 3: its preview appears", || {
        stage.forge(&["pr", "label", REPOSITORY, "3", "deploy/preview"])?;
        stage.until("preview 3 exists", |stage| stage.previews() == ["app-1", "app-2", "app-3"])
    })?;
    steps.perform("a push to pull request 1: the same objects, the new commit", || {
        let before = stage.field("HelmRelease.helm.toolkit.fluxcd.io/app-1.yaml", "tag:")?;
        stage.forge(&["pr", "push", REPOSITORY, "1"])?;
        stage.until("the image tag of preview 1 is the new commit", |stage| {
            stage.field("HelmRelease.helm.toolkit.fluxcd.io/app-1.yaml", "tag:").is_ok_and(|tag| tag != before)
        })
    })?;
    steps.perform("the forge breaks: errors, then a maintenance page with status 200, then an empty list", || {
        let line = stage.log_lines();
        stage.forge(&["fail", "503", "--on", "/pulls"])?;
        stage.until("the operator says why it has no new answer", |stage| stage.says(line, "✗ provider"))?;
        stage.forge(&["heal"])?;
        stage.forge(&["fail", "maintenance", "--on", "/pulls"])?;
        stage.until("it does not take a maintenance page for an answer", |stage| {
            stage.says(line, "not JSON") || stage.says(line, "MalformedResponse")
        })?;
        stage.forge(&["heal"])?;
        stage.forge(&["fail", "empty-list", "--on", "/pulls"])?;
        stage.until("the guard holds the deletion of everything", |stage| stage.says(line, "deletions are held"))?;
        let left = stage.previews();
        anyhow::ensure!(left == ["app-1", "app-2", "app-3"], "previews were deleted by an outage: {left:?} are left");
        println!("   all three previews are still there");
        stage.forge(&["heal"])?;
        stage.until("the operator is content again", |stage| stage.last_says("✔ set"))
    })?;
    steps.perform("pull request 2 is merged: its preview, and only its preview, is deleted", || {
        stage.forge(&["pr", "merge", REPOSITORY, "2"])?;
        stage.until("previews 1 and 3 are left", |stage| stage.previews() == ["app-1", "app-3"])
    })?;
    steps.perform("nothing happens: polls are answered 304, which costs no quota", || {
        stage.until("two polls were answered from the conditional cache", |stage| {
            stage.requests().is_ok_and(|(_, cached)| cached >= 2)
        })
    })?;
    let requests = stage.requests().context("the forge's request log")?;
    println!(
        "\n   requests to the forge: {} in all, {} answered from the conditional cache (304)",
        requests.0, requests.1
    );
    Ok(())
}
