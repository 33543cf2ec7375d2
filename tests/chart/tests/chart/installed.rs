//! The chart on a real API server: what it installs, what its rights allow, what an upgrade and an uninstallation do, and who owns
//! the definitions.

use anyhow::{Context as _, Result, ensure};
use k8s_openapi::api::authorization::v1::{ResourceAttributes, SubjectAccessReview, SubjectAccessReviewSpec};
use k8s_openapi::api::core::v1::{Namespace, Pod};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::api::{Api, DynamicObject, ListParams, Patch, PatchParams, PostParams};
use kube::core::GroupVersionKind;
use kube::{Client, ResourceExt};
use orangery_test_apiserver::Cluster;
use orangery_test_chart::manifests::{self, of_kind, put, text};
use orangery_test_chart::{Helm, chart};
use serde_json::{Value, json};

const NAMESPACE: &str = "orangery-system";
const OPERATOR: &str = "system:serviceaccount:orangery-system:orangery";
/// Everything that can be installed.
const ALL: [&str; 2] =
    ["--set", "apiPriority.enabled=true,apiPriority.priorityLevel.create=true,serviceMonitor.create=true"];

async fn cluster() -> Result<Cluster> {
    tokio::task::spawn_blocking(Cluster::start).await?
}

/// A namespace in which nothing runs that the Pod Security Standard `restricted` forbids.
async fn restricted(client: &Client) -> Result<()> {
    let labels = [("pod-security.kubernetes.io/enforce".to_owned(), "restricted".to_owned())];
    let metadata =
        ObjectMeta { name: Some(NAMESPACE.to_owned()), labels: Some(labels.into()), ..ObjectMeta::default() };
    Api::all(client.clone()).create(&PostParams::default(), &Namespace { metadata, ..Namespace::default() }).await?;
    Ok(())
}

/// `helm install` or `upgrade`, with these flags as well.
fn installs(helm: &Helm, verb: &str, flags: &[&str]) -> Result<String> {
    let chart = chart().display().to_string();
    helm.run(&[&[verb, "orangery", chart.as_str(), "--namespace", NAMESPACE], flags].concat())
}

/// Whether somebody may do something; `what` is `verb group resource[/subresource] [name]`.
async fn may(client: &Client, user: &str, namespace: &str, what: &str) -> Result<bool> {
    let mut words = what.split(' ').map(|word| Some(word.to_owned()).filter(|word| word != "core"));
    let (verb, group) = (words.next().flatten(), words.next().flatten());
    let resource = words.next().flatten().context("a resource")?;
    let (resource, subresource) = match resource.split_once('/') {
        Some((resource, subresource)) => (resource.to_owned(), Some(subresource.to_owned())),
        None => (resource, None),
    };
    let namespace = Some(namespace.to_owned()).filter(|name| !name.is_empty());
    let name = words.next().flatten();
    let asked = ResourceAttributes {
        verb,
        group,
        resource: Some(resource),
        subresource,
        namespace,
        name,
        ..Default::default()
    };
    let review = SubjectAccessReview {
        spec: SubjectAccessReviewSpec {
            user: Some(user.to_owned()),
            resource_attributes: Some(asked),
            ..Default::default()
        },
        ..Default::default()
    };
    let answer = Api::<SubjectAccessReview>::all(client.clone()).create(&PostParams::default(), &review).await?;
    Ok(answer.status.is_some_and(|status| status.allowed))
}

/// Names of the objects of the release of this kind, in all namespaces.
async fn of_release(client: &Client, api_version: &str, kind: &str) -> Result<Vec<String>> {
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let (resource, _) = kube::discovery::pinned_kind(client, &GroupVersionKind::gvk(group, version, kind)).await?;
    let found = Api::<DynamicObject>::all_with(client.clone(), &resource);
    let found = found.list(&ListParams::default().labels("app.kubernetes.io/instance=orangery")).await?;
    let mut names: Vec<String> = found.iter().map(ResourceExt::name_any).collect();
    names.sort();
    Ok(names)
}

#[tokio::test]
async fn a_release_is_installed_upgraded_and_removed_and_its_definitions_stay() -> Result<()> {
    let cluster = cluster().await?;
    cluster.install_monitoring_crds().await?;
    let client = cluster.client()?;
    restricted(&client).await?;
    let helm = Helm::with_rights_of(cluster.kubeconfig_path())?;
    let said = installs(&helm, "install", &ALL)?;
    for part in ["helm test orangery", "applied as `flux`", "docs/install.md", "may act as every service account"] {
        ensure!(said.contains(part), "{part:?} is not in the notes:\n{said}");
    }
    for (api_version, kind, names) in [
        ("apps/v1", "Deployment", &["orangery"][..]),
        ("policy/v1", "PodDisruptionBudget", &["orangery"]),
        ("networking.k8s.io/v1", "NetworkPolicy", &["orangery"]),
        ("flowcontrol.apiserver.k8s.io/v1", "FlowSchema", &["orangery"]),
        ("flowcontrol.apiserver.k8s.io/v1", "PriorityLevelConfiguration", &["orangery"]),
        ("monitoring.coreos.com/v1", "ServiceMonitor", &["orangery"]),
        ("rbac.authorization.k8s.io/v1", "Role", &["orangery-api-server", "orangery-lease"]),
        (
            "rbac.authorization.k8s.io/v1",
            "ClusterRole",
            &["orangery", "orangery-edit", "orangery-impersonate", "orangery-view"],
        ),
    ] {
        assert_eq!(of_release(&client, api_version, kind).await?, names, "{kind}");
    }

    installs(&helm, "upgrade", &["--set", "replicas=3,rbac.impersonate.serviceAccounts={flux}"])?;
    let deployments: Api<k8s_openapi::api::apps::v1::Deployment> = Api::namespaced(client.clone(), NAMESPACE);
    assert_eq!(deployments.get("orangery").await?.spec.and_then(|spec| spec.replicas), Some(3));
    assert!(of_release(&client, "monitoring.coreos.com/v1", "ServiceMonitor").await?.is_empty());
    assert!(may(&client, OPERATOR, "any", "impersonate core serviceaccounts flux").await?);
    assert!(!may(&client, OPERATOR, "any", "impersonate core serviceaccounts other").await?);

    helm.run(&["uninstall", "orangery", "--namespace", NAMESPACE])?;
    assert!(of_release(&client, "apps/v1", "Deployment").await?.is_empty());
    assert!(of_release(&client, "rbac.authorization.k8s.io/v1", "ClusterRole").await?.is_empty());
    let definitions: Api<CustomResourceDefinition> = Api::all(client.clone());
    for name in ["resourcesets", "resourcesetinputproviders"] {
        let kept = definitions.get(&format!("{name}.fluxcd.controlplane.io")).await?;
        assert_eq!(kept.metadata.deletion_timestamp, None);
    }
    // And the next installation finds its own again.
    installs(&helm, "install", &[])?;
    Ok(())
}

#[tokio::test]
async fn the_operator_has_the_rights_it_needs_and_people_those_of_their_roles() -> Result<()> {
    let cluster = cluster().await?;
    let client = cluster.client()?;
    restricted(&client).await?;
    installs(&Helm::with_rights_of(cluster.kubeconfig_path())?, "install", &[])?;
    for (namespace, what, allowed) in [
        ("", "watch fluxcd.controlplane.io resourcesets", true),
        ("apps", "patch fluxcd.controlplane.io resourcesets/status", true),
        ("apps", "get core secrets token", true),
        // The metadata of labelled ones; rbac.watchConfigs=false takes it away.
        ("apps", "watch core secrets", true),
        ("apps", "list core pods", false),
        ("apps", "impersonate core serviceaccounts any", true),
        ("", "impersonate core users admin", false),
        ("", "impersonate core groups system:masters", false),
        (NAMESPACE, "update coordination.k8s.io leases orangery", true),
        ("apps", "update coordination.k8s.io leases orangery", false),
        ("apps", "patch apps deployments", false),
        ("apps", "create core configmaps", false),
        ("", "delete apiextensions.k8s.io customresourcedefinitions resourcesets.fluxcd.controlplane.io", false),
    ] {
        assert_eq!(may(&client, OPERATOR, namespace, what).await?, allowed, "{what} in {namespace:?}");
    }
    // Nothing aggregates roles in the control plane of the tests: the parts are bound as they are.
    for (role, user) in [("orangery-edit", "ada"), ("orangery-view", "linus")] {
        let binding = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": role},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}],
        });
        let bindings: Api<k8s_openapi::api::rbac::v1::RoleBinding> = Api::namespaced(client.clone(), "default");
        bindings.patch(role, &PatchParams::apply("tests"), &Patch::Apply(&binding)).await?;
    }
    for (user, what, allowed) in [
        ("ada", "create fluxcd.controlplane.io resourcesets", true),
        ("ada", "delete fluxcd.controlplane.io resourcesetinputproviders", true),
        ("ada", "patch fluxcd.controlplane.io resourcesets/status", false),
        ("linus", "list fluxcd.controlplane.io resourcesets", true),
        ("linus", "patch fluxcd.controlplane.io resourcesets", false),
    ] {
        assert_eq!(may(&client, user, "default", what).await?, allowed, "{user}: {what}");
    }
    Ok(())
}

#[tokio::test]
async fn the_pods_are_admitted_where_only_restricted_ones_are() -> Result<()> {
    let cluster = cluster().await?;
    let client = cluster.client()?;
    restricted(&client).await?;
    let pods: Api<Pod> = Api::namespaced(client, NAMESPACE);
    let try_out = PostParams { dry_run: true, ..PostParams::default() };
    let objects = Helm::offline()?.objects(&[])?;
    let template = of_kind(&objects, "Deployment").first().and_then(|one| one.pointer("/spec/template")).cloned();
    let mut operator = template.context("a Deployment")?;
    put(&mut operator, "/metadata", "name", json!("operator"))?;
    let test = of_kind(&objects, "Pod").first().copied().cloned().context("the pod of `helm test`")?;
    assert_eq!(text(&test, "/metadata/annotations/helm.sh~1hook"), "test");
    for pod in [&operator, &test] {
        let pod: Pod = serde_json::from_value(pod.clone())?;
        pods.create(&try_out, &pod).await.with_context(|| pod.name_any())?;
    }
    put(&mut operator, "/spec/containers/0/securityContext", "allowPrivilegeEscalation", json!(true))?;
    let refused = pods.create(&try_out, &serde_json::from_value(operator)?).await;
    ensure!(refused.is_err_and(|error| error.to_string().contains("restricted")), "the namespace does not restrict");
    Ok(())
}

/// What a chart of somebody else left: the definitions, without the fields that only ours have.
async fn another_release_owns_the_definitions(client: &Client) -> Result<()> {
    let objects = Helm::offline()?.objects(&[])?;
    for definition in of_kind(&objects, "CustomResourceDefinition") {
        let mut theirs: Value = definition.clone();
        let owner = json!({
            "meta.helm.sh/release-name": "flux-operator", "meta.helm.sh/release-namespace": "flux-system",
            "helm.sh/resource-policy": "keep",
        });
        put(&mut theirs, "/metadata", "annotations", owner)?;
        let spec = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties";
        let fields = theirs.pointer_mut(spec).and_then(Value::as_object_mut).context("fields of the spec")?;
        fields.remove("renderer");
        let definitions: Api<CustomResourceDefinition> = Api::all(client.clone());
        let name = text(definition, "/metadata/name").to_owned();
        definitions.patch(&name, &PatchParams::apply("helm").force(), &Patch::Apply(&theirs)).await?;
    }
    Ok(())
}

async fn has_our_fields(client: &Client) -> Result<bool> {
    let definitions: Api<CustomResourceDefinition> = Api::all(client.clone());
    let live = serde_json::to_value(definitions.get("resourcesets.fluxcd.controlplane.io").await?)?;
    let renderer = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/renderer";
    Ok(live.pointer(renderer).is_some())
}

/// The recipes of docs/install.md.
#[tokio::test]
async fn definitions_of_another_release_are_left_to_it_or_taken_over() -> Result<()> {
    let cluster = cluster().await?;
    let client = cluster.client()?;
    restricted(&client).await?;
    another_release_owns_the_definitions(&client).await?;
    let helm = Helm::with_rights_of(cluster.kubeconfig_path())?;

    let Err(refused) = installs(&helm, "install", &[]) else { anyhow::bail!("it took the definitions silently") };
    ensure!(format!("{refused}").contains("flux-operator"), "the owner is not named: {refused}");
    assert!(!has_our_fields(&client).await?);

    let said = installs(&helm, "install", &["--set", "installCRDs=false"])?;
    ensure!(said.contains("installCRDs is false"), "{said}");
    assert!(!has_our_fields(&client).await?, "they are left alone");

    // What the other release lacks is added without taking the definitions from it.
    let definitions: Api<CustomResourceDefinition> = Api::all(client.clone());
    for text in ["resourcesets", "resourcesetinputproviders"] {
        let file = chart().join(format!("files/crds/fluxcd.controlplane.io_{text}.yaml"));
        let ours = manifests::objects(&std::fs::read_to_string(file)?)?;
        let ours = ours.first().context("a definition")?;
        let name = manifests::text(ours, "/metadata/name");
        definitions.patch(name, &PatchParams::apply("kubectl").force(), &Patch::Apply(ours)).await?;
    }
    assert!(has_our_fields(&client).await?);
    another_release_owns_the_definitions(&client).await?;

    installs(&helm, "upgrade", &["--set", "installCRDs=true", "--take-ownership", "--force-conflicts"])?;
    assert!(has_our_fields(&client).await?);
    let live = definitions.get("resourcesets.fluxcd.controlplane.io").await?;
    assert_eq!(live.annotations().get("meta.helm.sh/release-name").map(String::as_str), Some("orangery"));
    Ok(())
}
