//! Runs the program with the rights of a kubeconfig, and looks at what it said.

use anyhow::{Context, Result, ensure};
use orangery_test_flow::World;
use std::ffi::OsString;
use std::path::PathBuf;
use tokio::process::Command;
use tokio::sync::OnceCell;

/// The program of this source tree, built once.
pub(crate) async fn program() -> Result<&'static PathBuf> {
    static BUILT: OnceCell<PathBuf> = OnceCell::const_new();
    BUILT
        .get_or_try_init(async || {
            // As part of the workspace, because the features of the dependencies are then those of the tests.
            let built = Command::new(env!("CARGO"))
                .args(["build", "--quiet", "--workspace", "--bin", "orangery"])
                .current_dir(env!("CARGO_MANIFEST_DIR"))
                .status()
                .await?;
            ensure!(built.success(), "the program does not build");
            let exe = std::env::current_exe()?;
            let folder = exe.parent().and_then(|deps| deps.parent()).context("tests lie in target/…/deps")?;
            Ok(folder.join("orangery"))
        })
        .await
}

/// One run that has ended.
pub(crate) struct Ran {
    /// Exit code.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) out: String,
    /// Standard error.
    pub(crate) err: String,
}

impl Ran {
    /// Fails unless it ended with this code.
    pub(crate) fn exits(self, code: i32) -> Result<Self> {
        ensure!(self.code == code, "exit {} instead of {code}\n{}\n{}", self.code, self.out, self.err);
        Ok(self)
    }

    /// Fails unless this is on its standard output.
    pub(crate) fn prints(self, text: &str) -> Result<Self> {
        ensure!(self.out.contains(text), "{text:?} is not in\n{}\n{}", self.out, self.err);
        Ok(self)
    }

    /// Fails unless this is on its standard error.
    pub(crate) fn warns(self, text: &str) -> Result<Self> {
        ensure!(self.err.contains(text), "{text:?} is not in\n{}\n{}", self.out, self.err);
        Ok(self)
    }

    /// Its standard output as JSON.
    pub(crate) fn json(&self) -> Result<serde_json::Value> {
        serde_json::from_str(&self.out).with_context(|| format!("{}\n{}", self.out, self.err))
    }
}

/// The program with these words, in the namespace of a world, with all rights.
pub(crate) async fn command(world: &World, words: &[&str]) -> Result<Command> {
    let mut command = Command::new(program().await?);
    let mut all: Vec<OsString> = words.iter().map(Into::into).collect();
    if !words.contains(&"-A") && !words.contains(&"--all-namespaces") {
        all.extend(["--namespace".into(), world.namespace().into()]);
    }
    command.args(all).env("KUBECONFIG", world.cluster.kubeconfig_path()).kill_on_drop(true);
    Ok(command)
}

/// Runs the program to its end.
pub(crate) async fn run(world: &World, words: &[&str]) -> Result<Ran> {
    ended(&mut command(world, words).await?).await
}

/// Runs a command to its end.
pub(crate) async fn ended(command: &mut Command) -> Result<Ran> {
    let output = command.output().await?;
    Ok(Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout)?,
        err: String::from_utf8(output.stderr)?,
    })
}

/// A set of two ConfigMaps, and a provider that nothing reads.
pub(crate) const APPS: &str = "
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSetInputProvider
metadata: {name: one}
spec: {type: Static, defaultValues: {name: first}}
---
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: apps}
spec:
  inputs: [{id: a}, {id: b}]
  resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: app-<< inputs.id >>, namespace: NAMESPACE}}]
";

/// A world with an operator that has applied [`APPS`].
pub(crate) async fn established(hint: &str) -> Result<World> {
    let mut world = World::new(hint).await?;
    world.start().await?;
    world.apply(APPS).await?;
    world.is_ready("ResourceSet", "apps").await?;
    world.is_ready("ResourceSetInputProvider", "one").await?;
    Ok(world)
}
