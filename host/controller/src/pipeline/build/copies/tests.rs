//! Copies, kubeconfigs and checksums: known answers, order, what is missing, what is refused.

use super::*;
use async_trait::async_trait;
use orangery_cluster::ReadAccess;
use orangery_core::desired::DesiredStep;
use orangery_core::{ApplyReport, InputRef, LedgerEntry, Plan, PruneReport, SourceRef, keys};
use serde_json::json;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// ConfigMap/apps/cfg with `{a: 1, b: 2}`, as Flux Operator hashes it.
const SUM: &str = "sha256:b12ba69fe30336c1428031079c8ca162c97e734ca6a25988cdb16114e3c8f920";

/// Objects to read, and which were read.
#[derive(Default)]
struct Shelf {
    objects: BTreeMap<ObjectKey, Object>,
    forbidden: Option<ObjectKey>,
    read: Mutex<Vec<String>>,
}

#[async_trait]
impl Target for Shelf {
    async fn apply(&self, _plan: &Plan) -> ApplyReport {
        ApplyReport::default()
    }

    async fn prune(&self, _owner: &Owner, _stale: &[LedgerEntry]) -> PruneReport {
        PruneReport::default()
    }

    async fn disown(&self, _owner: &Owner, _adopted: &[LedgerEntry]) -> PruneReport {
        PruneReport::default()
    }

    async fn read(&self, owner: &Owner, api_version: &str, key: &ObjectKey) -> Result<Option<Object>, ReadError> {
        let account = owner.service_account.as_deref().unwrap_or_default();
        self.read.lock().unwrap_or_else(PoisonError::into_inner).push(format!("{account} {api_version} {key}"));
        if self.forbidden.as_ref() == Some(key) {
            return Err(ReadError { key: key.clone(), message: "forbidden".to_owned(), access: ReadAccess::Forbidden });
        }
        Ok(self.objects.get(key).cloned())
    }
}

impl Shelf {
    fn with(objects: &[Value]) -> Self {
        let objects = objects.iter().map(|value| object(value.clone())).map(|object| (object.key(), object)).collect();
        Self { objects, ..Self::default() }
    }

    fn were_read(&self) -> Vec<String> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn resolves(&self, desired: &mut DesiredSet) -> Result<Vec<String>, String> {
        let owner =
            Owner { name: NamespacedName::new("apps", "set"), service_account: Some("flux".to_owned()), force: false };
        resolve(desired, &owner, self, &mut BTreeSet::new()).await.map_err(|error| error.to_string())
    }

    /// What one object that no input gave becomes, or why it cannot.
    async fn resolved(&self, wanted: Value) -> Result<Value, String> {
        let mut desired = desired(vec![(None, wanted)]);
        self.resolves(&mut desired).await?;
        Ok(only(&desired))
    }
}

fn object(value: Value) -> Object {
    Object(value.as_object().cloned().unwrap())
}

fn desired(objects: Vec<(Option<&str>, Value)>) -> DesiredSet {
    let wanted = |(input, value): (Option<&str>, Value)| Wanted {
        object: PackedObject::new(&object(value)),
        origin: "spec.resources[0]".into(),
        input: input.map(|uid| Arc::new(InputRef { source: SourceRef::provider("p").into(), uid: uid.to_owned() })),
        sharers: Vec::new(),
        template: "resources[0]".into(),
    };
    let objects = objects.into_iter().map(wanted).collect();
    DesiredSet { steps: vec![DesiredStep { name: None, wait: None, objects }], ..DesiredSet::default() }
}

fn values(desired: &DesiredSet) -> Vec<Value> {
    desired.objects().map(|wanted| wanted.object.unpack().into_value()).collect()
}

fn only(desired: &DesiredSet) -> Value {
    values(desired).remove(0)
}

fn of(kind: &str, name: &str, annotation: Option<(&str, &str)>) -> Value {
    let (namespace, name) = name.split_once('/').unwrap();
    let annotations: BTreeMap<&str, &str> = annotation.into_iter().collect();
    json!({"apiVersion": "v1", "kind": kind, "metadata": {"namespace": namespace, "name": name, "annotations": annotations}})
}

fn with(mut value: Value, field: &str, content: Value) -> Value {
    value.as_object_mut().unwrap().insert(field.to_owned(), content);
    value
}

fn config(name: &str, data: Value) -> Value {
    with(of("ConfigMap", name, None), "data", data)
}

fn sum(value: &Value) -> Option<&str> {
    value.get("metadata")?.get("annotations")?.get(keys::CHECKSUM)?.as_str()
}

const COPY: &str = keys::COPY_FROM;
const HASH: &str = keys::CHECKSUM_FROM;
const CONVERT: &str = keys::CONVERT_KUBE_CONFIG_FROM;

#[tokio::test]
async fn a_checksum_is_the_one_that_flux_operator_writes_and_its_source_is_named() {
    let shelf = Shelf::with(&[config("apps/cfg", json!({"b": "2", "a": "1"}))]);
    let mut desired = desired(vec![(None, of("ConfigMap", "apps/user", Some((HASH, "ConfigMap/apps/cfg"))))]);
    assert_eq!(shelf.resolves(&mut desired).await.unwrap(), ["ConfigMap/apps/cfg"]);
    assert_eq!(sum(&only(&desired)), Some(SUM));
    assert_eq!(shelf.were_read(), ["flux v1 ConfigMap/apps/cfg"], "with the rights of the set, once");
}

#[tokio::test]
async fn an_object_of_the_set_is_hashed_as_it_will_be_after_its_copy_whatever_the_order() {
    let shelf = Shelf::with(&[config("other/source", json!({"a": "1", "b": "2"}))]);
    let user = of("Pod", "apps/user", Some((HASH, " ConfigMap/apps/cfg , ")));
    let copy = with(of("ConfigMap", "apps/cfg", Some((COPY, "other/source"))), "data", json!({"a": "own"}));
    for objects in [[user.clone(), copy.clone()], [copy, user]] {
        let mut desired = desired(objects.into_iter().map(|object| (None, object)).collect());
        assert_eq!(shelf.resolves(&mut desired).await.unwrap(), Vec::<String>::new(), "nothing outside is hashed");
        let values = values(&desired);
        assert_eq!(values.iter().filter_map(sum).collect::<Vec<_>>(), [SUM]);
        let copied = values.iter().find(|value| value["kind"] == "ConfigMap").unwrap();
        assert_eq!(copied["data"], json!({"a": "1", "b": "2"}), "the source's data and nothing else");
    }
}

#[tokio::test]
async fn the_order_of_references_counts_and_a_repeated_one_is_read_once() {
    let shelf = Shelf::with(&[config("apps/a", json!({"k": "1"})), config("apps/b", json!({"k": "2"}))]);
    let hashed = async |references: &str| {
        let value = shelf.resolved(of("Pod", "apps/user", Some((HASH, references)))).await.unwrap();
        sum(&value).unwrap().to_owned()
    };
    let (first, second) =
        (hashed("ConfigMap/apps/a,ConfigMap/apps/b").await, hashed("ConfigMap/apps/b,ConfigMap/apps/a").await);
    assert_ne!(first, second);
    assert_eq!(shelf.were_read().len(), 4);
}

#[tokio::test]
async fn two_that_hash_each_other_and_one_that_copies_itself_come_to_an_end() {
    let shelf = Shelf::with(&[config("apps/self", json!({"k": "live"}))]);
    let a = with(of("ConfigMap", "apps/a", Some((HASH, "ConfigMap/apps/b"))), "data", json!({"k": "1"}));
    let b =
        with(of("ConfigMap", "apps/b", Some((HASH, "ConfigMap/apps/a,ConfigMap/apps/b"))), "data", json!({"k": "2"}));
    let own = with(of("ConfigMap", "apps/self", Some((COPY, "apps/self"))), "data", json!({"k": "rendered"}));
    let mut desired = desired(vec![(None, a), (None, b), (None, own)]);
    assert_eq!(shelf.resolves(&mut desired).await.unwrap(), Vec::<String>::new());
    let values = values(&desired);
    assert!(sum(&values[0]).is_some() && sum(&values[1]).is_some());
    assert_eq!(values[2]["data"], json!({"k": "live"}), "a source is what the target has");
}

#[tokio::test]
async fn the_data_of_a_secret_is_copied_and_hashed_with_its_type() {
    let source = with(
        with(of("Secret", "other/source", None), "data", json!({"user": "Z2l0", "token": "aHVzaA=="})),
        "type",
        json!("kubernetes.io/basic-auth"),
    );
    let shelf = Shelf::with(&[source]);
    let own = with(of("Secret", "apps/own", Some((COPY, "other/source"))), "stringData", json!({"user": "me"}));
    let user = of("Pod", "apps/user", Some((HASH, "Secret/apps/own")));
    let mut desired = desired(vec![(None, own), (None, user)]);
    shelf.resolves(&mut desired).await.unwrap();
    let values = values(&desired);
    assert_eq!(values[0]["data"], json!({"user": "Z2l0", "token": "aHVzaA=="}));
    assert_eq!((&values[0]["type"], values[0].get("stringData")), (&json!("kubernetes.io/basic-auth"), None));
    let plain = with(of("Secret", "apps/own", None), "stringData", json!({"user": "git", "token": "hush"}));
    let user = of("Pod", "apps/user", Some((HASH, "Secret/apps/own")));
    let mut written = self::desired(vec![(None, plain), (None, user)]);
    shelf.resolves(&mut written).await.unwrap();
    assert_eq!(sum(&values[1]), sum(&self::values(&written)[1]), "the bytes count, not how they are written");
}

#[tokio::test]
async fn what_is_missing_or_forbidden_is_named_and_tried_again() {
    let mut shelf = Shelf::default();
    let copy = || of("ConfigMap", "apps/user", Some((COPY, "other/gone")));
    assert_eq!(shelf.resolved(copy()).await.unwrap_err(), "failed to copy data from ConfigMap/other/gone: not found");
    assert_eq!(
        shelf.resolved(of("Pod", "apps/user", Some((HASH, "Secret/other/gone")))).await.unwrap_err(),
        "failed to resolve fluxcd.controlplane.io/checksumFrom reference Secret/other/gone: not found"
    );
    assert_eq!(
        shelf.resolved(of("ConfigMap", "apps/user", Some((CONVERT, "other/gone")))).await.unwrap_err(),
        "failed to get kubeconfig Secret/other/gone: not found"
    );
    shelf.forbidden = Some(object(of("ConfigMap", "other/gone", None)).key());
    let mut desired = desired(vec![(None, copy())]);
    let owner = Owner { name: NamespacedName::new("apps", "set"), service_account: None, force: false };
    let mut sources = BTreeSet::new();
    let error = resolve(&mut desired, &owner, &shelf, &mut sources).await.unwrap_err();
    assert!(sources.is_empty(), "what may not be read is not watched for the set either");
    assert!(error.to_string().contains("forbidden; give the service account of the set the verb get"), "{error}");
    assert_eq!(
        (error.reason(), error.disposition()),
        (Reason::ReconciliationFailed, Disposition::RetryAfter(Duration::from_secs(10)))
    );
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused_in_the_words_of_flux_operator() {
    let shelf = Shelf::default();
    for (kind, annotation, value, words) in [
        ("ConfigMap", COPY, "cfg", "must be in the format 'namespace/name'"),
        ("Secret", COPY, "a/b/c", "must be in the format 'namespace/name'"),
        ("ConfigMap", CONVERT, "a/b:", "must be in the format 'namespace/name' or 'namespace/name:key'"),
        ("Pod", HASH, "ConfigMap/cfg", "must be in the format 'Kind/namespace/name'"),
        ("Pod", HASH, "Pod/apps/cfg", "only ConfigMap and Secret are allowed"),
    ] {
        let error = shelf.resolved(of(kind, "apps/user", Some((annotation, value)))).await.unwrap_err();
        assert!(error.starts_with(&format!("{kind}/apps/user: ")) && error.contains(words), "{error}");
    }
    assert_eq!(shelf.were_read(), Vec::<String>::new(), "nothing is read for what cannot be meant");
    // An annotation that means something on other kinds only is left as it is.
    let pod = of("Pod", "apps/user", Some((COPY, "nonsense")));
    assert_eq!(shelf.resolved(pod.clone()).await.unwrap(), pod);
}

#[tokio::test]
async fn who_cannot_take_what_it_asks_for_fails_its_own_environment_and_the_others_go_on() {
    let shelf = Shelf::with(&[config("apps/cfg", json!({"a": "1", "b": "2"}))]);
    let mut desired = desired(vec![
        (Some("01"), of("ConfigMap", "apps/one", Some((COPY, "apps/gone")))),
        (Some("02"), of("ConfigMap", "apps/two", Some((COPY, "apps/cfg")))),
        (Some("03"), of("Pod", "apps/three", Some((HASH, "ConfigMap/apps/gone")))),
        (Some("04"), of("Pod", "apps/four", Some((HASH, "ConfigMap/apps/cfg")))),
        (Some("05"), of("Pod", "apps/five", Some((HASH, "Pod/apps/cfg")))),
    ]);
    shelf.resolves(&mut desired).await.unwrap();
    let failed: Vec<&str> = desired.failed.iter().map(|failed| failed.input.uid.as_str()).collect();
    assert_eq!(failed, ["01", "03", "05"]);
    let values = values(&desired);
    assert_eq!(values[1]["data"], json!({"a": "1", "b": "2"}));
    assert_eq!(sum(&values[3]), Some(SUM));
}

fn kubeconfig(text: &str, key: &str) -> Value {
    with(of("Secret", "infra/kubeconfig", None), "data", json!({ key: STANDARD.encode(text) }))
}

const CLUSTERS: &str = "clusters:\n- name: a\n  cluster: {server: https://a.example.com, certificate-authority-data: UEVN}\n- name: b\n  cluster: {server: https://b.example.com, certificate-authority-data: UEVN}\nusers: [{user: {token: hush}}]\n";

#[tokio::test]
async fn the_first_cluster_of_a_kubeconfig_is_written_and_nothing_secret_of_it() {
    for (key, annotation) in
        [("kubeconfig", "infra/kubeconfig"), ("value", "infra/kubeconfig"), ("mine", "infra/kubeconfig:mine")]
    {
        let shelf = Shelf::with(&[kubeconfig(CLUSTERS, key)]);
        let value = shelf.resolved(of("ConfigMap", "apps/user", Some((CONVERT, annotation)))).await.unwrap();
        assert_eq!(value["data"], json!({"address": "https://a.example.com", "ca.crt": "PEM"}));
        assert_eq!(shelf.were_read(), ["flux v1 Secret/infra/kubeconfig"]);
    }
}

#[tokio::test]
async fn a_kubeconfig_that_cannot_be_used_is_refused_without_a_word_of_it() {
    for (text, annotation, words) in [
        (CLUSTERS, "infra/kubeconfig:other", "kubeconfig Secret/infra/kubeconfig does not have 'other' field"),
        ("hush: [", "infra/kubeconfig", "the kubeconfig in Secret/infra/kubeconfig is not YAML"),
        ("users: [{token: hush}]", "infra/kubeconfig", "no clusters found in kubeconfig"),
        ("clusters: [{name: a, cluster: {}}]", "infra/kubeconfig", "server field is empty in kubeconfig cluster"),
        (
            "clusters: [{name: a, cluster: {server: 'https://a', certificate-authority-data: '{hush}'}}]",
            "infra/kubeconfig",
            "is not YAML",
        ),
    ] {
        let shelf = Shelf::with(&[kubeconfig(text, "kubeconfig")]);
        let error = shelf.resolved(of("ConfigMap", "apps/user", Some((CONVERT, annotation)))).await.unwrap_err();
        assert!(error.contains(words) && !error.contains("hush"), "{error}");
    }
    let binary =
        with(of("Secret", "infra/kubeconfig", None), "data", json!({"kubeconfig": STANDARD.encode([0xff, 0xfe])}));
    let shelf = Shelf::with(&[binary]);
    let error = shelf.resolved(of("ConfigMap", "apps/user", Some((CONVERT, "infra/kubeconfig")))).await.unwrap_err();
    assert!(error.ends_with("is not YAML"), "{error}");
}
