//! Reading Secrets, from the API server or from the manifests and environment of local mode. Plugins never read them.

use async_trait::async_trait;
use orangery_core::{Disposition, Explain, NamespacedName, Reason};
use orangery_egress::credential::consent::SecretFacts;
use std::collections::BTreeMap;
use std::fmt;

/// The data of one Secret, decoded.
pub type SecretData = BTreeMap<String, Vec<u8>>;

/// The type, annotations and data of a Secret.
#[derive(Clone, Default)]
pub struct StoredSecret {
    /// The values by key.
    pub data: SecretData,
    /// Its type and the annotations about its use.
    pub facts: SecretFacts,
}

impl fmt::Debug for StoredSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredSecret").field("keys", &self.data.keys()).field("facts", &self.facts).finish()
    }
}

impl From<SecretData> for StoredSecret {
    fn from(data: SecretData) -> Self {
        Self { data, facts: SecretFacts::default() }
    }
}

/// Reads Secrets by name; never lists them.
#[async_trait]
pub trait SecretReader: Send + Sync {
    /// The Secret, or `None` if there is none of this name.
    ///
    /// # Errors
    /// The source could not be asked.
    async fn read(&self, name: &NamespacedName) -> Result<Option<StoredSecret>, SecretReadError>;
}

/// A Secret could not be read. Names the Secret, never a value.
#[derive(Debug, thiserror::Error)]
#[error("failed to read secret '{name}': {message}")]
pub struct SecretReadError {
    /// The Secret that could not be read.
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

/// The Secrets of local mode, which are all known beforehand.
#[derive(Default)]
pub struct InMemorySecrets(BTreeMap<NamespacedName, StoredSecret>);

impl InMemorySecrets {
    /// Adds or replaces one.
    pub fn insert(&mut self, name: NamespacedName, secret: impl Into<StoredSecret>) {
        self.0.insert(name, secret.into());
    }
}

#[async_trait]
impl SecretReader for InMemorySecrets {
    async fn read(&self, name: &NamespacedName) -> Result<Option<StoredSecret>, SecretReadError> {
        Ok(self.0.get(name).cloned())
    }
}
