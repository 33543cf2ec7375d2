//! Which artifacts the selectors of a provider select, and what inputs they are.

use super::*;
use serde_json::json;
use std::sync::Mutex;

/// Artifacts that everybody may read, and what was asked.
#[derive(Default)]
struct Cluster {
    artifacts: Vec<Artifact>,
    asked: Mutex<Vec<String>>,
}

#[async_trait]
impl ArtifactReader for Cluster {
    async fn read(&self, _: &ProviderSpec, query: &ArtifactQuery<'_>) -> Result<Vec<Artifact>, ArtifactError> {
        self.asked.lock().unwrap().push(query.describe());
        Ok(self.artifacts.clone())
    }
}

fn artifact(namespace: &str, name: &str, labels: &[(&str, &str)], revision: Option<&str>) -> Artifact {
    Artifact {
        name: NamespacedName::new(namespace, name),
        labels: labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        revision: revision.map(str::to_owned),
    }
}

fn provider(selectors: Value) -> ProviderSpec {
    let object = json!({
        "apiVersion": "fluxcd.controlplane.io/v1", "kind": "ResourceSetInputProvider",
        "metadata": {"name": "artifacts", "namespace": "apps"},
        "spec": {"type": "ExternalArtifact", "selectors": selectors},
    });
    let object: orangery_api::ResourceSetInputProvider = serde_json::from_value(object).unwrap();
    ProviderSpec::try_from(&object).unwrap()
}

async fn found(artifacts: Vec<Artifact>, selectors: Value) -> (Found, Vec<String>) {
    let cluster = Cluster { artifacts, ..Cluster::default() };
    let found = find(&provider(selectors), &cluster).await.unwrap();
    (found, cluster.asked.into_inner().unwrap())
}

fn names(found: &Found) -> Vec<String> {
    let of = |input: &Input| format!("{}/{}", input.attributes["namespace"], input.attributes["name"]).replace('"', "");
    found.inputs.iter().map(of).collect()
}

#[tokio::test]
async fn an_input_is_the_labels_with_id_name_namespace_and_revision() {
    let labels = [("app.kubernetes.io/name", "shop"), ("id", "mine"), ("name", "mine"), ("revision", "mine")];
    let artifacts = vec![artifact("team1", "apps", &labels, Some("latest@sha256:a"))];
    let (found, _) = found(artifacts, json!([{"namespace": "*"}])).await;
    let [input] = found.inputs.as_slice() else { panic!("{found:?}") };
    assert_eq!(input.id, digest::adler32_id("team1/apps"));
    assert_eq!(
        Value::Object(input.attributes.clone()),
        json!({"app.kubernetes.io/name": "shop", "name": "apps", "namespace": "team1", "revision": "latest@sha256:a"})
    );
}

#[tokio::test]
async fn each_artifact_is_found_once_in_the_order_of_namespace_and_name() {
    let fruit = [("team", "fruit")];
    let artifacts = vec![
        artifact("b", "two", &fruit, None),
        artifact("apps", "one", &fruit, None),
        artifact("apps", "other", &[], None),
        artifact("a", "three", &[], None),
    ];
    let by_label = json!([{"namespace": "*", "matchLabels": {"team": "fruit"}}, {"namespace": "*", "name": "three"}]);
    let (selected, asked) = found(artifacts.clone(), by_label).await;
    assert_eq!(names(&selected), ["a/three", "apps/one", "b/two"]);
    assert_eq!(asked, ["list ExternalArtifacts across all namespaces"; 2]);

    let (own, asked) = found(artifacts.clone(), json!([{"name": "*"}, {"name": "one"}])).await;
    assert_eq!(names(&own), ["apps/one", "apps/other"]);
    assert_eq!(asked, ["list ExternalArtifacts in namespace 'apps'", "get ExternalArtifact 'apps/one'"]);

    let (expression, _) =
        found(artifacts, json!([{"matchExpressions": [{"key": "team", "operator": "DoesNotExist"}]}])).await;
    assert_eq!(names(&expression), ["apps/other"]);
}

#[tokio::test]
async fn two_artifacts_of_one_checksum_stop_nobody() {
    assert_eq!(digest::adler32_id("adb/x"), digest::adler32_id("bbc/x"));
    let artifacts =
        vec![artifact("bbc", "x", &[], None), artifact("adb", "x", &[], None), artifact("c", "x", &[], None)];
    let (found, _) = found(artifacts, json!([{"namespace": "*"}])).await;
    assert_eq!(names(&found), ["adb/x", "c/x"]);
    let [left_out] = found.unreadable.as_slice() else { panic!("{found:?}") };
    assert_eq!(left_out.problem, "ExternalArtifact bbc/x has the id and the name of adb/x; rename one");
}

#[tokio::test]
async fn without_a_cluster_the_error_says_so_and_nothing_is_retried() {
    let error = find(&provider(json!([{"name": "a"}])), &NoCluster).await.unwrap_err();
    assert!(error.to_string().contains("there is none here"), "{error}");
    assert_eq!(error.disposition(), Disposition::WaitForChange);
}
