//! `cargo xtask test`: every check and every test, in the order in which they are cheap.

use crate::advisories;
use crate::machine::{cargo, ensure_go, ensure_wasm_target, root, target};
use crate::steps::Steps;
use anyhow::Result;

/// Run every check and every test, as CI does.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Only the tests whose name contains this; skips formatting, lints and documentation.
    filter: Option<String>,
}

/// Runs it all; the first failure ends it.
pub(crate) fn run(options: &Options) -> Result<()> {
    if let Some(filter) = &options.filter {
        let mut steps = Steps::new(2);
        steps.perform("tools", || ensure_wasm_target().and_then(|()| ensure_go()))?;
        return steps.run("tests", cargo().args(["test", "--workspace", "--locked", "--", filter]));
    }
    let mut steps = Steps::new(8);
    steps.perform("tools", || ensure_wasm_target().and_then(|()| ensure_go()))?;
    steps.run("formatting", cargo().args(["fmt", "--all", "--check"]))?;
    steps.run("lints", cargo().args(["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]))?;
    steps.perform("advisories", advisories::check)?;
    steps.run(
        "a real kube-apiserver, etcd and controller manager for the tests",
        cargo().args(["run", "--quiet", "--locked", "-p", "orangery-test-apiserver", "--", "--build-only"]),
    )?;
    steps.run("tests", cargo().args(["test", "--workspace", "--locked", "--no-fail-fast"]))?;
    steps.run(
        "documentation",
        cargo().args(["doc", "--workspace", "--no-deps", "--locked", "--quiet"]).env("RUSTDOCFLAGS", "-D warnings"),
    )?;
    steps.run(
        "the example plugin, built as an outsider would",
        cargo()
            .current_dir(root().join("examples/plugin-rust"))
            .args(["test", "--locked", "--target-dir"])
            // Where the tests of the command line have built it for the sandbox.
            .arg(target().join("examples")),
    )?;
    steps.finish("all checks and tests passed");
    Ok(())
}
