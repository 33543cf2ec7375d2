//! The set that is measured: six objects an input, in both forms, for ours and for the Go libraries.

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

/// Namespace, ServiceAccount, RoleBinding, OCIRepository, HelmRelease, ConfigMap with a multi-line value.
const SIX: [&str; 6] = [
    "apiVersion: v1
kind: Namespace
metadata:
  name: app-<< inputs.id >>
",
    "apiVersion: v1
kind: ServiceAccount
metadata:
  name: flux
  namespace: app-<< inputs.id >>
",
    "apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: flux
  namespace: app-<< inputs.id >>
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: admin
subjects:
  - kind: ServiceAccount
    name: flux
    namespace: app-<< inputs.id >>
",
    "apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata:
  name: app
  namespace: app-<< inputs.id >>
spec:
  interval: 5m
  url: oci://registry.example/app
  ref:
    tag: << inputs.sha | quote >>
",
    "apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: app
  namespace: app-<< inputs.id >>
  annotations:
    event.toolkit.fluxcd.io/branch: << inputs.branch | quote >>
spec:
  serviceAccountName: flux
  interval: 10m
  releaseName: app-<< inputs.id >>
  chartRef:
    kind: OCIRepository
    name: app
  values:
    image:
      tag: v-<< inputs.sha >>
",
    "apiVersion: v1
kind: ConfigMap
metadata:
  name: app
  namespace: app-<< inputs.id >>
data:
  motd: |
    Preview of << inputs.branch >>
    at << inputs.sha >>
",
];

/// How a set is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One `resourcesTemplate`.
    Text,
    /// Six `resources`.
    Structured,
}

impl Form {
    /// As in the manifest.
    #[must_use]
    pub fn field(self) -> &'static str {
        match self {
            Self::Text => "resourcesTemplate",
            Self::Structured => "resources",
        }
    }

    /// The templates as JSON: text, or objects.
    ///
    /// # Errors
    /// Never, unless the set in this file is broken.
    pub fn templates(self) -> Result<Vec<Value>> {
        match self {
            Self::Text => Ok(vec![Value::String(SIX.map(|object| format!("---\n{object}")).concat())]),
            Self::Structured => SIX.iter().map(|object| Ok(go_yaml::from_str(object)?)).collect(),
        }
    }
}

/// So many inputs as a forge gives them.
#[must_use]
pub fn rows(count: usize) -> Vec<Map<String, Value>> {
    (0..count)
        .map(|index| {
            let row = json!({"id": index.to_string(), "sha": format!("{index:040x}"), "branch": format!("feature/{index}"), "author": "ada"});
            row.as_object().cloned().unwrap_or_default()
        })
        .collect()
}

/// The same with branches that must be quoted: a harmless value would look different.
#[must_use]
pub fn harmful(inputs: &[Map<String, Value>]) -> Vec<Map<String, Value>> {
    let mut rows = inputs.to_vec();
    for (index, row) in rows.iter_mut().enumerate() {
        row.insert("branch".to_owned(), Value::String(format!("feature: {index} # \"x\"")));
    }
    rows
}

/// The files of one measurement.
pub struct Files {
    /// The ResourceSet.
    pub set: PathBuf,
    /// Its inputs.
    pub inputs: PathBuf,
    /// The same for the Go program.
    pub go: PathBuf,
}

impl Files {
    /// Writes them into the folder.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn write(folder: &Path, form: Form, count: usize) -> Result<Self> {
        let templates = form.templates()?;
        let inputs = rows(count);
        let files =
            Self { set: folder.join("set.yaml"), inputs: folder.join("inputs.yaml"), go: folder.join("go.json") };
        let templated = match form {
            Form::Text => templates.first().cloned().context("one template")?,
            Form::Structured => Value::Array(templates.clone()),
        };
        let set = json!({
            "apiVersion": "fluxcd.controlplane.io/v1", "kind": "ResourceSet",
            "metadata": {"name": "bench", "namespace": "bench"},
            "spec": {form.field(): templated},
        });
        let go: Vec<Value> =
            templates.into_iter().map(|template| json!({"path": form.field(), "template": template})).collect();
        std::fs::write(&files.set, go_yaml::to_string(&set)?)?;
        std::fs::write(&files.inputs, go_yaml::to_string(&json!(inputs))?)?;
        std::fs::write(&files.go, json!({"templates": go, "inputs": inputs}).to_string())?;
        Ok(files)
    }
}
