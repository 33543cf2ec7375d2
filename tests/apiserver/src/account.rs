//! Service accounts as pods are them: with a token of their own that the API server issued.

use crate::Cluster;
use anyhow::{Context, Result};
use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::api::{Api, PostParams};
use kube::config::{AuthInfo, Kubeconfig};
use tempfile::TempPath;

impl Cluster {
    /// A kubeconfig whose user is this service account, good for an hour. The file goes when the path is dropped.
    ///
    /// # Errors
    /// There is no such service account, or the file cannot be written.
    pub async fn kubeconfig_of(&self, namespace: &str, account: &str) -> Result<TempPath> {
        let token = self.token_of(namespace, account).await?;
        self.kubeconfig_as(&AuthInfo { token: Some(token.into()), ..AuthInfo::default() })
    }

    /// A token of this service account, good for an hour.
    ///
    /// # Errors
    /// There is no such service account.
    pub async fn token_of(&self, namespace: &str, account: &str) -> Result<String> {
        let accounts: Api<ServiceAccount> = Api::namespaced(self.client()?, namespace);
        let request = TokenRequest {
            spec: Some(TokenRequestSpec { expiration_seconds: Some(3600), ..TokenRequestSpec::default() }),
            ..TokenRequest::default()
        };
        let issued = accounts
            .create_token_request(account, &PostParams::default(), &request)
            .await
            .with_context(|| format!("asking for a token of {namespace}/{account}"))?;
        issued.status.and_then(|status| status.token).context("the API server issued no token")
    }

    /// A kubeconfig with this user. The file goes when the path is dropped.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn kubeconfig_as(&self, user: &AuthInfo) -> Result<TempPath> {
        let mut kubeconfig = Kubeconfig::read_from(self.kubeconfig_path()).context("reading the kubeconfig")?;
        for named in &mut kubeconfig.auth_infos {
            named.auth_info = Some(user.clone());
        }
        let file = tempfile::NamedTempFile::new().context("making a kubeconfig")?;
        serde_json::to_writer(&file, &kubeconfig).context("writing a kubeconfig")?;
        Ok(file.into_temp_path())
    }
}
