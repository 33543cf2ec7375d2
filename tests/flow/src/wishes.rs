//! What users and other controllers do to a world.

use crate::manifest::{self, text};
use crate::world::World;
use anyhow::{Context, Result};
use kube::api::{DeleteParams, Patch, PatchParams, ValidationDirective};
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

impl World {
    /// Applies manifests as a user does. `NAMESPACE` and `FORGE` in them stand for those of this world.
    ///
    /// # Errors
    /// The API server refused one: with its words.
    pub async fn apply(&self, yaml: &str) -> Result<()> {
        self.send(yaml, &PatchParams::apply("a-user").force()).await
    }

    async fn send(&self, yaml: &str, how: &PatchParams) -> Result<()> {
        let yaml = yaml.replace("NAMESPACE", self.namespace()).replace("FORGE", &self.forge.url());
        for object in manifest::documents(&yaml)? {
            let (kind, name) = (text(&object, "/kind"), text(&object, "/metadata/name"));
            let namespace = Some(text(&object, "/metadata/namespace")).filter(|given| !given.is_empty());
            let client = self.client()?;
            manifest::api(client, text(&object, "/apiVersion"), kind, namespace.unwrap_or_else(|| self.namespace()))
                .patch(name, how, &Patch::Apply(&object))
                .await
                .with_context(|| format!("applying {kind} {name}"))?;
        }
        Ok(())
    }

    /// Has the API server check manifests without keeping them; a field that a kind does not have is refused.
    ///
    /// # Errors
    /// The API server refused one: with its words.
    pub async fn try_out(&self, yaml: &str) -> Result<()> {
        let strictly = PatchParams {
            dry_run: true,
            field_validation: Some(ValidationDirective::Strict),
            ..PatchParams::apply("a-user")
        };
        self.send(yaml, &strictly).await
    }

    /// A merge patch, as a user makes it.
    ///
    /// # Errors
    /// The API server refused it.
    pub async fn patch(&self, kind: &str, name: &str, patch: Value) -> Result<()> {
        self.api(kind)?.patch(name, &PatchParams::default(), &Patch::Merge(&patch)).await?;
        Ok(())
    }

    /// A merge patch of the status, as the controller of that kind makes it.
    ///
    /// # Errors
    /// The API server refused it.
    pub async fn patch_status(&self, kind: &str, name: &str, status: Value) -> Result<()> {
        let patch = json!({"status": status});
        self.api(kind)?.patch_status(name, &PatchParams::default(), &Patch::Merge(&patch)).await?;
        Ok(())
    }

    /// Sets an annotation; null removes it.
    ///
    /// # Errors
    /// The API server refused it.
    pub async fn annotate(&self, kind: &str, name: &str, key: &str, value: impl Into<Value>) -> Result<()> {
        self.patch(kind, name, json!({"metadata": {"annotations": {key: value.into()}}})).await
    }

    /// Deletes an object and does not wait.
    ///
    /// # Errors
    /// The API server refused it.
    pub async fn delete(&self, kind: &str, name: &str) -> Result<()> {
        self.api(kind)?.delete(name, &DeleteParams::background()).await?;
        Ok(())
    }

    /// Asks for a reconciliation now, and waits until it was handled.
    ///
    /// # Errors
    /// It was not handled in time.
    pub async fn reconciles(&self, kind: &str, name: &str) -> Result<()> {
        let token = format!("token-{}", self.tokens.fetch_add(1, Ordering::SeqCst));
        self.annotate(kind, name, "reconcile.fluxcd.io/requestedAt", token.as_str()).await?;
        self.settles(&format!("{kind} {name} handles the request {token}"), async |world| {
            Ok(text(&world.live(kind, name).await?, "/status/lastHandledReconcileAt") == token)
        })
        .await
    }
}
