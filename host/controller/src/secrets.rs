//! Where Secrets come from: the API server, or the manifests and environment of local mode. The host alone reads them.

use async_trait::async_trait;
use orangery_core::{Disposition, Explain, NamespacedName, Reason};
use std::collections::BTreeMap;

/// The data of one Secret, decoded.
pub type SecretData = BTreeMap<String, Vec<u8>>;

/// Reads Secrets by name; never lists them.
#[async_trait]
pub trait Secrets: Send + Sync {
    /// The data, or `None` if there is no such Secret.
    ///
    /// # Errors
    /// The source could not be asked.
    async fn read(&self, name: &NamespacedName) -> Result<Option<SecretData>, SecretReadError>;
}

/// A Secret could not be read. Names the Secret, never a value.
#[derive(Debug, thiserror::Error)]
#[error("failed to read secret '{name}': {message}")]
pub struct SecretReadError {
    /// Which Secret.
    pub name: NamespacedName,
    /// What the source said.
    pub message: String,
}

impl Explain for SecretReadError {
    fn reason(&self) -> Reason {
        Reason::CredentialUnavailable
    }

    fn disposition(&self) -> Disposition {
        Disposition::Retry
    }
}

/// Secrets that are all known beforehand: local mode.
#[derive(Default)]
pub struct KnownSecrets(BTreeMap<NamespacedName, SecretData>);

impl KnownSecrets {
    /// Adds or replaces one.
    pub fn insert(&mut self, name: NamespacedName, data: SecretData) {
        self.0.insert(name, data);
    }
}

#[async_trait]
impl Secrets for KnownSecrets {
    async fn read(&self, name: &NamespacedName) -> Result<Option<SecretData>, SecretReadError> {
        Ok(self.0.get(name).cloned())
    }
}
