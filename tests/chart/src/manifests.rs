//! Manifests as texts and as objects; `config/` as it follows from the chart.

use crate::Helm;
use anyhow::{Context, Result};
use serde_json::Value;

/// What every generated file begins with.
const HEAD: &str = "# Made from charts/orangery by `cargo xtask deploy`: edit the chart.\n";
/// The chart leaves the namespace to `helm install --create-namespace`.
const NAMESPACE: &str = "apiVersion: v1
kind: Namespace
metadata:
  name: orangery-system
  labels:
    pod-security.kubernetes.io/enforce: restricted
";

/// The documents of a YAML text.
///
/// # Errors
/// It is not YAML.
pub fn objects(yaml: &str) -> Result<Vec<Value>> {
    let documents: Vec<Option<Value>> = serde_saphyr::from_multiple(yaml).context("reading manifests")?;
    Ok(documents.into_iter().flatten().collect())
}

/// The objects of a kind.
#[must_use]
pub fn of_kind<'a>(objects: &'a [Value], kind: &str) -> Vec<&'a Value> {
    objects.iter().filter(|object| text(object, "/kind") == kind).collect()
}

/// A text in an object; empty if there is none.
#[must_use]
pub fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// Sets a key of the map at a place in an object.
///
/// # Errors
/// There is no map at that place.
pub fn put(object: &mut Value, at: &str, key: &str, value: Value) -> Result<()> {
    let map = object.pointer_mut(at).and_then(Value::as_object_mut).with_context(|| format!("a map at {at:?}"))?;
    map.insert(key.to_owned(), value);
    Ok(())
}

/// A file below `config/` that follows from the chart.
#[derive(Debug)]
pub struct Generated {
    /// Path from the root of the source tree.
    pub path: &'static str,
    /// What should be in it.
    pub text: String,
}

/// Everything below `config/` that follows from the chart.
///
/// # Errors
/// The chart cannot be rendered.
pub fn generated(helm: &Helm) -> Result<Vec<Generated>> {
    let all = helm.renders(&["--skip-tests", "--set", "installCRDs=false"])?;
    let listed = helm.renders(&[
        "--skip-tests",
        "--show-only",
        "templates/rbac-impersonate.yaml",
        "--set",
        "rbac.impersonate.serviceAccounts={flux}",
    ])?;
    let (rights, workload): (Vec<&str>, Vec<&str>) =
        documents(&all).into_iter().partition(|document| is_about_rights(document));
    let listed: Vec<&str> =
        documents(&listed).into_iter().filter(|document| document.contains("\nkind: ClusterRole\n")).collect();
    let hint = "# Instead of the role of the same name in config/deploy/rbac.yaml; again after each update:\n\
                #   kubectl apply -f config/deploy/ && kubectl apply -f config/impersonate/listed.yaml\n\
                # List what your ResourceSets name in spec.serviceAccountName beside the value of --default-service-account.\n";
    Ok(vec![
        Generated { path: "config/deploy/rbac.yaml", text: file("", &[&[NAMESPACE], rights.as_slice()].concat()) },
        Generated { path: "config/deploy/operator.yaml", text: file("", &workload) },
        Generated { path: "config/impersonate/listed.yaml", text: file(hint, &listed) },
    ])
}

fn is_about_rights(document: &str) -> bool {
    ["ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"]
        .iter()
        .any(|kind| document.contains(&format!("\nkind: {kind}\n")))
}

fn documents(yaml: &str) -> Vec<&str> {
    yaml.split("---\n").filter(|document| document.contains("kind: ")).collect()
}

/// One file, without what only helm needs.
fn file(hint: &str, documents: &[&str]) -> String {
    let is_of_helm = |line: &str| {
        let line = line.trim_start();
        ["# Source: ", "helm.sh/chart: ", "app.kubernetes.io/managed-by: "].iter().any(|start| line.starts_with(start))
    };
    let texts: Vec<String> = documents
        .iter()
        .map(|document| {
            let kept: Vec<&str> = document.trim().lines().filter(|line| !is_of_helm(line)).collect();
            kept.join("\n") + "\n"
        })
        .collect();
    format!("{HEAD}{hint}{}", texts.join("---\n"))
}
