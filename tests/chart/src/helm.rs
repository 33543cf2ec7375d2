//! `helm`, with folders of its own, so that nothing of the machine's user counts.

use crate::{HELM, manifests};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// The chart in this source tree.
#[must_use]
pub fn chart() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../charts/orangery")
}

/// The program, and where it keeps its state.
pub struct Helm {
    program: PathBuf,
    home: TempDir,
    kubeconfig: Option<PathBuf>,
}

impl Helm {
    /// Without a cluster.
    ///
    /// # Errors
    /// It cannot be built.
    pub fn offline() -> Result<Self> {
        Ok(Self { program: HELM.built()?, home: tempfile::tempdir()?, kubeconfig: None })
    }

    /// With the rights of a kubeconfig.
    ///
    /// # Errors
    /// It cannot be built.
    pub fn with_rights_of(kubeconfig: &Path) -> Result<Self> {
        Ok(Self { kubeconfig: Some(kubeconfig.to_owned()), ..Self::offline()? })
    }

    /// Runs it; what it printed.
    ///
    /// # Errors
    /// It failed: with its words.
    pub fn run<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Result<String> {
        let at = |name: &str| self.home.path().join(name);
        let mut command = Command::new(&self.program);
        command.args(arguments).env_clear().env("PATH", "").env("HOME", self.home.path());
        for name in ["HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME"] {
            command.env(name, at(name));
        }
        // Otherwise it would look for a cluster on this machine.
        command.env("KUBECONFIG", self.kubeconfig.clone().unwrap_or_else(|| at("no-kubeconfig")));
        let output = command.output().context("starting helm")?;
        if !output.status.success() {
            bail!("helm failed: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(String::from_utf8(output.stdout)?)
    }

    /// What the chart renders to with these flags, for a release `orangery` in `orangery-system`.
    ///
    /// # Errors
    /// It is refused: with helm's words.
    pub fn renders(&self, flags: &[&str]) -> Result<String> {
        let chart = chart().display().to_string();
        self.run(&[&["template", "orangery", chart.as_str(), "--namespace", "orangery-system"], flags].concat())
    }

    /// As [`Helm::renders`], as objects.
    ///
    /// # Errors
    /// As there.
    pub fn objects(&self, flags: &[&str]) -> Result<Vec<Value>> {
        manifests::objects(&self.renders(flags)?)
    }
}
