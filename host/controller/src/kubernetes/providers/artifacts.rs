//! ExternalArtifacts from the API server, with the rights of the provider's service account.
//!
//! # Guarantees
//! Without an account the operator's own rights are used for the namespace of the provider only, unless `--own-rights` says otherwise:
//! whoever may write a provider sees no artifact of another namespace by it.

use crate::kubernetes::context::{OwnRights, Rights};
use crate::pipeline::provider::artifacts::{Artifact, ArtifactError, ArtifactQuery, ArtifactReader};
use async_trait::async_trait;
use orangery_cluster::{ObjectQuery, Target};
use orangery_core::spec::{ArtifactScope, LabelSelector, ProviderSpec, Requirement};
use orangery_core::{GroupVersionKind, NamespacedName, Object, Owner};
use serde_json::Value;

/// The artifacts of one API server.
pub(super) struct ApiArtifacts<'a> {
    pub(super) target: &'a dyn Target,
    pub(super) rights: &'a Rights,
}

#[async_trait]
impl ArtifactReader for ApiArtifacts<'_> {
    async fn read(&self, provider: &ProviderSpec, query: &ArtifactQuery<'_>) -> Result<Vec<Artifact>, ArtifactError> {
        let reader = self.reader(provider, query)?;
        let kind = GroupVersionKind::new("source.toolkit.fluxcd.io/v1", "ExternalArtifact");
        let found = self.target.find(&reader, &kind, &objects(query)).await.map_err(|error| {
            let (what, message) = (query.describe(), error.message);
            if !error.forbidden {
                return ArtifactError::Unreadable { what, message };
            }
            let who = match reader.service_account {
                Some(account) => format!("impersonated service account '{account}'"),
                None => "the operator".to_owned(),
            };
            ArtifactError::Forbidden { who, what, message }
        })?;
        Ok(found.ok_or(ArtifactError::NotServed)?.iter().map(artifact).collect())
    }
}

impl ApiArtifacts<'_> {
    /// Whose rights are used: the account of the provider, else the default account, else the operator where it may.
    fn reader(&self, provider: &ProviderSpec, query: &ArtifactQuery<'_>) -> Result<Owner, ArtifactError> {
        let own = provider.name.namespace.as_str();
        let default = self.rights.default_service_account.as_deref().filter(|name| !name.is_empty());
        let account = provider.service_account.as_deref().or(default);
        let is_own = match query {
            ArtifactQuery::Named(name) => name.namespace == own,
            ArtifactQuery::Selected(scope, _) => *scope == ArtifactScope::Namespace(own),
        };
        let may_read_all =
            self.rights.own_rights == OwnRights::AllNamespaces || own == self.rights.operator_namespace.as_str();
        if account.is_none() && !is_own && !may_read_all {
            let place = match query {
                ArtifactQuery::Named(name) => format!("namespace {}", name.namespace),
                ArtifactQuery::Selected(ArtifactScope::Namespace(namespace), _) => format!("namespace {namespace}"),
                ArtifactQuery::Selected(ArtifactScope::Cluster, _) => "all namespaces".to_owned(),
            };
            return Err(ArtifactError::NoAccount { place, own: own.to_owned() });
        }
        Ok(Owner { name: provider.name.clone(), service_account: account.map(str::to_owned), force: false })
    }
}

fn objects(query: &ArtifactQuery<'_>) -> ObjectQuery {
    match query {
        ArtifactQuery::Named(name) => ObjectQuery::Named { namespace: name.namespace.clone(), name: name.name.clone() },
        ArtifactQuery::Selected(scope, labels) => {
            let namespace = match scope {
                ArtifactScope::Cluster => None,
                ArtifactScope::Namespace(namespace) => Some((*namespace).to_owned()),
            };
            ObjectQuery::Selected { namespace, labels: written(labels) }
        }
    }
}

/// A selector as `kubectl -l` takes it.
fn written(selector: &LabelSelector) -> String {
    let labels = selector.match_labels.iter().map(|(key, value)| format!("{key}={value}"));
    let requirements = selector.requirements.iter().map(|requirement| match requirement {
        Requirement::In(key, values) => format!("{key} in ({})", values.join(",")),
        Requirement::NotIn(key, values) => format!("{key} notin ({})", values.join(",")),
        Requirement::Exists(key) => key.clone(),
        Requirement::DoesNotExist(key) => format!("!{key}"),
    });
    labels.chain(requirements).collect::<Vec<_>>().join(",")
}

fn artifact(object: &Object) -> Artifact {
    let metadata = object.0.get("metadata");
    let labels = metadata.and_then(|metadata| metadata.get("labels")).and_then(Value::as_object);
    let text = |(key, value): (&String, &Value)| Some((key.clone(), value.as_str()?.to_owned()));
    let revision = object.0.get("status").and_then(|status| status.pointer("/artifact/revision"));
    Artifact {
        name: NamespacedName::new(object.namespace(), object.name()),
        labels: labels.into_iter().flatten().filter_map(text).collect(),
        revision: revision.and_then(Value::as_str).filter(|revision| !revision.is_empty()).map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selector_is_written_as_the_api_server_reads_it() {
        let requirement = |operator: &str, values: &[&str]| {
            let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
            Requirement::parse("team", operator, &values, "f").unwrap()
        };
        let selector = LabelSelector {
            match_labels: [("a/b".to_owned(), "c".to_owned())].into(),
            requirements: vec![
                requirement("In", &["x", "y"]),
                requirement("NotIn", &["z"]),
                requirement("Exists", &[]),
                requirement("DoesNotExist", &[]),
            ],
        };
        assert_eq!(written(&selector), "a/b=c,team in (x,y),team notin (z),team,!team");
        assert_eq!(written(&LabelSelector::default()), "");
    }
}
