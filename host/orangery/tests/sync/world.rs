//! A namespace with objects of Flux, a registry, and a running `orangery sync`.

use kube::Api;
use kube::api::{ApiResource, DynamicObject, Patch, PatchParams};
use kube::core::GroupVersionKind;
use orangery_test_apiserver::{Cluster, TestNamespace};
use orangery_test_registry::Registry;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::sync::OnceCell;

/// Where the files of the tests come from.
pub(crate) const REVISION: &str = "main@sha1:0123456789012345678901234567890123456789";
/// The annotation that asks for a reconciliation.
const REQUESTED_AT: &str = "reconcile.fluxcd.io/requestedAt";
/// Flux's definitions are installed once.
static DEFINITIONS: OnceCell<()> = OnceCell::const_new();

/// A kind of Flux.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Source,
    Kustomization,
    HelmRelease,
}

impl Kind {
    fn resource(self) -> ApiResource {
        let (group, version, kind, plural) = match self {
            Self::Source => ("source.toolkit.fluxcd.io", "v1", "OCIRepository", "ocirepositories"),
            Self::Kustomization => ("kustomize.toolkit.fluxcd.io", "v1", "Kustomization", "kustomizations"),
            Self::HelmRelease => ("helm.toolkit.fluxcd.io", "v2", "HelmRelease", "helmreleases"),
        };
        ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk(group, version, kind), plural)
    }
}

/// What the tests act in.
pub(crate) struct World {
    pub(crate) cluster: &'static Cluster,
    pub(crate) namespace: TestNamespace,
    pub(crate) registry: Registry,
    pub(crate) files: TempDir,
}

impl World {
    pub(crate) async fn new() -> Self {
        let cluster = Cluster::shared().await;
        DEFINITIONS.get_or_init(|| async { cluster.install_flux_crds().await.unwrap() }).await;
        Self::on(cluster).await
    }

    /// With a control plane of its own, whose API server may be stopped.
    pub(crate) async fn alone() -> Self {
        let cluster = tokio::task::spawn_blocking(|| Cluster::start().unwrap()).await.unwrap();
        let cluster: &'static Cluster = Box::leak(Box::new(cluster));
        cluster.install_flux_crds().await.unwrap();
        Self::on(cluster).await
    }

    async fn on(cluster: &'static Cluster) -> Self {
        let files = tempfile::tempdir().unwrap();
        std::fs::write(files.path().join("cm.yaml"), "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: demo}\n")
            .unwrap();
        Self {
            cluster,
            namespace: cluster.namespace("sync").await.unwrap(),
            registry: tokio::task::spawn_blocking(|| Registry::start().unwrap()).await.unwrap(),
            files,
        }
    }

    /// `oci://…/app:main`.
    pub(crate) fn address(&self) -> String {
        format!("oci://{}/app:main", self.registry.address())
    }

    fn api(&self, kind: Kind) -> Api<DynamicObject> {
        Api::namespaced_with(self.namespace.client(), self.namespace.name(), &kind.resource())
    }

    async fn apply(&self, kind: Kind, name: &str, spec: Value) {
        let resource = kind.resource();
        let object = json!({
            "apiVersion": resource.api_version, "kind": resource.kind, "metadata": {"name": name}, "spec": spec,
        });
        let parameters = PatchParams::apply("tests").force();
        self.api(kind).patch(name, &parameters, &Patch::Apply(&object)).await.unwrap();
    }

    /// An OCIRepository that reads [`World::address`].
    pub(crate) async fn source(&self) {
        self.source_of("app").await;
    }

    /// An OCIRepository that reads the tag `main` of a repository.
    pub(crate) async fn source_of(&self, repository: &str) {
        let url = format!("oci://{}/{repository}", self.registry.address());
        self.apply(Kind::Source, "app", json!({"interval": "10m", "url": url, "ref": {"tag": "main"}})).await;
    }

    /// A Kustomization that reads it.
    pub(crate) async fn kustomization(&self, name: &str) {
        let source = json!({"kind": "OCIRepository", "name": "app"});
        self.apply(Kind::Kustomization, name, json!({"interval": "10m", "prune": true, "sourceRef": source})).await;
    }

    /// A HelmRelease that installs it.
    pub(crate) async fn release(&self, name: &str) {
        let chart = json!({"kind": "OCIRepository", "name": "app"});
        self.apply(Kind::HelmRelease, name, json!({"interval": "10m", "chartRef": chart})).await;
    }

    pub(crate) async fn suspend(&self, kind: Kind, name: &str) {
        let patch = Patch::Merge(json!({"spec": {"suspend": true}}));
        self.api(kind).patch(name, &PatchParams::default(), &patch).await.unwrap();
    }

    /// Writes a part of a status.
    pub(crate) async fn status(&self, kind: Kind, name: &str, status: Value) {
        let patch = Patch::Merge(json!({"status": status}));
        self.api(kind).patch_status(name, &PatchParams::default(), &patch).await.unwrap();
    }

    /// The token of the request, if there is one.
    pub(crate) async fn requested(&self) -> Option<String> {
        let object = self.api(Kind::Source).get("app").await.unwrap();
        object.metadata.annotations.unwrap_or_default().get(REQUESTED_AT).cloned()
    }

    /// Waits for a request other than that one.
    pub(crate) async fn requested_after(&self, before: Option<&str>) -> String {
        let begun = Instant::now();
        loop {
            match self.requested().await {
                Some(token) if Some(token.as_str()) != before => return token,
                _ => assert!(begun.elapsed() < Duration::from_secs(30), "nobody asked for a reconciliation"),
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    pub(crate) async fn delete(&self, kind: Kind, name: &str) {
        self.api(kind).delete(name, &kube::api::DeleteParams::default()).await.unwrap();
    }

    /// Asks for a reconciliation, as somebody else.
    pub(crate) async fn request(&self, token: &str) {
        let patch = Patch::Merge(json!({"metadata": {"annotations": {REQUESTED_AT: token}}}));
        self.api(Kind::Source).patch("app", &PatchParams::default(), &patch).await.unwrap();
    }

    /// The digest that the tag has.
    pub(crate) async fn digest(&self) -> String {
        self.digest_of("app:main").await
    }

    /// The digest of an artifact.
    pub(crate) async fn digest_of(&self, artifact: &str) -> String {
        let name = format!("{}/{artifact}", self.registry.address());
        self.registry.crane(&["digest", &name, "--insecure"]).unwrap().trim().to_owned()
    }

    /// Pushes the files; the digest.
    pub(crate) async fn push(&self) -> String {
        let (address, path) = (self.address(), self.files.path().to_str().unwrap());
        let words = ["artifact", "push", &address, "--path", path, "--source", "x", "--revision", REVISION];
        let output = self.command(&words).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        self.digest().await
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_orangery"));
        let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("home");
        command.args(words).env("KUBECONFIG", self.cluster.kubeconfig_path()).env("HOME", home);
        command.env("DOCKER_CONFIG", "/nonexistent").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Starts `orangery sync` with these words.
    pub(crate) fn sync(&self, words: &[&str]) -> Running {
        let words = [&["sync", "-n", self.namespace.name()], words].concat();
        Running(Some(self.command(&words).spawn().unwrap()))
    }

    /// Starts a script of a pipeline in the folder of the files, with `orangery` on the path.
    pub(crate) fn script(&self, script: &str, variables: &BTreeMap<String, String>) -> Running {
        let program = Path::new(env!("CARGO_BIN_EXE_orangery")).parent().unwrap();
        let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
        let mut shell = Command::new("sh");
        shell.args(["-euc", script]).current_dir(self.files.path()).env("PATH", path).envs(variables);
        shell.env("KUBECONFIG", self.cluster.kubeconfig_path()).env("DOCKER_CONFIG", "/nonexistent");
        Running(Some(shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()))
    }

    /// The context of the kubeconfig.
    pub(crate) fn context(&self) -> String {
        let kubeconfig = kube::config::Kubeconfig::read_from(self.cluster.kubeconfig_path()).unwrap();
        kubeconfig.current_context.unwrap()
    }

    /// The source has fetched a digest and handled a request.
    pub(crate) async fn fetched(&self, digest: &str, token: &str) {
        self.status(Kind::Source, "app", fetched(digest, token)).await;
    }

    /// A Kustomization has applied a digest.
    pub(crate) async fn applied(&self, name: &str, digest: &str) {
        let revision = format!("main@{digest}");
        let status = json!({
            "observedGeneration": 1, "conditions": ready("True", "ReconciliationSucceeded", "Applied revision"),
            "lastAppliedRevision": revision, "lastAttemptedRevision": revision,
        });
        self.status(Kind::Kustomization, name, status).await;
    }
}

/// The status of a source that has fetched a digest.
pub(crate) fn fetched(digest: &str, token: &str) -> Value {
    json!({
        "observedGeneration": 1,
        "lastHandledReconcileAt": token,
        "conditions": ready("True", "Succeeded", "stored artifact"),
        "artifact": {
            "digest": format!("sha256:{}", "9".repeat(64)), "lastUpdateTime": "2026-01-31T12:00:00Z", "path": "x", "url": "http://x",
            "revision": format!("main@{digest}"),
        },
    })
}

/// The condition Ready.
pub(crate) fn ready(is: &str, reason: &str, message: &str) -> Value {
    json!([condition("Ready", is, reason, message)])
}

/// One condition.
pub(crate) fn condition(kind: &str, is: &str, reason: &str, message: &str) -> Value {
    json!({
        "type": kind, "status": is, "reason": reason, "message": message, "observedGeneration": 1,
        "lastTransitionTime": "2026-01-31T12:00:00Z",
    })
}

/// A digest that nothing has.
pub(crate) fn foreign() -> String {
    format!("sha256:{}", "2".repeat(64))
}

/// A sync that runs; it is ended when dropped.
pub(crate) struct Running(Option<Child>);

/// A sync that has ended.
pub(crate) struct Ended {
    status: ExitStatus,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Running {
    /// It is still running after a while: long enough for it to have looked.
    #[track_caller]
    pub(crate) fn still_waits(&mut self) {
        std::thread::sleep(Duration::from_millis(2500));
        let child = self.0.as_mut().unwrap();
        let ended = child.try_wait().unwrap();
        let mut said = String::new();
        if ended.is_some() {
            child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        }
        assert!(ended.is_none(), "it ended too early:\n{said}");
    }

    /// Waits for its end.
    pub(crate) async fn ended(mut self) -> Ended {
        let child = self.0.take().unwrap();
        let output = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap()).await.unwrap();
        Ended {
            status: output.status,
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            drop(child.kill());
            drop(child.wait());
        }
    }
}

impl Ended {
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.status.code(), Some(code), "--- stdout\n{}\n--- stderr\n{}", self.out, self.err);
        self
    }

    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.err.contains(text), "stderr should contain {text:?}\n{}", self.err);
        self
    }
}
