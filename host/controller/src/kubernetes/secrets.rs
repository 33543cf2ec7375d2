//! Secrets from the API server, read by name with the operator's own rights.

use crate::secrets::{SecretData, SecretReadError, Secrets};
use async_trait::async_trait;
use k8s_openapi::api::core::v1::Secret;
use kube::{Api, Client};
use orangery_core::NamespacedName;

/// Secrets of one API server.
pub(super) struct ServerSecrets(pub(super) Client);

#[async_trait]
impl Secrets for ServerSecrets {
    async fn read(&self, name: &NamespacedName) -> Result<Option<SecretData>, SecretReadError> {
        let api: Api<Secret> = Api::namespaced(self.0.clone(), &name.namespace);
        match api.get_opt(&name.name).await {
            Ok(secret) => Ok(secret.map(|secret| {
                secret.data.unwrap_or_default().into_iter().map(|(key, value)| (key, value.0)).collect()
            })),
            Err(error) => Err(SecretReadError { name: name.clone(), message: error.to_string() }),
        }
    }
}
