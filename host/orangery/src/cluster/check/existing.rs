//! Existing sets and providers: which of them would stop or change, and why.

use super::finding::Findings;
use crate::cli::cluster::CheckOptions;
use crate::cluster::connection::{Connection, Reach, said};
use crate::cluster::item::Item;
use crate::cluster::kind::Kind;
use k8s_openapi::api::core::v1::{Secret, ServiceAccount};
use kube::Api;
use orangery_api::{ResourceSet, ResourceSetInputProvider};
use orangery_controller::pipeline::build;
use orangery_core::selection::Filter;
use orangery_core::spec::{ProviderSpec, SetSpec};
use orangery_core::{ServedType, keys};
use orangery_sandbox::PluginDescription;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

const SETS: &str = "ResourceSet";
const PROVIDERS: &str = "ResourceSetInputProvider";

/// Looks at all sets and providers that the caller may list.
pub(super) async fn check(
    connection: &Connection,
    options: &CheckOptions,
    default_account: Option<&str>,
    plugins: &[PluginDescription],
    findings: &mut Findings,
) {
    let reach = Reach::of(options.connection.namespace.is_none());
    let mut accounts = Accounts { connection, known: BTreeMap::new() };
    if let Some(items) = list(connection, Kind::Set, reach, options, findings).await {
        let before = findings.0.len();
        for item in &items {
            set(item, options, default_account, plugins, &mut accounts, findings).await;
        }
        if findings.0.len() == before {
            findings.good(SETS, "all", format!("{} sets go on as they are", items.len()));
        }
    }
    if let Some(items) = list(connection, Kind::Provider, reach, options, findings).await {
        let before = findings.0.len();
        for item in &items {
            provider(item, connection, options, plugins, findings).await;
        }
        if findings.0.len() == before {
            findings.good(PROVIDERS, "all", format!("{} providers go on as they are", items.len()));
        }
    }
}

async fn list(
    connection: &Connection,
    kind: Kind,
    reach: Reach,
    options: &CheckOptions,
    findings: &mut Findings,
) -> Option<Vec<Item>> {
    match connection.list(kind, reach).await {
        Ok(items) => Some(items),
        // Before an installation there may be no definitions, which another check says.
        Err(_) if options.pre => None,
        Err(error) => {
            findings.problem(kind.as_str(), "all", crate::failure::tell(&error), "check as somebody who may list them");
            None
        }
    }
}

fn typed<T: DeserializeOwned>(item: &Item) -> Result<T, String> {
    serde_json::to_value(&item.object).and_then(serde_json::from_value).map_err(|error| error.to_string())
}

/// Service accounts that were looked for.
struct Accounts<'a> {
    connection: &'a Connection,
    known: BTreeMap<(String, String), bool>,
}

impl Accounts<'_> {
    /// Whether an account exists; one that cannot be read counts as existing.
    async fn exists(&mut self, namespace: &str, name: &str) -> bool {
        let key = (namespace.to_owned(), name.to_owned());
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let api: Api<ServiceAccount> = Api::namespaced(self.connection.client.clone(), namespace);
        let exists = !matches!(api.get_metadata_opt(name).await, Ok(None));
        self.known.insert(key, exists);
        exists
    }
}

async fn set(
    item: &Item,
    options: &CheckOptions,
    default_account: Option<&str>,
    plugins: &[PluginDescription],
    accounts: &mut Accounts<'_>,
    findings: &mut Findings,
) {
    let name = item.name();
    let subject = name.to_string();
    let spec = match typed::<ResourceSet>(item)
        .and_then(|set| SetSpec::try_from(&set).map_err(|error| format!("{}: {error}", error.field)))
    {
        Ok(spec) => spec,
        Err(error) => return findings.problem(SETS, subject, format!("stops: {error}"), "correct the field"),
    };
    match spec.service_account.as_deref().or(default_account) {
        None if name.namespace == options.operator_namespace => {}
        None => {
            let text = "stops: it names no service account, and there is no default one";
            let next = format!(
                "set spec.serviceAccountName to an account of namespace {}, or start the operator with --default-service-account",
                name.namespace
            );
            findings.problem(SETS, subject.as_str(), text, next);
        }
        Some(account) => {
            if !accounts.exists(&name.namespace, account).await {
                let text = format!("stops: service account {account} does not exist in namespace {}", name.namespace);
                let next =
                    format!("kubectl create serviceaccount {account} -n {}, and bind a role to it", name.namespace);
                findings.problem(SETS, subject.as_str(), text, next);
            }
        }
    }
    let renderer = build::renderer(&spec);
    if !plugins.iter().any(|plugin| plugin.renderer() == Some(renderer)) {
        let text = format!("stops: no loaded plugin is the renderer {renderer}");
        findings.problem(SETS, subject, text, "load it with --plugin");
    }
}

async fn provider(
    item: &Item,
    connection: &Connection,
    options: &CheckOptions,
    plugins: &[PluginDescription],
    findings: &mut Findings,
) {
    let subject = item.name().to_string();
    let parsed = typed::<ResourceSetInputProvider>(item)
        .and_then(|provider| ProviderSpec::try_from(&provider).map_err(|error| format!("{}: {error}", error.field)));
    let spec = match parsed {
        Ok(spec) => spec,
        Err(error) => return findings.problem(PROVIDERS, subject, format!("stops: {error}"), "correct the field"),
    };
    let of = spec.provider_type.as_str();
    let of_host = ServedType::of_host(of);
    let of_plugins = plugins.iter().flat_map(|plugin| &plugin.types).find(|served| served.name == of);
    let served = of_host.as_ref().or(of_plugins);
    let Some(served) = served else {
        let text = format!("stops: no loaded plugin serves spec.type {of}");
        return findings.problem(
            PROVIDERS,
            subject,
            text,
            "load a plugin that serves it with --plugin; `orangery plugin list` shows the types",
        );
    };
    match Filter::parse(&spec.filter, served) {
        Err(error) => {
            findings.problem(
                PROVIDERS,
                subject.as_str(),
                format!("stops: {}: {error}", error.field()),
                "correct the field",
            );
        }
        Ok(filter) => {
            for notice in filter.notices() {
                findings.warning(
                    PROVIDERS,
                    subject.as_str(),
                    format!("changes: {}", notice.message),
                    "remove the field",
                );
            }
        }
    }
    if options.credentials.allow_plain_http_credentials {
        return;
    }
    let plain = spec.url.as_deref().is_some_and(|url| url.starts_with("http://")) && !spec.insecure;
    if let (true, Some(secret)) = (plain, &spec.secret) {
        plain_http(connection, &spec, secret, findings).await;
    }
}

/// A credential over plain http goes only where its Secret says so.
async fn plain_http(connection: &Connection, spec: &ProviderSpec, secret: &str, findings: &mut Findings) {
    let subject = spec.name.to_string();
    let secrets: Api<Secret> = Api::namespaced(connection.client.clone(), &spec.name.namespace);
    let next = format!(
        "use https, annotate Secret {secret} with {}: http://…, or start with --allow-plain-http-credentials",
        keys::SECRET_ORIGINS
    );
    match secrets.get_metadata_opt(secret).await {
        Ok(Some(found)) => {
            let origins = found.metadata.annotations.unwrap_or_default().remove(keys::SECRET_ORIGINS);
            if !origins.is_some_and(|origins| origins.contains("http://")) {
                let text = format!("stops: Secret {secret} would travel over plain http");
                findings.problem(PROVIDERS, subject, text, next);
            }
        }
        Ok(None) => {
            let text = format!("stops: Secret {secret} does not exist");
            findings.problem(PROVIDERS, subject, text, format!("create it in namespace {}", spec.name.namespace));
        }
        Err(error) => {
            let text = format!("Secret {secret} cannot be read, and would travel over plain http: {}", said(error));
            findings.warning(PROVIDERS, subject, text, next);
        }
    }
}
