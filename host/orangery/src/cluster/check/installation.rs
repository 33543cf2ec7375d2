//! The running operator: its Deployment, its lease, and the account that sets without one are applied with.

use super::finding::Findings;
use crate::cli::cluster::CheckOptions;
use crate::cluster::connection::{Connection, said};
use crate::cluster::look::version::OPERATOR;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::coordination::v1::Lease;
use kube::Api;
use kube::api::ListParams;
use std::time::Duration;

/// The name of the operator's lease.
const LEASE: &str = "orangery";
/// A lease that was not renewed for this long has no leader.
const RENEWED: Duration = Duration::from_secs(60);
/// The flag and the variable of the default account.
const ACCOUNT: [&str; 2] = ["--default-service-account", "DEFAULT_SERVICE_ACCOUNT"];

async fn deployments(connection: &Connection, options: &CheckOptions) -> Result<Vec<Deployment>, kube::Error> {
    let api: Api<Deployment> = Api::namespaced(connection.client.clone(), &options.operator_namespace);
    Ok(api.list(&ListParams::default().labels(OPERATOR)).await?.items)
}

/// The account that is given, else that of the operator's Deployment.
pub(super) async fn default_account(connection: &Connection, options: &CheckOptions) -> Option<String> {
    if let Some(account) = &options.default_service_account {
        return Some(account.clone()).filter(|account| !account.is_empty());
    }
    deployments(connection, options).await.ok()?.iter().find_map(account_of)
}

fn account_of(deployment: &Deployment) -> Option<String> {
    let containers = &deployment.spec.as_ref()?.template.spec.as_ref()?.containers;
    let [flag, variable] = ACCOUNT;
    containers.iter().find_map(|container| {
        let arguments: Vec<&String> = container.args.iter().chain(&container.command).flatten().collect();
        let joined = arguments.iter().find_map(|one| one.strip_prefix(flag)?.strip_prefix('=').map(str::to_owned));
        let apart = || {
            let at = arguments.iter().position(|one| *one == flag)?;
            arguments.get(at.saturating_add(1)).map(|next| (*next).clone())
        };
        let env = || container.env.iter().flatten().find(|env| env.name == variable)?.value.clone();
        joined.or_else(apart).or_else(env).filter(|account| !account.is_empty())
    })
}

/// Whether the operator runs.
pub(super) async fn deployment(connection: &Connection, options: &CheckOptions, findings: &mut Findings) {
    const AREA: &str = "operator";
    let namespace = options.operator_namespace.as_str();
    match deployments(connection, options).await {
        Err(error) => findings.warning(AREA, namespace, format!("Deployments cannot be listed: {}", said(error)), ""),
        Ok(found) if found.is_empty() => {
            let text = format!("namespace {namespace} has no Deployment with the label {OPERATOR}");
            findings.warning(
                AREA,
                namespace,
                text,
                "fine where it runs as something else; --operator-namespace names another namespace",
            );
        }
        Ok(found) => {
            for deployment in found {
                let name = deployment.metadata.name.unwrap_or_default();
                let available = deployment.status.and_then(|status| status.available_replicas).unwrap_or_default();
                if available > 0 {
                    findings.good(AREA, name, format!("{available} Pods are available"));
                } else {
                    let next = format!("kubectl describe deployment {name} -n {namespace}");
                    findings.problem(AREA, name.as_str(), "no Pod is available", next);
                }
            }
        }
    }
}

/// Whether a copy of the operator leads.
pub(super) async fn lease(connection: &Connection, options: &CheckOptions, findings: &mut Findings) {
    const AREA: &str = "lease";
    let leases: Api<Lease> = Api::namespaced(connection.client.clone(), &options.operator_namespace);
    let subject = format!("{}/{LEASE}", options.operator_namespace);
    let lease = match leases.get_opt(LEASE).await {
        Err(error) => return findings.warning(AREA, subject, format!("cannot be read: {}", said(error)), ""),
        Ok(None) => {
            let next = "start the operator; fine where it runs with --no-leader-election";
            return findings.warning(AREA, subject, "there is none: no operator has led yet", next);
        }
        Ok(Some(lease)) => lease.spec.unwrap_or_default(),
    };
    let holder = lease.holder_identity.filter(|holder| !holder.is_empty());
    let age = lease.renew_time.map(|time| jiff::Timestamp::now().duration_since(time.0).unsigned_abs());
    match (holder, age) {
        (Some(holder), Some(age)) if age <= RENEWED => findings.good(AREA, subject, format!("{holder} leads")),
        (Some(holder), _) => {
            let next = "look at the operator: orangery logs";
            findings.problem(
                AREA,
                subject,
                format!("{holder} has not renewed it for more than {} s", RENEWED.as_secs()),
                next,
            );
        }
        (None, _) => findings.problem(AREA, subject, "nobody leads", "look at the operator: orangery logs"),
    }
}
