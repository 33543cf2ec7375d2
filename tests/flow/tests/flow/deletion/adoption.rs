//! Objects that were there before: refused where their names come from outside, adopted otherwise, and never deleted without
//! an approval.

use anyhow::{Context, Result};
use orangery_test_flow::{PROVIDER, SET, World};
use serde_json::{Value, json};

const ADOPT: &str = "orangery.dev/adopt";
const TAKE: &str = "orangery.dev/take-ownership";
const APPROVE: &str = "orangery.dev/approve-prune";
const OWNER: &str = "/metadata/labels/resourceset.fluxcd.controlplane.io~1name";

const PULLS: &str = "
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSetInputProvider
metadata: {name: pulls}
spec: {type: GitHubPullRequest, url: FORGE/acme/shop}
";

/// A set over the pull requests with these resources, one in a line.
fn set(resources: &[&str]) -> String {
    let list: String = resources.iter().map(|resource| format!("    - {resource}\n")).collect();
    format!(
        "apiVersion: fluxcd.controlplane.io/v1\nkind: ResourceSet\nmetadata: {{name: set}}\nspec:\n  inputsFrom: [{{name: pulls}}]\n  resources:\n{list}"
    )
}

/// A ConfigMap of this name, which holds the id of its pull request.
fn map(name: &str) -> String {
    format!(
        "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}, namespace: NAMESPACE}}, data: {{id: << inputs.id | quote >>}}}}"
    )
}

fn namespace(name: &str) -> String {
    format!("{{apiVersion: v1, kind: Namespace, metadata: {{name: {name}}}}}")
}

/// Somebody has made a ConfigMap by hand.
async fn by_hand(world: &World, name: &str) -> Result<()> {
    let yaml = format!(
        "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}, namespace: NAMESPACE}}, data: {{theirs: kept}}}}"
    );
    world.apply(&yaml).await
}

async fn owner(world: &World, kind: &str, name: &str) -> Result<Option<String>> {
    let live = world.live(kind, name).await?;
    anyhow::ensure!(!live.is_null(), "{kind} {name} is gone");
    Ok(live.pointer(OWNER).and_then(Value::as_str).map(str::to_owned))
}

/// The mark of an object in the ledger of the set.
async fn mark(world: &World, name: &str) -> Result<Option<String>> {
    let entries = world.inventory("set").await?;
    let found = entries.iter().find(|entry| entry["id"].as_str().is_some_and(|id| id.contains(&format!("_{name}_"))));
    Ok(found.and_then(|entry| entry["mark"].as_str().map(str::to_owned)))
}

async fn refused(world: &World) -> Result<String> {
    world.has_condition(SET, "set", "Ready", "False", "AdoptionRefused").await
}

async fn held(world: &World) -> Result<String> {
    world.has_condition(SET, "set", "PruneHeld", "True", "PruneHeld").await
}

/// The digest that a message of `PruneHeld` asks for.
fn digest(message: &str) -> Result<String> {
    let (_, after) = message.split_once(&format!("{APPROVE}: ")).context("the message names the annotation")?;
    Ok(after.chars().take_while(|letter| letter.is_ascii_alphanumeric() || *letter == ':').collect())
}

/// The provider and the set, with these open pull requests.
async fn with(hint: &str, branches: &[&str], manifest: &str) -> Result<World> {
    let mut world = World::new(hint).await?;
    let shop = world.forge.github("acme/shop");
    shop.creates_branch("unused");
    for branch in branches {
        shop.opens(branch);
    }
    world.start().await?;
    world.apply(PULLS).await?;
    world.is_ready(PROVIDER, "pulls").await?;
    world.apply(manifest).await?;
    Ok(world)
}

async fn closes(world: &World, number: u64) -> Result<()> {
    world.forge.github("acme/shop").closes(number);
    world.reconciles(PROVIDER, "pulls").await?;
    world.reconciles(SET, "set").await
}

#[tokio::test]
async fn d16_branch_named_like_an_existing_namespace() -> Result<()> {
    let mut world = World::new("branch").await?;
    let production = format!("{}-production", world.namespace());
    world.apply(&namespace(&production)).await?;
    let shop = world.forge.github("acme/shop");
    let bad = shop.opens(&production);
    shop.opens(&format!("{}-other", world.namespace()));
    world.start().await?;
    world.apply(PULLS).await?;
    world.is_ready(PROVIDER, "pulls").await?;
    world.apply(&set(&[&namespace("<< inputs.branch >>")])).await?;
    world
        .settles("it was looked at", async |world| Ok(!world.condition(SET, "set", "Ready").await?[2].is_empty()))
        .await?;
    world.reconciles(SET, "set").await?;

    closes(&world, bad).await?;
    world.is_ready(SET, "set").await?;
    assert!(!world.deleted().await?.contains(&production), "the namespace of somebody else was deleted");
    assert_eq!(owner(&world, "Namespace", &production).await?, None);
    Ok(())
}

#[tokio::test]
async fn a_name_that_is_computed_from_an_outsiders_text_is_refused_by_name() -> Result<()> {
    let names = [
        "<< inputs.branch >>",
        "<< printf \"%s-%s\" inputs.id inputs.branch >>",
        "<< inputs.branch | upper | lower | trunc 2 >>",
        "<< inputs.branch | sha1sum | trunc 8 >>",
        "<< len inputs.branch >>-long",
        "<< inputs.labels | join \"-\" >>",
        "<< if eq inputs.branch \"feature\" >>chosen<< else >>other-<< inputs.id >><< end >>",
    ];
    let maps: Vec<String> = names.iter().map(|name| map(&format!("'{name}'"))).collect();
    let world = with("computed", &[], &set(&maps.iter().map(String::as_str).collect::<Vec<_>>())).await?;
    let taken = ["feature", "1-feature", "fe", "4b7615dc", "7-long", "red-blue", "chosen"];
    for name in taken {
        by_hand(&world, name).await?;
    }
    let shop = world.forge.github("acme/shop");
    shop.opens_one(orangery_test_forge::opening("feature").labelled("red").labelled("blue"));
    world.reconciles(PROVIDER, "pulls").await?;
    world
        .settles("it was looked at", async |world| Ok(!world.condition(SET, "set", "Ready").await?[2].is_empty()))
        .await?;
    world.reconciles(SET, "set").await?;
    for name in taken {
        assert_eq!(owner(&world, "ConfigMap", name).await?, None, "{name} was taken");
    }
    let said = refused(&world).await?;
    // Three of an environment are shown, the others are counted.
    assert!(said.contains("and 4 more of it"), "{said}");
    assert_eq!(world.deletes().await?, 0);
    Ok(())
}

#[tokio::test]
async fn the_other_renderer_is_no_way_around() -> Result<()> {
    let manifest = "
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: set}
spec:
  renderer: {name: minijinja}
  inputsFrom: [{name: pulls}]
  resources:
    - {apiVersion: v1, kind: ConfigMap, metadata: {name: '{{ inputs.branch | upper | lower }}', namespace: NAMESPACE}}
    - {apiVersion: v1, kind: ConfigMap, metadata: {name: 'app-{{ inputs.id }}', namespace: NAMESPACE}}
";
    let world = with("minijinja", &[], manifest).await?;
    by_hand(&world, "feature").await?;
    by_hand(&world, "app-1").await?;
    world.forge.github("acme/shop").opens("feature");
    world.reconciles(PROVIDER, "pulls").await?;
    let said = refused(&world).await?;
    assert!(said.contains("/feature exists") && !said.contains("/app-1 exists"), "{said}");
    assert_eq!(owner(&world, "ConfigMap", "feature").await?, None);
    Ok(())
}

#[tokio::test]
async fn what_was_adopted_is_held_through_restarts_until_it_is_approved_and_the_rest_goes() -> Result<()> {
    let mut world = World::new("numeric").await?;
    let existing = format!("{}-pr-1", world.namespace());
    world.apply(&namespace(&existing)).await?;
    world.forge.github("acme/shop").opens_many(2);
    world.start().await?;
    world.apply(PULLS).await?;
    world.is_ready(PROVIDER, "pulls").await?;
    world.apply(&set(&[&namespace("NAMESPACE-pr-<< inputs.id >>"), &map("app-<< inputs.id >>")])).await?;
    world.is_ready(SET, "set").await?;
    assert_eq!(owner(&world, "Namespace", &existing).await?.as_deref(), Some("set"));
    assert_eq!(mark(&world, &existing).await?.as_deref(), Some("Adopted"));
    world.reconciles(SET, "set").await?;
    assert_eq!(mark(&world, &existing).await?.as_deref(), Some("Adopted"), "a re-check forgets nothing");

    world.stop().await?;
    world.start().await?;
    closes(&world, 1).await?;
    world.has_objects("ConfigMap", &["app-2"]).await?;
    let said = held(&world).await?;
    assert!(said.contains(&format!("Namespace/{existing}")) && said.contains("adopted"), "{said}");
    assert!(!said.contains("app-1"), "{said}");
    assert_eq!(world.deleted().await?, ["app-1"]);
    let pending = world.live(SET, "set").await?.pointer("/status/pendingPrune/digest").cloned();
    assert_eq!(pending, Some(json!(digest(&said)?)));
    world.is_ready(SET, "set").await?;

    world.stop().await?;
    world.start().await?;
    world.annotate(SET, "set", APPROVE, "sha256:0000000000000000").await?;
    world.reconciles(SET, "set").await?;
    assert_eq!(world.deleted().await?, ["app-1"], "another list was approved");
    world.annotate(SET, "set", APPROVE, digest(&said)?).await?;
    world
        .settles("the approved object is deleted", async |world| Ok(world.deleted().await?.contains(&existing)))
        .await?;
    Ok(())
}

#[tokio::test]
async fn names_of_static_and_inline_inputs_are_the_users_own() -> Result<()> {
    let mut world = World::new("own-words").await?;
    by_hand(&world, "of-a-static").await?;
    by_hand(&world, "of-an-inline").await?;
    world.start().await?;
    let manifest = |inline: &str| {
        format!(
            "
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSetInputProvider
metadata: {{name: fixed}}
spec: {{type: Static, defaultValues: {{name: of-a-static}}}}
---
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {{name: set}}
spec:
  inputs: [{{name: {inline}}}]
  inputsFrom: [{{name: fixed}}]
  resources: [{{apiVersion: v1, kind: ConfigMap, metadata: {{name: << inputs.name >>, namespace: NAMESPACE}}, data: {{ours: yes-it-is}}}}]
"
        )
    };
    world.apply(&manifest("of-an-inline")).await?;
    world.is_ready(SET, "set").await?;
    world.has_objects("ConfigMap", &["of-a-static", "of-an-inline"]).await?;
    let live = world.live("ConfigMap", "of-an-inline").await?;
    assert_eq!(live.pointer("/data"), Some(&json!({"theirs": "kept", "ours": "yes-it-is"})));
    world.apply(&manifest("another")).await?;
    world.has_objects("ConfigMap", &["another", "of-a-static", "of-an-inline"]).await?;
    let said = held(&world).await?;
    assert!(said.contains("of-an-inline"), "{said}");
    assert_eq!(world.deletes().await?, 0);
    Ok(())
}

#[tokio::test]
async fn a_hand_made_object_whose_template_goes_is_held_and_leaves_the_list_when_it_is_gone() -> Result<()> {
    let mut world = World::new("hand-made").await?;
    by_hand(&world, "settings").await?;
    world.start().await?;
    let manifest = |names: &[&str]| {
        let list: Vec<Value> = names
            .iter()
            .map(|name| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "NAMESPACE"}}))
            .collect();
        json!({"apiVersion": "fluxcd.controlplane.io/v1", "kind": SET, "metadata": {"name": "set"}, "spec": {"resources": list}})
            .to_string()
    };
    world.apply(&manifest(&["settings", "created", "stays"])).await?;
    world.is_ready(SET, "set").await?;
    world.apply(&manifest(&["stays"])).await?;
    world.has_objects("ConfigMap", &["settings", "stays"]).await?;
    let said = held(&world).await?;
    assert!(said.contains("/settings") && !said.contains("/created"), "{said}");
    assert_eq!(world.deleted().await?, ["created"]);

    world.delete("ConfigMap", "settings").await?;
    world.reconciles(SET, "set").await?;
    world
        .settles("nothing is held any more", async |world| {
            Ok(world.condition(SET, "set", "PruneHeld").await?[0].is_empty())
        })
        .await?;
    assert_eq!(mark(&world, "settings").await?, None);
    Ok(())
}

#[tokio::test]
async fn the_annotation_on_the_set_makes_everything_its_own() -> Result<()> {
    let world = with("adopt", &["kept"], &set(&[&map("x-<< inputs.branch >>")])).await?;
    world.has_objects("ConfigMap", &["x-kept"]).await?;
    by_hand(&world, "x-feature").await?;
    let number = world.forge.github("acme/shop").opens("feature");
    world.reconciles(PROVIDER, "pulls").await?;
    let said = refused(&world).await?;
    assert!(said.contains(ADOPT) && said.contains(TAKE), "{said}");
    world.annotate(SET, "set", ADOPT, "true").await?;
    world.is_ready(SET, "set").await?;
    world.has_objects("ConfigMap", &["x-feature", "x-kept"]).await?;
    closes(&world, number).await?;
    world.has_objects("ConfigMap", &["x-kept"]).await?;
    assert_eq!(world.deleted().await?, ["x-feature"]);
    Ok(())
}

#[tokio::test]
async fn an_object_that_asks_for_it_is_taken_and_one_whose_template_asks_is_not() -> Result<()> {
    let asking = format!(
        "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: x-<< inputs.branch >>, namespace: NAMESPACE, annotations: {{{TAKE}: 'true'}}}}}}"
    );
    let world = with("asking", &["kept"], &set(&[&asking])).await?;
    world.has_objects("ConfigMap", &["x-kept"]).await?;
    by_hand(&world, "x-feature").await?;
    let number = world.forge.github("acme/shop").opens("feature");
    world.reconciles(PROVIDER, "pulls").await?;
    refused(&world).await?;
    assert_eq!(owner(&world, "ConfigMap", "x-feature").await?, None);
    world.annotate("ConfigMap", "x-feature", TAKE, "true").await?;
    world.is_ready(SET, "set").await?;
    world.has_objects("ConfigMap", &["x-feature", "x-kept"]).await?;
    closes(&world, number).await?;
    world.has_objects("ConfigMap", &["x-kept"]).await?;
    assert_eq!(world.deleted().await?, ["x-feature"]);
    Ok(())
}

#[tokio::test]
async fn a_set_that_is_deleted_leaves_adopted_objects_without_its_labels_and_does_not_wait_for_them() -> Result<()> {
    let mut world = World::new("leaves").await?;
    by_hand(&world, "app-1").await?;
    world.forge.github("acme/shop").opens_many(2);
    world.start().await?;
    world.apply(PULLS).await?;
    world.is_ready(PROVIDER, "pulls").await?;
    world.apply(&set(&[&map("app-<< inputs.id >>")])).await?;
    world.is_ready(SET, "set").await?;
    world.has_objects("ConfigMap", &["app-1", "app-2"]).await?;
    world.delete(SET, "set").await?;
    world.is_gone(SET, "set").await?;
    assert_eq!(world.deleted().await?, ["app-2"]);
    assert_eq!(owner(&world, "ConfigMap", "app-1").await?, None);
    let live = world.live("ConfigMap", "app-1").await?;
    assert_eq!(
        live.pointer("/data"),
        Some(&json!({"theirs": "kept", "id": "1"})),
        "its content stays as it was applied"
    );
    world
        .settles("an event names it", async |world| {
            let events = world.api("Event")?.list(&kube::api::ListParams::default()).await?;
            let all: Vec<Value> = events.items.into_iter().map(serde_json::to_value).collect::<Result<_, _>>()?;
            Ok(all.iter().any(|event| {
                let message = event["message"].as_str().or(event["note"].as_str()).unwrap_or_default();
                event["reason"] == "Adopted" && message.contains("/app-1")
            }))
        })
        .await
}

#[tokio::test]
async fn wherever_the_operator_ends_while_it_adopts_the_next_one_knows_what_was_there_before() -> Result<()> {
    let mut world = World::new("adopting").await?;
    for cut in 1.. {
        let name = format!("there-{cut}");
        by_hand(&world, &name).await?;
        world.start_cut_after(cut)?;
        let object =
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "NAMESPACE"}});
        let set = json!({"apiVersion": "fluxcd.controlplane.io/v1", "kind": SET, "metadata": {"name": "set"}, "spec": {"resources": [object]}});
        world.apply(&set.to_string()).await?;
        world
            .settles("it is cut, or done", async |world| {
                Ok(world.is_cut() || world.condition(SET, "set", "Ready").await?[0] == "True")
            })
            .await?;
        let cut_off = world.is_cut();
        world.kill();

        world.start().await?;
        world.is_ready(SET, "set").await?;
        assert_eq!(mark(&world, &name).await?.as_deref(), Some("Adopted"), "cut after request {cut}");
        world.delete(SET, "set").await?;
        world.is_gone(SET, "set").await?;
        assert_eq!(owner(&world, "ConfigMap", &name).await?, None, "cut after request {cut}");
        world.stop().await?;
        if !cut_off {
            assert!(cut > 8, "only {cut} requests were cut");
            break;
        }
    }
    assert_eq!(world.deletes().await?, 0);
    Ok(())
}
