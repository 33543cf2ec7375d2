//! Secrets from the API server, read by name with the operator's own rights.

use crate::pipeline::secrets::{SecretReadError, SecretReader, StoredSecret};
use async_trait::async_trait;
use k8s_openapi::api::core::v1::Secret;
use kube::{Api, Client};
use orangery_core::{NamespacedName, keys};
use orangery_egress::credential::consent::SecretFacts;

/// Secrets of one API server.
pub(super) struct ApiSecrets(pub(super) Client);

#[async_trait]
impl SecretReader for ApiSecrets {
    async fn read(&self, name: &NamespacedName) -> Result<Option<StoredSecret>, SecretReadError> {
        let api: Api<Secret> = Api::namespaced(self.0.clone(), &name.namespace);
        match api.get_opt(&name.name).await {
            Ok(secret) => Ok(secret.map(stored)),
            Err(error) => Err(SecretReadError { name: name.clone(), message: error.to_string() }),
        }
    }
}

fn stored(secret: Secret) -> StoredSecret {
    let origins = secret.metadata.annotations.unwrap_or_default().remove(keys::SECRET_ORIGINS);
    StoredSecret {
        data: secret.data.unwrap_or_default().into_iter().map(|(key, value)| (key, value.0)).collect(),
        facts: SecretFacts { kind: secret.type_.unwrap_or_default(), origins },
    }
}
