//! `ExternalArtifact` of Flux's source API, as far as providers read it. Its definition belongs to Flux.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Resource;
use kube::core::NamespaceResourceScope;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// An ExternalArtifact.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ExternalArtifact {
    /// Metadata.
    #[serde(default)]
    pub metadata: ObjectMeta,
    /// Status.
    #[serde(default)]
    pub status: Option<ExternalArtifactStatus>,
}

/// The status of an ExternalArtifact.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ExternalArtifactStatus {
    /// What was stored last.
    #[serde(default)]
    pub artifact: Option<StoredArtifact>,
}

/// What was stored last.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct StoredArtifact {
    /// Its revision.
    #[serde(default)]
    pub revision: String,
}

impl ExternalArtifact {
    /// `status.artifact.revision`; `None` where there is none, or an empty one.
    #[must_use]
    pub fn revision(&self) -> Option<&str> {
        let artifact = self.status.as_ref()?.artifact.as_ref()?;
        Some(artifact.revision.as_str()).filter(|revision| !revision.is_empty())
    }
}

impl Resource for ExternalArtifact {
    type DynamicType = ();
    type Scope = NamespaceResourceScope;

    fn kind(&(): &()) -> Cow<'_, str> {
        "ExternalArtifact".into()
    }

    fn group(&(): &()) -> Cow<'_, str> {
        "source.toolkit.fluxcd.io".into()
    }

    fn version(&(): &()) -> Cow<'_, str> {
        "v1".into()
    }

    fn plural(&(): &()) -> Cow<'_, str> {
        "externalartifacts".into()
    }

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}
