//! Missing rights are found before the first write, are named, and stop only the objects that need them.

use super::tenant;
use crate::world::World;
use anyhow::{Result, ensure};
use futures::FutureExt as _;
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding, Role, RoleBinding};
use kube::api::{Api, DeleteParams, PostParams};
use orangery_core::Action;
use orangery_test_apiserver::cut::{self, Outcome};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};

const EVERYTHING: [&str; 6] = ["get", "list", "watch", "create", "patch", "delete"];

/// Binds a role with these rules to the service account in a namespace.
async fn grant(world: &World, namespace: &str, name: &str, rules: Value) -> Result<()> {
    let client = world.namespace.client();
    let role = json!({"metadata": {"name": name}, "rules": rules});
    let binding = json!({"metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": "tenant", "namespace": world.namespace.name()}]});
    let post = PostParams::default();
    Api::<Role>::namespaced(client.clone(), namespace).create(&post, &serde_json::from_value(role)?).await?;
    Api::<RoleBinding>::namespaced(client, namespace).create(&post, &serde_json::from_value(binding)?).await?;
    Ok(())
}

fn all_of(resource: &str) -> Value {
    json!({"apiGroups": [""], "resources": [resource], "verbs": EVERYTHING})
}

fn secret(world: &World, name: &str) -> Value {
    world.object("v1", "Secret", name, json!({"stringData": {"key": "value"}}))
}

/// How many writes of objects of a kind were stored in the namespace of the world, and how many were refused.
async fn attempts(world: &World, resource: &str) -> Result<(usize, usize)> {
    let audit = world.cluster.audit().await?.in_namespace(world.namespace.name());
    let about = |event: &&orangery_test_apiserver::AuditEvent| {
        event.object_ref.as_ref().is_some_and(|object| object.resource == resource)
            && matches!(event.verb.as_str(), "create" | "patch" | "update" | "delete")
            && event.user_agent.starts_with("orangery-tests")
            && event.impersonated_user.is_some()
    };
    let refused =
        |event: &&orangery_test_apiserver::AuditEvent| event.response_status.as_ref().is_some_and(|it| it.code == 403);
    let stored =
        audit.iter().filter(about).filter(|event| !event.uri.contains("dryRun")).filter(|event| !refused(event));
    Ok((stored.count(), audit.iter().filter(about).filter(refused).count()))
}

#[tokio::test]
async fn a_missing_kind_is_named_before_the_first_write_and_the_other_objects_are_applied() -> Result<()> {
    let mut world = tenant("onekind").await?;
    grant(&world, world.namespace.name(), "tenant", json!([all_of("configmaps")])).await?;
    let objects = vec![world.map("a", "1"), secret(&world, "b"), secret(&world, "c"), world.map("d", "1")];
    let (applied, _) = world.settle(objects).await?;
    assert_eq!(applied.failed.len(), 2, "{applied:?}");
    let namespace = world.namespace.name();
    let right = format!(
        "service account {namespace}/tenant may not get, create and patch secrets (the core API group) in namespace {namespace}"
    );
    let message = &applied.failed[0].message;
    assert!(message.starts_with(&format!("Secret/{namespace}/b not applied (Forbidden): {right}")), "{message}");
    assert!(message.contains("add the verbs get, create and patch to a role of that account"), "{message}");
    assert!(applied.failed.iter().all(|failed| failed.denied), "{applied:?}");
    assert_eq!(applied.missing_rights.len(), 1, "one right is missing, whatever the number of objects: {applied:?}");
    assert!(applied.missing_rights[0].contains(&right), "{applied:?}");
    assert_eq!(attempts(&world, "secrets").await?, (0, 0), "nothing that is bound to be refused is tried");
    for name in ["a", "d"] {
        assert_eq!(world.value(name).await?.as_deref(), Some("1"));
    }
    assert_eq!(world.ledger.len(), 2, "what was never written is not owned: {:?}", world.ledger);
    Ok(())
}

#[tokio::test]
async fn a_later_step_waits_for_the_missing_right_of_an_earlier_one() -> Result<()> {
    let mut world = tenant("steps").await?;
    grant(&world, world.namespace.name(), "tenant", json!([all_of("configmaps")])).await?;
    let first = vec![secret(&world, "a"), world.map("first", "1")];
    let plan =
        world.plan_steps(vec![(Some("one"), None, first), (Some("two"), None, vec![world.map("second", "1")])])?;
    let (applied, _) = world.run(&plan).await;
    assert_eq!(applied.failed.len(), 1, "{applied:?}");
    assert!(applied.failed[0].message.starts_with("step \"one\" apply failed: Secret/"), "{applied:?}");
    assert_eq!(world.value("first").await?.as_deref(), Some("1"));
    assert_eq!(world.value("second").await?, None);
    Ok(())
}

#[tokio::test]
async fn a_right_that_is_missing_in_one_namespace_stops_nothing_in_another() -> Result<()> {
    let mut world = tenant("onespace").await?;
    let other = world.cluster.namespace("onespace-b").await?;
    grant(&world, world.namespace.name(), "tenant", json!([all_of("configmaps")])).await?;
    let mut elsewhere = world.map("a", "1");
    elsewhere["metadata"]["namespace"] = json!(other.name());
    let (applied, _) = world.settle(vec![world.map("a", "1"), elsewhere]).await?;
    assert_eq!(applied.failed.len(), 1, "{applied:?}");
    let message = &applied.failed[0].message;
    assert!(message.contains(&format!("configmaps (the core API group) in namespace {}", other.name())), "{message}");
    assert_eq!(world.value("a").await?.as_deref(), Some("1"));
    Ok(())
}

#[tokio::test]
async fn rights_that_the_set_itself_grants_count_in_the_same_apply() -> Result<()> {
    let mut world = tenant("ownrbac").await?;
    let rbac = json!({"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["roles", "rolebindings"],
        "verbs": ["get", "list", "watch", "create", "patch", "delete", "bind", "escalate"]});
    grant(&world, world.namespace.name(), "tenant", json!([rbac])).await?;
    let namespace = world.namespace.name();
    let role = world.object(
        "rbac.authorization.k8s.io/v1",
        "Role",
        "own",
        json!({"rules": [{"apiGroups": [""], "resources": ["secrets", "configmaps"], "verbs": EVERYTHING}]}),
    );
    let binding = world.object(
        "rbac.authorization.k8s.io/v1",
        "RoleBinding",
        "own",
        json!({"roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "own"},
            "subjects": [{"kind": "ServiceAccount", "name": "tenant", "namespace": namespace}]}),
    );
    let (applied, _) =
        world.settle(vec![secret(&world, "a"), world.map("b", "1"), binding.clone(), role.clone()]).await?;
    assert_eq!(applied.failed, []);
    assert_eq!(applied.missing_rights, [""; 0]);
    assert!(applied.changes.iter().all(|change| change.action == Action::Created), "{applied:?}");
    assert_eq!(attempts(&world, "secrets").await?, (1, 0), "it is written once, after the binding");
    Ok(())
}

#[tokio::test]
async fn a_right_that_is_granted_later_is_seen_within_fifteen_seconds() -> Result<()> {
    let mut world = tenant("later").await?;
    let objects = |world: &World| vec![world.map("a", "1")];
    let (applied, _) = world.settle(objects(&world)).await?;
    assert_eq!(applied.failed.len(), 1, "{applied:?}");
    grant(&world, world.namespace.name(), "tenant", json!([all_of("configmaps")])).await?;
    let granted = Instant::now();
    while !world.settle(objects(&world)).await?.0.failed.is_empty() {
        ensure!(granted.elapsed() < Duration::from_secs(15), "it is not seen");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    assert_eq!(world.value("a").await?.as_deref(), Some("1"));
    Ok(())
}

#[tokio::test]
async fn a_right_that_is_taken_away_is_noticed_at_the_first_refusal() -> Result<()> {
    let mut world = tenant("taken").await?;
    grant(&world, world.namespace.name(), "tenant", json!([all_of("configmaps")])).await?;
    world.applied(vec![world.map("a", "1")]).await?;
    let bindings: Api<RoleBinding> = Api::namespaced(world.namespace.client(), world.namespace.name());
    bindings.delete("tenant", &DeleteParams::default()).await?;
    let refused = Instant::now();
    loop {
        let message = world.refused(vec![world.map("a", "2")]).await?;
        if message.contains("may not") {
            assert!(message.contains("get and patch configmaps"), "{message}");
            break;
        }
        ensure!(refused.elapsed() < Duration::from_secs(15), "{message}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(world.value("a").await?.as_deref(), Some("1"));
    assert_eq!(world.ledger.len(), 1, "what was applied before is still owned");
    Ok(())
}

#[tokio::test]
async fn a_right_to_single_objects_counts_for_these() -> Result<()> {
    let mut world = tenant("named").await?;
    let named = json!([
        {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list", "watch"]},
        {"apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["a"], "verbs": ["create", "patch", "delete"]},
    ]);
    grant(&world, world.namespace.name(), "tenant", named).await?;
    let (applied, _) = world.settle(vec![world.map("a", "1"), world.map("b", "1")]).await?;
    assert_eq!(applied.failed.len(), 1, "{applied:?}");
    assert!(applied.failed[0].message.contains("/b not applied"), "{applied:?}");
    assert_eq!(world.value("a").await?.as_deref(), Some("1"));
    Ok(())
}

#[tokio::test]
async fn rights_of_the_whole_cluster_are_asked_for_once_and_serve_every_namespace() -> Result<()> {
    let mut world = tenant("wide").await?;
    let client = world.namespace.client();
    let name = world.namespace.name().to_owned();
    let role = json!({"metadata": {"name": name}, "rules": [all_of("configmaps")]});
    let binding = json!({"metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": "tenant", "namespace": name}]});
    let post = PostParams::default();
    Api::<ClusterRole>::all(client.clone()).create(&post, &serde_json::from_value(role)?).await?;
    Api::<ClusterRoleBinding>::all(client).create(&post, &serde_json::from_value(binding)?).await?;
    let mut objects = vec![world.map("a", "1")];
    for hint in ["wide-b", "wide-c", "wide-d"] {
        let mut map = world.map("a", "1");
        map["metadata"]["namespace"] = json!(world.cluster.namespace(hint).await?.name());
        objects.push(map);
    }
    let (applied, _) = world.settle(objects).await?;
    assert_eq!((applied.failed.len(), applied.warnings.len()), (0, 0), "{applied:?}");
    let who = format!("system:serviceaccount:{name}:tenant");
    let audit = world.cluster.audit().await?.acting_as(&who);
    let reviews: Vec<_> = audit.iter().filter(|event| event.uri.contains("/selfsubject")).collect();
    assert!(reviews.len() <= 2, "{reviews:#?}");
    Ok(())
}

#[tokio::test]
async fn another_kubeconfig_has_rights_of_its_own() -> Result<()> {
    let mut world = World::new("remote").await?;
    world.applied(vec![world.map("a", "1")]).await?;
    // The identity of a kubeconfig that may do nothing here.
    let mut config = world.cluster.config();
    config.auth_info.impersonate = Some("jane".to_owned());
    world.target = orangery_cluster::KubernetesTarget::new(config, crate::world::options());
    let message = world.refused(vec![world.map("a", "1"), world.map("b", "1")]).await?;
    assert!(message.contains("not applied (Forbidden)") && message.contains("may not"), "{message}");
    assert_eq!(world.value("b").await?, None);
    Ok(())
}

#[tokio::test]
async fn a_server_without_reviews_decides_by_its_answers_to_the_writes() -> Result<()> {
    let mut world = tenant("silent").await?;
    grant(&world, world.namespace.name(), "tenant", json!([all_of("configmaps")])).await?;
    let outcome: Arc<cut::RequestOutcome> = Arc::new(|request| {
        let is_review = request.uri().path().contains("/selfsubject");
        match is_review {
            true => Outcome::Unsent(async { "no reviews here".into() }.boxed()),
            false => Outcome::Sent,
        }
    });
    world.connect(move |config| cut::fated(config, &outcome));
    world.applied(vec![world.map("a", "1")]).await?;
    let message = world.refused(vec![world.map("a", "1"), secret(&world, "b")]).await?;
    assert!(message.contains("/b dry-run failed (Forbidden)") && message.contains("cannot get resource"), "{message}");
    Ok(())
}
