//! Custom resource definitions: ours from `config/crd`, those of Flux and of the Prometheus Operator from the Go modules that
//! define them.

use crate::Cluster;
use anyhow::{Context, Result, bail};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Api, Patch, PatchParams};
use kube::{Client, ResourceExt};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// Modules whose `config/crd/bases` hold the schemas of the Flux kinds.
const FLUX: [&str; 4] = [
    "github.com/fluxcd/source-controller@v1.9.5",
    "github.com/fluxcd/kustomize-controller@v1.9.5",
    "github.com/fluxcd/helm-controller@v1.6.4",
    "github.com/fluxcd/notification-controller@v1.9.3",
];

/// The module whose `example/prometheus-operator-crd` holds the schemas of ServiceMonitor and PrometheusRule.
const PROMETHEUS: &str = "github.com/prometheus-operator/prometheus-operator@v0.85.0";

impl Cluster {
    /// Installs the definitions of ServiceMonitor and PrometheusRule.
    ///
    /// # Errors
    /// As [`Cluster::install_flux_crds`].
    pub async fn install_monitoring_crds(&self) -> Result<()> {
        let dir = tokio::task::spawn_blocking(|| module_directory(PROMETHEUS)).await??;
        for kind in ["servicemonitors", "prometheusrules"] {
            let file = dir.join(format!("example/prometheus-operator-crd/monitoring.coreos.com_{kind}.yaml"));
            let text = fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))?;
            self.install_crds(&text).await.with_context(|| format!("installing {}", file.display()))?;
        }
        Ok(())
    }

    /// Applies the definitions in a YAML text of one or more documents, and waits until they are served.
    ///
    /// # Errors
    /// The text is no list of definitions, the API server refused one, or it was not served within 30 s.
    pub async fn install_crds(&self, yaml: &str) -> Result<()> {
        let client = self.client()?;
        let documents: Vec<Option<Value>> = serde_saphyr::from_multiple(yaml).context("reading the definitions")?;
        for document in documents.into_iter().flatten() {
            install(&client, document).await?;
        }
        Ok(())
    }

    /// Installs the definitions in all YAML files of a directory.
    ///
    /// # Errors
    /// As [`Cluster::install_crds`]; or the directory holds none.
    pub async fn install_crds_from(&self, dir: &Path) -> Result<()> {
        let mut files: Vec<_> = fs::read_dir(dir)
            .with_context(|| format!("listing {}", dir.display()))?
            .map(|entry| entry.map(|e| e.path()))
            .collect::<std::io::Result<_>>()?;
        files.retain(|file| file.extension().is_some_and(|ending| ending == "yaml"));
        files.sort();
        if files.is_empty() {
            bail!("{} holds no YAML file", dir.display());
        }
        for file in files {
            let text = fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))?;
            self.install_crds(&text).await.with_context(|| format!("installing {}", file.display()))?;
        }
        Ok(())
    }

    /// Installs our own definitions.
    ///
    /// # Errors
    /// As [`Cluster::install_crds_from`].
    pub async fn install_our_crds(&self) -> Result<()> {
        self.install_crds_from(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/crd")).await
    }

    /// Installs the definitions of the Flux kinds (sources, Kustomization, HelmRelease).
    ///
    /// # Errors
    /// The Go module proxy cannot be reached and the modules are not cached, or as [`Cluster::install_crds_from`].
    pub async fn install_flux_crds(&self) -> Result<()> {
        for module in FLUX {
            let dir = tokio::task::spawn_blocking(move || module_directory(module)).await??;
            self.install_crds_from(&dir.join("config/crd/bases")).await?;
        }
        Ok(())
    }
}

async fn install(client: &Client, document: Value) -> Result<()> {
    let crd: CustomResourceDefinition =
        serde_json::from_value(document.clone()).context("this is no CustomResourceDefinition")?;
    let name = crd.name_any();
    let crds: Api<CustomResourceDefinition> = Api::all(client.clone());
    crds.patch(&name, &PatchParams::apply("orangery-tests").force(), &Patch::Apply(&document))
        .await
        .with_context(|| format!("applying {name}"))?;
    let start = Instant::now();
    loop {
        let conditions = crds.get(&name).await?.status.and_then(|status| status.conditions).unwrap_or_default();
        if conditions.iter().any(|condition| condition.type_ == "Established" && condition.status == "True") {
            return Ok(());
        }
        if start.elapsed() > Duration::from_secs(30) {
            bail!("{name} was not established within 30 s: {conditions:?}");
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Where the Go client keeps a module's files, downloaded now if they are not there.
fn module_directory(module: &str) -> Result<PathBuf> {
    let output = Command::new("go")
        .args(["mod", "download", "-json", module])
        .env("GOTOOLCHAIN", "local")
        .env("GOFLAGS", "-mod=mod")
        .current_dir(std::env::temp_dir())
        .output()
        .context("starting `go mod download`: is Go installed?")?;
    let answer: Value = serde_json::from_slice(&output.stdout)
        .with_context(|| format!("`go mod download {module}` said: {}", String::from_utf8_lossy(&output.stderr)))?;
    match answer.get("Dir").and_then(Value::as_str) {
        Some(dir) => Ok(PathBuf::from(dir)),
        None => bail!("`go mod download {module}` failed: {}", answer.get("Error").unwrap_or(&answer)),
    }
}
