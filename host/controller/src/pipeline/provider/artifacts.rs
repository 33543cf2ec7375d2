//! The type `ExternalArtifact`: Flux's ExternalArtifacts as inputs. The host itself serves it, because no plugin reaches the API server.
//!
//! # Guarantees
//! Artifacts are read with the rights of the provider's service account. What cannot be read is an error, never an empty list (law 1).

use async_trait::async_trait;
use orangery_core::spec::{ArtifactScope, LabelSelector, ProviderSpec};
use orangery_core::{Disposition, Explain, Found, Input, NamespacedName, Reason, UnreadableItem, digest};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

/// Delay after which a missing right is looked for again. A change of a role is not observed.
const MISSING: Duration = Duration::from_secs(10);

/// One ExternalArtifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// Namespace and name.
    pub name: NamespacedName,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// `status.artifact.revision`, unless it is empty.
    pub revision: Option<String>,
}

/// What one entry of `spec.selectors` asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArtifactQuery<'a> {
    /// One artifact, which may be missing.
    Named(NamespacedName),
    /// Those with these labels.
    Selected(ArtifactScope<'a>, &'a LabelSelector),
}

/// Reads ExternalArtifacts.
#[async_trait]
pub trait ArtifactReader: Send + Sync {
    /// What there is, with the rights of the provider.
    ///
    /// # Errors
    /// It may not be read, or cannot.
    async fn read(&self, provider: &ProviderSpec, query: &ArtifactQuery<'_>) -> Result<Vec<Artifact>, ArtifactError>;
}

/// Where there is no cluster.
pub struct NoCluster;

#[async_trait]
impl ArtifactReader for NoCluster {
    async fn read(&self, _: &ProviderSpec, _: &ArtifactQuery<'_>) -> Result<Vec<Artifact>, ArtifactError> {
        Err(ArtifactError::NoCluster)
    }
}

/// Artifacts could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArtifactError {
    /// There is no API server.
    #[error("ExternalArtifacts are objects of a cluster, and there is none here; run the operator in the cluster")]
    NoCluster,
    /// The definition is missing.
    #[error(
        "the cluster does not serve ExternalArtifact (source.toolkit.fluxcd.io/v1); install Flux 2.7 or later: the provider goes on when it is served"
    )]
    NotServed,
    /// Nobody says with whose rights another namespace is read.
    #[error(
        "spec.selectors reads {place}, and neither spec.serviceAccountName nor --default-service-account is set; without an account only          namespace {own} is read: name a service account of that namespace that may list externalartifacts there"
    )]
    NoAccount {
        /// Where the selector looks.
        place: String,
        /// The namespace of the provider.
        own: String,
    },
    /// The account lacks a right.
    #[error("{who} lacks permissions to {what}: {message}")]
    Forbidden {
        /// Whose rights were used.
        who: String,
        /// What was tried.
        what: String,
        /// What the API server said.
        message: String,
    },
    /// The API server gave no answer.
    #[error("cannot {what}: {message}")]
    Unreadable {
        /// What was tried.
        what: String,
        /// What the API server said.
        message: String,
    },
}

impl Explain for ArtifactError {
    fn reason(&self) -> Reason {
        match self {
            Self::NoCluster | Self::NotServed | Self::Unreadable { .. } => Reason::SourceUnavailable,
            Self::NoAccount { .. } => Reason::InvalidSpec,
            Self::Forbidden { .. } => Reason::Unauthorized,
        }
    }

    fn disposition(&self) -> Disposition {
        match self {
            Self::NoCluster | Self::NoAccount { .. } => Disposition::WaitForChange,
            Self::Forbidden { .. } => Disposition::RetryAfter(MISSING),
            // The watch tells when the kind is served.
            Self::NotServed | Self::Unreadable { .. } => Disposition::Retry,
        }
    }
}

impl ArtifactQuery<'_> {
    /// What is tried, for messages.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Named(name) => format!("get ExternalArtifact '{name}'"),
            Self::Selected(ArtifactScope::Cluster, _) => "list ExternalArtifacts across all namespaces".to_owned(),
            Self::Selected(ArtifactScope::Namespace(namespace), _) => {
                format!("list ExternalArtifacts in namespace '{namespace}'")
            }
        }
    }
}

/// Everything that the selectors of a provider select, each artifact once, sorted by namespace and name.
pub(super) async fn find(provider: &ProviderSpec, reader: &dyn ArtifactReader) -> Result<Found, ArtifactError> {
    let own = provider.name.namespace.as_str();
    let mut found = BTreeMap::new();
    for selector in &provider.selectors {
        let query = match (selector.scope(own), selector.single_name()) {
            (ArtifactScope::Namespace(namespace), Some(name)) => {
                ArtifactQuery::Named(NamespacedName::new(namespace, name))
            }
            (scope, _) => ArtifactQuery::Selected(scope, &selector.labels),
        };
        let artifacts = reader.read(provider, &query).await?;
        let selected = artifacts.into_iter().filter(|artifact| selector.selects(own, &artifact.name, &artifact.labels));
        found.extend(selected.map(|artifact| (artifact.name.clone(), artifact)));
    }
    Ok(inputs(found.into_values()))
}

/// The inputs that artifacts are. An id is a checksum of namespace and name: of two artifacts with one name and one checksum, in two
/// namespaces, only the first can be told apart by templates.
fn inputs(artifacts: impl Iterator<Item = Artifact>) -> Found {
    let mut found = Found::default();
    let mut first: HashMap<(String, String), NamespacedName> = HashMap::new();
    for artifact in artifacts {
        let id = digest::adler32_id(&artifact.name.to_string());
        let identity = (id.clone(), artifact.name.name.clone());
        match first.get(&identity) {
            None => {
                first.insert(identity, artifact.name.clone());
                found.inputs.push(input(id, artifact));
            }
            Some(other) => {
                let problem =
                    format!("ExternalArtifact {} has the id and the name of {other}; rename one", artifact.name);
                let (id, name) = (Some(id), Some(artifact.name.name));
                found.unreadable.push(UnreadableItem { id, name, problem });
            }
        }
    }
    found
}

fn input(id: String, artifact: Artifact) -> Input {
    let Artifact { name, labels, revision } = artifact;
    let mut attributes: Map<String, Value> =
        labels.into_iter().filter(|(key, _)| key != "id").map(|(key, value)| (key, Value::String(value))).collect();
    attributes.insert("name".to_owned(), Value::String(name.name));
    attributes.insert("namespace".to_owned(), Value::String(name.namespace));
    if let Some(revision) = revision {
        attributes.insert("revision".to_owned(), Value::String(revision));
    }
    Input { id, attributes, facts: orangery_plugin_documents::Facts::default() }
}

#[cfg(test)]
mod tests;
