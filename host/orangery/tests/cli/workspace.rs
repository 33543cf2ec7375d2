//! A forge, a folder of manifests and a directory: what local mode needs.

use crate::bench::{Call, Ran, orangery, tree, whole_tree, without_uid};
use orangery_test_forge::{Forge, Hosted};
use std::collections::BTreeMap;
use std::path::PathBuf;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// Everything in one folder; the forge answers while it lives.
pub(crate) struct Workspace {
    pub(crate) forge: Forge,
    pub(crate) folder: TempDir,
    _runtime: Runtime,
}

/// A ConfigMap for each pull request of the provider `pulls`.
pub(crate) const SET: &str = r#"apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata:
  name: previews
  namespace: apps
spec:
  inputsFrom:
    - kind: ResourceSetInputProvider
      name: pulls
  resources:
    - apiVersion: v1
      kind: ConfigMap
      metadata:
        name: pr-<< inputs.id >>
        namespace: apps
      data:
        sha: << inputs.sha | quote >>
"#;

impl Workspace {
    pub(crate) fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let forge = runtime.block_on(Forge::start()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("manifests")).unwrap();
        Self { forge, folder, _runtime: runtime }
    }

    /// With the provider `pulls`, the set `previews`, and this many open pull requests.
    pub(crate) fn with_pulls(count: u64) -> (Self, Hosted) {
        let workspace = Self::new();
        let shop = workspace.forge.github("acme/shop");
        shop.opens_many(count);
        workspace.manifest("provider.yaml", &workspace.provider());
        workspace.manifest("set.yaml", SET);
        (workspace, shop)
    }

    pub(crate) fn provider(&self) -> String {
        format!(
            "apiVersion: fluxcd.controlplane.io/v1\nkind: ResourceSetInputProvider\nmetadata: {{name: pulls, namespace: apps}}\nspec:\n  type: GitHubPullRequest\n  url: {}/acme/shop\n",
            self.forge.url()
        )
    }

    pub(crate) fn manifest(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join("manifests").join(name), text).unwrap();
    }

    pub(crate) fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    /// `orangery run --local out -f manifests --once` and more words.
    pub(crate) fn once(&self, more: &[&str]) -> Ran {
        self.pass(more).run()
    }

    pub(crate) fn pass(&self, more: &[&str]) -> Call {
        let words = ["run", "--local", "out", "-f", "manifests", "--once"];
        orangery(words.iter().chain(more)).inside(self.folder.path())
    }

    /// The objects, without UIDs.
    pub(crate) fn objects(&self) -> BTreeMap<String, String> {
        tree(&self.out()).into_iter().map(|(path, text)| (path, without_uid(&text))).collect()
    }

    pub(crate) fn names(&self) -> Vec<String> {
        tree(&self.out()).into_keys().collect()
    }

    /// Every byte below the folder, state and manifests included.
    pub(crate) fn everything(&self) -> String {
        whole_tree(self.folder.path()).into_values().collect()
    }
}
