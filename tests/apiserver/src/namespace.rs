//! A namespace for one test.

use anyhow::{Result, bail};
use k8s_openapi::api::core::v1::Namespace;
use kube::api::{Api, DeleteParams, ObjectMeta, PostParams};
use kube::{Client, ResourceExt};
use std::time::{Duration, Instant};

/// A namespace with a unique name. It stays when the test ends: it goes with the control plane.
pub struct TestNamespace {
    client: Client,
    name: String,
}

impl TestNamespace {
    pub(crate) async fn create(client: Client, hint: &str) -> Result<Self> {
        let namespace = Namespace {
            metadata: ObjectMeta { generate_name: Some(format!("{hint}-")), ..ObjectMeta::default() },
            ..Namespace::default()
        };
        let created = Api::all(client.clone()).create(&PostParams::default(), &namespace).await?;
        Ok(Self { client, name: created.name_any() })
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A client with all rights, for looking at the end state.
    #[must_use]
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// Deletes the namespace and waits until it is really gone.
    ///
    /// # Errors
    /// It was refused, or something in the namespace did not go within 60 s.
    pub async fn delete(self) -> Result<()> {
        let namespaces: Api<Namespace> = Api::all(self.client);
        namespaces.delete(&self.name, &DeleteParams::default()).await?;
        let start = Instant::now();
        while let Some(namespace) = namespaces.get_opt(&self.name).await? {
            if start.elapsed() > Duration::from_secs(60) {
                bail!("namespace {} did not go within 60 s: {:?}", self.name, namespace.status);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }
}
