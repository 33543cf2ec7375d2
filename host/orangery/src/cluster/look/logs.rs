//! `orangery logs`: what the operator's Pods logged, all of it or of one set or provider.

use super::version::OPERATOR;
use crate::cli::cluster::LogsOptions;
use crate::cluster::connection::{Connection, said};
use crate::cluster::kind::Kind;
use crate::cluster::print::out;
use crate::exit;
use anyhow::{Context as _, anyhow};
use futures::stream::{self, BoxStream};
use futures::{AsyncBufReadExt as _, StreamExt as _};
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt as _;
use kube::api::{Api, ListParams, LogParams};
use serde_json::Value;
use std::process::ExitCode;

pub(in crate::cluster) async fn perform(options: LogsOptions) -> anyhow::Result<ExitCode> {
    let about = options.about.as_deref().map(Kind::parse_reference).transpose()?;
    let connection = Connection::open(&options.connection).await?;
    let pods: Api<Pod> = Api::namespaced(connection.client.clone(), &options.operator_namespace);
    let found = pods.list(&ListParams::default().labels(OPERATOR)).await.map_err(said);
    let found = found.with_context(|| format!("cannot list the Pods of namespace {}", options.operator_namespace))?;
    if found.items.is_empty() {
        return Err(anyhow!(
            "namespace {} has no Pods with the label {OPERATOR}; --operator-namespace names another one",
            options.operator_namespace
        ));
    }
    let parameters = LogParams {
        follow: options.follow,
        since_seconds: options.since.map(|since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX)),
        tail_lines: options.tail,
        ..LogParams::default()
    };
    let logs: Api<Pod> = Api::namespaced(connection.patient()?, &options.operator_namespace);
    let several = found.items.len() > 1;
    let mut streams: Vec<BoxStream<'_, String>> = Vec::new();
    for pod in &found.items {
        let name = pod.name_any();
        let lines = logs.log_stream(&name, &parameters).await.map_err(said);
        let lines = lines.with_context(|| format!("cannot read the logs of Pod {name}"))?.lines();
        let prefix = if several { format!("[{name}] ") } else { String::new() };
        streams.push(lines.filter_map(async |line| line.ok()).map(move |line| format!("{prefix}{line}")).boxed());
    }
    let mut lines = stream::select_all(streams);
    while let Some(line) = lines.next().await {
        if about.is_none_or(|(kind, name)| is_about(&line, kind, &format!("{}/{name}", connection.namespace))) {
            out(&format!("{line}\n"))?;
        }
    }
    Ok(exit::SUCCESS)
}

/// Whether a line is about an object: by its fields if it is JSON, else by the name in its text.
fn is_about(line: &str, kind: Kind, name: &str) -> bool {
    let json = line.find('{').and_then(|start| line.get(start..)).and_then(|text| serde_json::from_str(text).ok());
    let Some(Value::Object(fields)) = json else { return line.contains(name) };
    let is = |value: &Value| value.as_str() == Some(name);
    let other = fields.get("kind").and_then(Value::as_str).is_some_and(|other| other != kind.as_str());
    !other && fields.values().any(is)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_about_an_object_by_its_fields() {
        let line = r#"[pod] {"level":"INFO","kind":"ResourceSet","name":"ns/apps","message":"applied"}"#;
        assert!(is_about(line, Kind::Set, "ns/apps"));
        assert!(!is_about(line, Kind::Provider, "ns/apps"));
        assert!(!is_about(line, Kind::Set, "ns/app"));
        assert!(is_about("INFO applied set=ns/apps", Kind::Set, "ns/apps"));
    }
}
