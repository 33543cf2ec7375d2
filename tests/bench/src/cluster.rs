//! A control plane, a forge and an operator to measure.

use crate::started::{Started, free_address, is_ready};
use anyhow::{Context, Result, bail, ensure};
use kube::Client;
use kube::api::{Api, ApiResource, DeleteParams, DynamicObject, Patch, PatchParams};
use kube::core::GroupVersionKind;
use orangery_test_apiserver::Cluster;
use orangery_test_forge::Forge;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Names another build of the operator to measure; otherwise it is this program.
const PROGRAM: &str = "ORANGERY_BENCH_PROGRAM";
/// The namespace of everything, which is the operator's own.
const NAMESPACE: &str = "bench";
const PATIENCE: Duration = Duration::from_secs(300);
const AGENT: &str = "orangery/";

/// A control plane and a forge.
pub struct Scene {
    cluster: Cluster,
    client: Client,
    /// The forge.
    pub forge: Forge,
    folder: tempfile::TempDir,
}

/// A running operator.
pub struct OperatorProcess(Option<Started>);

impl OperatorProcess {
    fn running(&self) -> Result<&Started> {
        self.0.as_ref().context("the operator was stopped")
    }

    /// Its memory.
    ///
    /// # Errors
    /// There is no `/proc`.
    pub fn resident_mib(&self) -> Result<f64> {
        Ok(self.running()?.rest(Duration::from_secs(1))?.resident_mib)
    }

    /// Its processor time so far.
    ///
    /// # Errors
    /// There is no `/proc`.
    pub fn cpu(&self) -> Result<Duration> {
        self.running()?.cpu()
    }

    /// Ends it.
    ///
    /// # Errors
    /// It was stopped already.
    pub fn stop(&mut self) -> Result<()> {
        self.0.take().map(drop).context("the operator was stopped")
    }
}

/// What was asked of the API server: verb and path.
pub struct Spent(Vec<(String, String)>);

impl Spent {
    /// How many requests.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.0.len()
    }

    /// How many may have changed something.
    #[must_use]
    pub fn writes(&self) -> usize {
        // A review of rights stores nothing.
        let writes = |(verb, path): &&(String, String)| {
            !["get", "list"].contains(&verb.as_str()) && !path.contains("/selfsubject")
        };
        self.0.iter().filter(writes).count()
    }

    /// How many were lists.
    #[must_use]
    pub fn lists(&self) -> usize {
        self.0.iter().filter(|(verb, _)| verb == "list").count()
    }

    /// How many were about one managed object.
    #[must_use]
    pub fn single(&self) -> usize {
        self.0.iter().filter(|(_, path)| path.contains("/configmaps/")).count()
    }

    /// Those about sets and their objects; what the one provider costs that has changed is left out.
    #[must_use]
    pub fn without_provider(self) -> Self {
        let (events, others): (Vec<_>, Vec<_>) = self
            .0
            .into_iter()
            .filter(|(_, path)| !path.contains("/resourcesetinputproviders/"))
            .partition(|(_, path)| path.contains("/events"));
        // The first event is the provider's, the second the set's.
        Self(others.into_iter().chain(events.into_iter().skip(1)).collect())
    }

    /// One line each.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.0.iter().map(|(verb, path)| format!("{verb} {path}")).collect()
    }
}

impl Scene {
    /// Starts both.
    ///
    /// # Errors
    /// One does not start.
    pub async fn start() -> Result<Self> {
        let cluster = tokio::task::spawn_blocking(Cluster::start).await??;
        cluster.install_our_crds().await?;
        let client = cluster.client()?;
        // No plugin dials the address of the API server, which is 127.0.0.1.
        let forge = Forge::start_on(SocketAddr::from(([127, 0, 0, 2], 0))).await?;
        let scene = Self { cluster, client, forge, folder: tempfile::tempdir()? };
        scene.put("v1", "Namespace", &json!({"metadata": {"name": NAMESPACE}})).await?;
        Ok(scene)
    }

    /// Starts the operator, and waits until it is ready.
    ///
    /// # Errors
    /// It does not become ready.
    pub async fn operator(&self) -> Result<OperatorProcess> {
        let program =
            std::env::var_os(PROGRAM).map_or_else(std::env::current_exe, |program| Ok(PathBuf::from(program)))?;
        let health = free_address()?;
        let mut command = Command::new(program);
        command.args(["run", "--no-leader-election", "--metrics-addr", "none", "--health-addr", &health.to_string()]);
        command.args(["--operator-namespace", NAMESPACE]);
        command.arg("--kubeconfig").arg(self.cluster.kubeconfig_path());
        command.arg("--plugin-cache").arg(self.folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        tokio::task::spawn_blocking(move || {
            let mut started = Started::start(&mut command)?;
            started.until(|_| is_ready(health))?;
            Ok(OperatorProcess(Some(started)))
        })
        .await?
    }

    /// How far the log of the operator's requests has come.
    ///
    /// # Errors
    /// It cannot be read.
    pub async fn mark(&self) -> Result<usize> {
        Ok(self.cluster.audit().await?.by_agent(AGENT).count())
    }

    /// What the operator has asked since, once it has been quiet for two seconds.
    ///
    /// # Errors
    /// The log cannot be read.
    pub async fn spent(&self, mark: usize) -> Result<Spent> {
        let mut known = usize::MAX;
        loop {
            let audit = self.cluster.audit().await?.by_agent(AGENT);
            if audit.count() == known {
                let since =
                    audit.iter().skip(mark).filter(|event| event.verb != "watch" && !event.uri.contains("/leases/"));
                return Ok(Spent(since.map(|event| (event.verb.clone(), event.uri.clone())).collect()));
            }
            known = audit.count();
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
    }

    /// Waits until the operator watches ConfigMaps again.
    ///
    /// # Errors
    /// It does not.
    pub async fn is_watched(&self, mark: usize) -> Result<()> {
        self.until("ConfigMaps are watched", async || {
            let audit = self.cluster.audit().await?.by_agent(AGENT);
            Ok(audit.iter().skip(mark).any(|event| event.verb == "watch" && event.uri.contains("/configmaps?")))
        })
        .await
    }

    /// Applies a set of so many ConfigMaps.
    ///
    /// # Errors
    /// The API server refuses it.
    pub async fn apply_set(&self, name: &str, objects: usize, value: &str) -> Result<()> {
        let inputs: Vec<Value> = (0..objects).map(|number| json!({"n": number.to_string()})).collect();
        let set = json!({
            "metadata": {"name": name, "namespace": NAMESPACE, "annotations": {"orangery.dev/prune-guard": "off"}},
            "spec": {"inputs": inputs, "resources": [map(&format!("{name}-<< inputs.n >>"), NAMESPACE, value)]},
        });
        self.put(OURS, SET, &set).await
    }

    /// Waits until a set is ready for its present generation, with so many objects.
    ///
    /// # Errors
    /// It does not become so.
    pub async fn is_ready(&self, name: &str, objects: usize) -> Result<()> {
        let api = self.api(OURS, SET);
        self.until("the set is ready", async || {
            let live = serde_json::to_value(api.get(name).await?)?;
            let conditions = live.pointer("/status/conditions").and_then(Value::as_array);
            let ready = conditions.into_iter().flatten().any(|condition| {
                let is = |field: &str, wanted: &str| condition.get(field).and_then(Value::as_str) == Some(wanted);
                let generation = live.pointer("/metadata/generation");
                is("type", "Ready") && is("status", "True") && condition.get("observedGeneration") == generation
            });
            let entries = live.pointer("/status/inventory/entries").and_then(Value::as_array).map_or(0, Vec::len);
            Ok(ready && entries == objects)
        })
        .await
    }

    /// Asks for a reconciliation of a set, and waits until it was handled.
    ///
    /// # Errors
    /// It is not handled.
    pub async fn touch(&self, name: &str) -> Result<()> {
        self.ask(SET, name).await
    }

    /// Asks for a poll of a provider, and waits until it was handled.
    ///
    /// # Errors
    /// It is not handled.
    pub async fn touch_provider(&self, name: &str) -> Result<()> {
        self.ask(PROVIDER, name).await
    }

    async fn ask(&self, kind: &str, name: &str) -> Result<()> {
        let (api, token) = (self.api(OURS, kind), format!("{:?}", Instant::now()));
        let annotations = json!({"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": token}}});
        api.patch(name, &PatchParams::default(), &Patch::Merge(&annotations)).await?;
        self.until("it was handled", async || {
            let live = serde_json::to_value(api.get(name).await?)?;
            Ok(live.pointer("/status/lastHandledReconcileAt").and_then(Value::as_str) == Some(token.as_str()))
        })
        .await
    }

    /// Gives a ConfigMap another value, or deletes it.
    ///
    /// # Errors
    /// The API server refuses it.
    pub async fn spoil(&self, name: &str, value: Option<&str>) -> Result<()> {
        let api = self.api("v1", "ConfigMap");
        match value {
            Some(value) => {
                let data = json!({"data": {"value": value}});
                api.patch(name, &PatchParams::default(), &Patch::Merge(&data)).await?;
            }
            None => drop(api.delete(name, &DeleteParams::default()).await?),
        }
        Ok(())
    }

    /// Waits until a ConfigMap has this value.
    ///
    /// # Errors
    /// It does not.
    pub async fn has_value(&self, name: &str, value: &str) -> Result<()> {
        let api = self.api("v1", "ConfigMap");
        self.until("the value is there", async || {
            let live = api.get_opt(name).await?;
            Ok(live.is_some_and(|live| live.data.pointer("/data/value").and_then(Value::as_str) == Some(value)))
        })
        .await
    }

    /// How long `kubectl apply --server-side` takes for as many objects in another namespace; `None` without kubectl.
    ///
    /// # Errors
    /// It fails.
    pub async fn kubectl_applies(&self, objects: usize) -> Result<Option<Duration>> {
        let namespace = "bench-kubectl";
        self.put("v1", "Namespace", &json!({"metadata": {"name": namespace}})).await?;
        let items: Vec<Value> = (0..objects).map(|number| map(&format!("large-{number}"), namespace, "1")).collect();
        let file = self.folder.path().join("objects.json");
        std::fs::write(&file, json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string())?;
        let mut kubectl = Command::new("kubectl");
        kubectl.arg("--kubeconfig").arg(self.cluster.kubeconfig_path());
        kubectl.args(["apply", "--server-side", "-f"]).arg(&file).stdout(Stdio::null());
        let begun = Instant::now();
        match tokio::task::spawn_blocking(move || kubectl.status()).await? {
            Ok(status) => {
                ensure!(status.success(), "kubectl apply failed");
                Ok(Some(begun.elapsed()))
            }
            Err(_) => Ok(None),
        }
    }

    /// A provider of pull requests, and a set with a ConfigMap for each, both named `pulls`.
    ///
    /// # Errors
    /// The API server refuses it.
    pub async fn apply_pulls(&self) -> Result<()> {
        let spec = json!({"type": "GitHubPullRequest", "url": format!("{}/acme/shop", self.forge.url())});
        self.put(OURS, PROVIDER, &json!({"metadata": {"name": "pulls", "namespace": NAMESPACE}, "spec": spec})).await?;
        let spec = json!({
            "inputsFrom": [{"name": "pulls"}],
            "resources": [map("pulls-<< inputs.id >>", NAMESPACE, "<< inputs.sha | quote >>")],
        });
        self.put(OURS, SET, &json!({"metadata": {"name": "pulls", "namespace": NAMESPACE}, "spec": spec})).await
    }

    /// Has a provider poll each second.
    ///
    /// # Errors
    /// The API server refuses it.
    pub async fn polls_each_second(&self, name: &str) -> Result<()> {
        self.annotate(name, "fluxcd.controlplane.io/reconcileEvery", "1s").await
    }

    /// Has a provider poll no more.
    ///
    /// # Errors
    /// The API server refuses it.
    pub async fn rests(&self, name: &str) -> Result<()> {
        self.annotate(name, "fluxcd.controlplane.io/reconcile", "disabled").await
    }

    async fn annotate(&self, provider: &str, key: &str, value: &str) -> Result<()> {
        let annotations = json!({"metadata": {"annotations": {key: value}}});
        self.api(OURS, PROVIDER).patch(provider, &PatchParams::default(), &Patch::Merge(&annotations)).await?;
        self.spent(0).await?;
        Ok(())
    }

    fn api(&self, api_version: &str, kind: &str) -> Api<DynamicObject> {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind));
        if kind == "Namespace" {
            Api::all_with(self.client.clone(), &resource)
        } else {
            Api::namespaced_with(self.client.clone(), NAMESPACE, &resource)
        }
    }

    async fn put(&self, api_version: &str, kind: &str, object: &Value) -> Result<()> {
        let mut object = object.clone();
        if let Some(object) = object.as_object_mut() {
            object.extend([("apiVersion".to_owned(), json!(api_version)), ("kind".to_owned(), json!(kind))]);
        }
        let name = object.pointer("/metadata/name").and_then(Value::as_str).context("a name")?.to_owned();
        let how = PatchParams::apply("bench").force();
        self.api(api_version, kind).patch(&name, &how, &Patch::Apply(&object)).await?;
        Ok(())
    }

    async fn until(&self, what: &str, check: impl AsyncFn() -> Result<bool>) -> Result<()> {
        let begun = Instant::now();
        while !check().await? {
            if begun.elapsed() > PATIENCE {
                bail!("not within {PATIENCE:?}: {what}");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }
}

const OURS: &str = "fluxcd.controlplane.io/v1";
const SET: &str = "ResourceSet";
const PROVIDER: &str = "ResourceSetInputProvider";

fn map(name: &str, namespace: &str, value: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": namespace}, "data": {"value": value},
    })
}
