//! `orangery version`: of this program, of the API server, and of the operators that run.

use crate::cli::OutputFormat;
use crate::cli::cluster::VersionOptions;
use crate::cluster::connection::{Connection, said};
use crate::cluster::print::{json_text, out, yaml_text};
use crate::exit;
use anyhow::Context as _;
use k8s_openapi::api::apps::v1::Deployment;
use kube::Api;
use kube::api::ListParams;
use serde_json::json;
use std::process::ExitCode;

/// The label of the operator's Deployment and Pods.
pub(in crate::cluster) const OPERATOR: &str = "app.kubernetes.io/name=orangery";

pub(in crate::cluster) async fn perform(options: VersionOptions) -> anyhow::Result<ExitCode> {
    let client = env!("CARGO_PKG_VERSION");
    if options.client {
        return print(&options, &[("client", client.to_owned())]);
    }
    let connection = Connection::open(&options.connection).await?;
    let server = connection.client.apiserver_version().await;
    let server =
        server.map_err(said).context("cannot ask for the version of the API server; --client leaves it out")?;
    let mut rows = vec![("client", client.to_owned()), ("server", server.git_version)];
    let deployments: Api<Deployment> = Api::all(connection.client.clone());
    match deployments.list(&ListParams::default().labels(OPERATOR)).await {
        Ok(found) => rows.extend(found.items.iter().flat_map(images).map(|image| ("operator", image))),
        Err(error) => tracing::warn!(error = %said(error), "the operator's Deployments cannot be listed"),
    }
    print(&options, &rows)
}

fn images(deployment: &Deployment) -> Vec<String> {
    let pod = deployment.spec.as_ref().and_then(|spec| spec.template.spec.as_ref());
    pod.into_iter().flat_map(|pod| &pod.containers).filter_map(|container| container.image.clone()).collect()
}

fn print(options: &VersionOptions, rows: &[(&str, String)]) -> anyhow::Result<ExitCode> {
    let operators: Vec<&String> = rows.iter().filter(|(name, _)| *name == "operator").map(|(_, value)| value).collect();
    let of = |wanted: &str| rows.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value);
    let value = json!({"client": of("client"), "server": of("server"), "operators": operators});
    out(&match options.output {
        None => rows.iter().map(|(name, value)| format!("{name}: {value}\n")).collect(),
        Some(OutputFormat::Json) => json_text(&value)?,
        Some(OutputFormat::Yaml) => yaml_text(&value)?,
    })?;
    Ok(exit::SUCCESS)
}
