//! What `config/deploy` ships: the operator's rights, its Deployment, and the command line in it.

use crate::manifest::{self, text};
use crate::world::{SYSTEM, World};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use tempfile::TempPath;

/// Its service account.
const ACCOUNT: &str = "orangery";

/// The manifests as they are in the repository.
pub struct Shipped {
    /// `rbac.yaml`.
    pub rbac: String,
    /// `operator.yaml`.
    pub operator: String,
    /// `../impersonate/listed.yaml`.
    pub listed: String,
}

impl Shipped {
    /// Reads them.
    ///
    /// # Errors
    /// A file is not there.
    pub fn read() -> Result<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/deploy");
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).with_context(|| format!("reading {name}"));
        Ok(Self {
            rbac: read("rbac.yaml")?,
            operator: read("operator.yaml")?,
            listed: read("../impersonate/listed.yaml")?,
        })
    }

    /// The arguments of the container.
    ///
    /// # Errors
    /// `operator.yaml` is no Deployment with a container.
    pub fn arguments(&self) -> Result<Vec<String>> {
        let list = self.list("args")?;
        Ok(list.iter().filter_map(|one| one.as_str().map(ToOwned::to_owned)).collect())
    }

    /// The environment of the container, with the namespace filled in as a kubelet does.
    ///
    /// # Errors
    /// `operator.yaml` is no Deployment with a container.
    pub fn environment(&self) -> Result<Vec<(String, String)>> {
        let variable = |variable: &Value| {
            let value = match text(variable, "/valueFrom/fieldRef/fieldPath") {
                "metadata.namespace" => SYSTEM,
                _ => text(variable, "/value"),
            };
            (text(variable, "/name").to_owned(), value.to_owned())
        };
        Ok(self.list("env")?.iter().map(variable).collect())
    }

    /// The arguments of the container, with a folder of this machine for each mounted volume: `volumes` has an empty folder
    /// in it for each, which everybody may enter, as a kubelet makes them.
    ///
    /// # Errors
    /// `operator.yaml` is no Deployment with a container, mounts something else than empty folders, or a folder cannot be made.
    pub fn arguments_with(&self, volumes: &Path) -> Result<Vec<String>> {
        let mut arguments = self.arguments()?;
        for mount in self.list("volumeMounts")? {
            let (name, at) = (text(&mount, "/name"), text(&mount, "/mountPath"));
            let is_empty = self.pod()?.pointer("/volumes").and_then(Value::as_array).is_some_and(|all| {
                all.iter().any(|volume| text(volume, "/name") == name && volume.get("emptyDir").is_some())
            });
            ensure!(is_empty, "the volume {name} is an emptyDir");
            let folder = volumes.join(name);
            std::fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
            std::fs::set_permissions(&folder, Permissions::from_mode(0o777))?;
            let here = folder.display().to_string();
            for argument in &mut arguments {
                *argument = argument.replace(&format!("={at}"), &format!("={here}"));
            }
        }
        Ok(arguments)
    }

    /// The user that the container runs as.
    ///
    /// # Errors
    /// `operator.yaml` names none.
    pub fn user(&self) -> Result<u32> {
        let pod = self.pod()?;
        let user = pod.pointer("/securityContext/runAsUser").and_then(Value::as_u64).context("a user")?;
        Ok(user.try_into()?)
    }

    fn list(&self, field: &str) -> Result<Vec<Value>> {
        let pod = self.pod()?;
        let container = pod.pointer("/containers/0").context("a container")?;
        Ok(container.get(field).and_then(Value::as_array).cloned().unwrap_or_default())
    }

    fn pod(&self) -> Result<Value> {
        let documents = manifest::documents(&self.operator)?;
        let deployment =
            documents.iter().find(|object| text(object, "/kind") == "Deployment").context("a Deployment")?;
        ensure!(text(deployment, "/metadata/namespace") == SYSTEM, "the operator lives in {SYSTEM}");
        deployment.pointer("/spec/template/spec").cloned().context("a pod")
    }
}

impl World {
    /// Applies `rbac.yaml` as it is; a kubeconfig with the token of the service account in it.
    ///
    /// # Errors
    /// The API server refused it.
    pub async fn shipped_rights(&self) -> Result<TempPath> {
        static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
        let _turn = TURN.lock().await;
        self.apply(&Shipped::read()?.rbac).await?;
        self.cluster.kubeconfig_of(SYSTEM, ACCOUNT).await
    }

    /// The lease rights of `rbac.yaml` in the namespace of the story instead of the operator's own, where stories that run
    /// side by side would take the lease from each other.
    ///
    /// # Errors
    /// The API server refused it.
    pub async fn lease_rights(&self) -> Result<()> {
        for mut object in manifest::documents(&Shipped::read()?.rbac)? {
            if matches!(text(&object, "/kind"), "Role" | "RoleBinding") {
                if let Some(namespace) = object.pointer_mut("/metadata/namespace") {
                    *namespace = self.namespace().into();
                }
                self.apply(&object.to_string()).await?;
            }
        }
        Ok(())
    }
}
