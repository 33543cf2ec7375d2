//! A world of its own for one story: namespace, forge, operator, and the questions a story asks.

use crate::manifest::{self, text};
use crate::operator::{self, Operator, Setting};
use anyhow::{Context, Result, bail};
use kube::api::{Api, DeleteParams, DynamicObject, Patch, PatchParams};
use orangery_sandbox::Sandbox;
use orangery_test_apiserver::{Audit, Cluster};
use orangery_test_forge::Forge;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Kind of sets.
pub const SET: &str = "ResourceSet";
/// Kind of providers.
pub const PROVIDER: &str = "ResourceSetInputProvider";
/// How long a story waits for what must come.
const PATIENCE: Duration = Duration::from_secs(40);

/// A namespace, a forge and an operator.
pub struct World {
    /// The control plane.
    pub cluster: &'static Cluster,
    /// The forge.
    pub forge: Forge,
    namespace: String,
    operator_namespace: String,
    sandbox: Sandbox,
    operator: Option<Operator>,
    left: Arc<AtomicI64>,
    tokens: AtomicU64,
}

impl World {
    /// A world without an operator yet. Its namespace is the operator's own, so that sets need no service account.
    ///
    /// # Errors
    /// The control plane, the forge or the sandbox does not start.
    pub async fn new(hint: &str) -> Result<Self> {
        let cluster = prepared().await?;
        let namespace = cluster.namespace(hint).await?.name().to_owned();
        Self::within(cluster, namespace.clone(), namespace).await
    }

    /// A world in a namespace with this very name, which is not the operator's own. It is not created.
    ///
    /// # Errors
    /// As [`World::new`].
    pub async fn named(namespace: &str) -> Result<Self> {
        Self::within(prepared().await?, namespace.to_owned(), "orangery-system".to_owned()).await
    }

    /// A world in a namespace that is not the operator's own: sets need a service account.
    ///
    /// # Errors
    /// As [`World::new`].
    pub async fn of_a_tenant(hint: &str) -> Result<Self> {
        let cluster = prepared().await?;
        let namespace = cluster.namespace(hint).await?.name().to_owned();
        Self::within(cluster, namespace, "orangery-system".to_owned()).await
    }

    async fn within(cluster: &'static Cluster, namespace: String, operator_namespace: String) -> Result<Self> {
        Ok(Self {
            cluster,
            forge: Forge::start().await?,
            namespace,
            operator_namespace,
            sandbox: operator::sandbox().await?,
            operator: None,
            left: Arc::new(AtomicI64::new(i64::MAX)),
            tokens: AtomicU64::new(0),
        })
    }

    /// The namespace of the story.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    fn agent(&self) -> String {
        format!("operator-of-{}", self.namespace)
    }

    /// Starts the operator.
    ///
    /// # Errors
    /// The connection settings are unusable.
    pub async fn start(&mut self) -> Result<()> {
        self.left.store(i64::MAX, Ordering::SeqCst);
        self.launch()
    }

    /// Starts an operator whose connection is cut after so many requests.
    ///
    /// # Errors
    /// The connection settings are unusable.
    pub fn start_cut_after(&mut self, requests: i64) -> Result<()> {
        self.left.store(requests, Ordering::SeqCst);
        self.launch()
    }

    fn launch(&mut self) -> Result<()> {
        self.operator = Some(Operator::start(Setting {
            config: self.cluster.config(),
            sandbox: self.sandbox.clone(),
            namespace: self.namespace.clone(),
            operator_namespace: self.operator_namespace.clone(),
            agent: self.agent(),
            left: Arc::clone(&self.left),
        })?);
        Ok(())
    }

    /// Whether the connection was cut.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.left.load(Ordering::SeqCst) < 0
    }

    /// Ends the operator in the midst of whatever it does.
    pub fn kill(&mut self) {
        self.operator = None;
    }

    /// Asks the operator to end, and waits for it.
    ///
    /// # Errors
    /// It does not end.
    pub async fn stop(&mut self) -> Result<()> {
        match self.operator.take() {
            Some(operator) => operator.finish().await,
            None => Ok(()),
        }
    }

    /// Applies manifests as a user does. `NAMESPACE` and `FORGE` in them stand for those of this world.
    ///
    /// # Errors
    /// The API server refused one: with its words.
    pub async fn apply(&self, yaml: &str) -> Result<()> {
        let yaml = yaml.replace("NAMESPACE", &self.namespace).replace("FORGE", &self.forge.url());
        for object in manifest::documents(&yaml)? {
            let (kind, name) = (text(&object, "/kind"), text(&object, "/metadata/name"));
            let namespace = Some(text(&object, "/metadata/namespace")).filter(|given| !given.is_empty());
            let client = self.cluster.client()?;
            manifest::api(client, text(&object, "/apiVersion"), kind, namespace.unwrap_or(&self.namespace))
                .patch(name, &PatchParams::apply("a-user").force(), &Patch::Apply(&object))
                .await
                .with_context(|| format!("applying {kind} {name}"))?;
        }
        Ok(())
    }

    /// The API of a kind in the namespace of the story.
    ///
    /// # Errors
    /// The connection settings are unusable.
    pub fn api(&self, kind: &str) -> Result<Api<DynamicObject>> {
        Ok(manifest::api(self.cluster.client()?, manifest::version_of(kind), kind, &self.namespace))
    }

    /// The object as it is now; null if there is none.
    ///
    /// # Errors
    /// The API server does not answer.
    pub async fn live(&self, kind: &str, name: &str) -> Result<Value> {
        let found = self.api(kind)?.get_opt(name).await?;
        Ok(found.map(serde_json::to_value).transpose()?.unwrap_or_default())
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

    /// Waits until `check` says yes.
    ///
    /// # Errors
    /// It did not in time: with what there is.
    pub async fn settles(&self, what: &str, check: impl AsyncFn(&Self) -> Result<bool>) -> Result<()> {
        let begun = Instant::now();
        while !check(self).await? {
            if begun.elapsed() > PATIENCE {
                bail!("waited {PATIENCE:?} in vain: {what}\n{}", self.describe().await?);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }

    /// Conditions of all sets and providers, for messages.
    async fn describe(&self) -> Result<String> {
        let mut all = String::new();
        for kind in [PROVIDER, SET] {
            for object in self.api(kind)?.list(&kube::api::ListParams::default()).await? {
                let object = serde_json::to_value(object)?;
                let status = object.get("status").unwrap_or(&Value::Null);
                all += &format!("{kind} {}: {status:#}\n", text(&object, "/metadata/name"));
            }
        }
        Ok(all)
    }

    /// Names of the objects of a kind that some set owns, sorted.
    ///
    /// # Errors
    /// The API server does not answer.
    pub async fn owned(&self, kind: &str) -> Result<Vec<String>> {
        let owned = kube::api::ListParams::default().labels("resourceset.fluxcd.controlplane.io/name");
        let list = self.api(kind)?.list_metadata(&owned).await?;
        let mut names: Vec<String> = list.items.into_iter().filter_map(|object| object.metadata.name).collect();
        names.sort();
        Ok(names)
    }

    /// Waits until exactly these objects of a kind are owned by sets.
    ///
    /// # Errors
    /// Others are, at the end of all patience.
    pub async fn has_objects(&self, kind: &str, names: &[&str]) -> Result<()> {
        let mut wanted: Vec<&str> = names.to_vec();
        wanted.sort_unstable();
        self.settles(
            &format!("the {kind} objects are {wanted:?}"),
            async |world| Ok(world.owned(kind).await? == wanted),
        )
        .await
    }

    /// A condition of an object now: status, reason, message; empty if there is none.
    ///
    /// # Errors
    /// The API server does not answer.
    pub async fn condition(&self, kind: &str, name: &str, of: &str) -> Result<[String; 3]> {
        let live = self.live(kind, name).await?;
        let found = live
            .pointer("/status/conditions")
            .and_then(Value::as_array)
            .and_then(|all| all.iter().find(|condition| text(condition, "/type") == of))
            .cloned()
            .unwrap_or_default();
        Ok(["/status", "/reason", "/message"].map(|pointer| text(&found, pointer).to_owned()))
    }

    /// Waits for a condition of this type, status and reason; its message.
    ///
    /// # Errors
    /// It did not come.
    pub async fn has_condition(&self, kind: &str, name: &str, of: &str, status: &str, reason: &str) -> Result<String> {
        self.settles(&format!("{kind} {name} has {of}={status} ({reason})"), async |world| {
            let [is, why, _] = world.condition(kind, name, of).await?;
            Ok(is == status && why == reason)
        })
        .await?;
        let [_, _, message] = self.condition(kind, name, of).await?;
        Ok(message)
    }

    /// Waits until an object is Ready for its present generation.
    ///
    /// # Errors
    /// It did not become so.
    pub async fn is_ready(&self, kind: &str, name: &str) -> Result<()> {
        self.settles(&format!("{kind} {name} is ready"), async |world| {
            let live = world.live(kind, name).await?;
            let conditions = live.pointer("/status/conditions").and_then(Value::as_array).cloned().unwrap_or_default();
            Ok(conditions.iter().any(|condition| {
                text(condition, "/type") == "Ready"
                    && text(condition, "/status") == "True"
                    && condition.get("observedGeneration") == live.pointer("/metadata/generation")
            }))
        })
        .await
    }

    /// Waits until an object is gone.
    ///
    /// # Errors
    /// It stayed.
    pub async fn is_gone(&self, kind: &str, name: &str) -> Result<()> {
        self.settles(&format!("{kind} {name} is gone"), async |world| Ok(world.live(kind, name).await?.is_null())).await
    }

    /// Every request of this world's operator so far.
    ///
    /// # Errors
    /// The audit log cannot be read.
    pub async fn requests(&self) -> Result<Audit> {
        Ok(self.cluster.audit().await?.by_agent(&self.agent()))
    }

    /// How often this world's operator has asked for a deletion so far.
    ///
    /// # Errors
    /// The audit log cannot be read.
    pub async fn deletes(&self) -> Result<usize> {
        let requests = self.requests().await?.writes();
        Ok(requests.verb("delete").count() + requests.verb("deletecollection").count())
    }
}

/// The control plane with our definitions and those of Flux.
async fn prepared() -> Result<&'static Cluster> {
    static INSTALLED: tokio::sync::Mutex<bool> = tokio::sync::Mutex::const_new(false);
    let cluster = Cluster::shared().await;
    let mut installed = INSTALLED.lock().await;
    if !*installed {
        cluster.install_our_crds().await?;
        cluster.install_flux_crds().await?;
        *installed = true;
    }
    Ok(cluster)
}
