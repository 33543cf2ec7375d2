//! The scripts of `examples/ci`, run as their pipelines run them.

use crate::world::{REVISION, World};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

fn example(file: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/ci").join(file);
    go_yaml::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// The variables of a map, with `$NAME` and `${{ name }}` replaced by what the forge would say.
fn variables(given: &Value, known: &BTreeMap<&str, String>) -> BTreeMap<String, String> {
    let replaced = |text: &str| {
        // Longer names first: `$CI_REGISTRY` must not be found in `$CI_REGISTRY_IMAGE`.
        let mut names: Vec<_> = known.keys().collect();
        names.sort_by_key(|name| std::cmp::Reverse(name.len()));
        names.iter().fold(text.to_owned(), |text, name| {
            text.replace(&format!("${{{{ {name} }}}}"), &known[*name]).replace(&format!("${name}"), &known[*name])
        })
    };
    let entries = given.as_object().unwrap().iter();
    let mut all: BTreeMap<String, String> =
        entries.map(|(name, value)| (name.clone(), replaced(value.as_str().unwrap()))).collect();
    all.extend(
        known.iter().filter(|(name, _)| !name.contains('.')).map(|(name, value)| ((*name).to_owned(), value.clone())),
    );
    all
}

/// Runs a script; Flux fetches what it pushed.
async fn run(world: &World, script: &str, variables: &BTreeMap<String, String>) {
    fs::create_dir(world.files.path().join("deploy")).unwrap();
    fs::rename(world.files.path().join("cm.yaml"), world.files.path().join("deploy/cm.yaml")).unwrap();
    let sync = world.script(script, variables);
    let token = world.requested_after(None).await;
    let digest = world.digest_of("org/app/manifests:main").await;
    world.fetched(&digest, &token).await;
    sync.ended().await.exits(0).says(&format!("synced main@{digest}"));
}

fn commit() -> String {
    REVISION.rsplit_once(':').unwrap().1.to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn row_d17_the_job_for_gitlab_pushes_syncs_and_reports() {
    let world = World::new().await;
    world.source_of("org/app/manifests").await;
    let job = example(".gitlab-ci.yml")["deploy"].clone();
    let known = BTreeMap::from([
        ("CI_REGISTRY_USER", "ci".to_owned()),
        ("CI_REGISTRY_PASSWORD", "secret".to_owned()),
        ("CI_REGISTRY_IMAGE", format!("{}/org/app", world.registry.address())),
        ("CI_COMMIT_REF_SLUG", "main".to_owned()),
        ("CI_COMMIT_REF_NAME", "main".to_owned()),
        ("CI_COMMIT_SHA", commit()),
        ("CI_PROJECT_URL", "https://gitlab.example.com/org/app".to_owned()),
        ("KUBE_CONTEXT", world.context()),
        ("FLUX_NAMESPACE", world.namespace.name().to_owned()),
    ]);
    let script: Vec<&str> = job["script"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    run(&world, &script.join("\n"), &variables(&job["variables"], &known)).await;
    let report = fs::read_to_string(world.files.path().join("sync.xml")).unwrap();
    assert!(report.contains("tests=\"1\" failures=\"0\""), "{report}");
    assert_eq!(job["artifacts"]["reports"]["junit"], "sync.xml");
}

#[tokio::test(flavor = "multi_thread")]
async fn row_d17_the_workflow_for_github_pushes_syncs_and_reports() {
    let world = World::new().await;
    world.source_of("org/app/manifests").await;
    let job = example(".github/workflows/deploy.yml")["jobs"]["deploy"].clone();
    let summary = world.files.path().join("summary").display().to_string();
    let known = BTreeMap::from([
        ("github.repository", "org/app".to_owned()),
        ("github.ref_name", "main".to_owned()),
        ("github.actor", "ci".to_owned()),
        ("secrets.GITHUB_TOKEN", "secret".to_owned()),
        ("GITHUB_SERVER_URL", "https://github.com".to_owned()),
        ("GITHUB_REPOSITORY", "org/app".to_owned()),
        ("GITHUB_REF_NAME", "main".to_owned()),
        ("GITHUB_SHA", commit()),
        ("GITHUB_STEP_SUMMARY", summary.clone()),
    ]);
    let mut variables = variables(&job["env"], &known);
    let artifact = variables["ARTIFACT"].replace("ghcr.io", &world.registry.address());
    variables.insert("ARTIFACT".to_owned(), artifact);
    variables.insert("FLUX_NAMESPACE".to_owned(), world.namespace.name().to_owned());
    let steps = job["steps"].as_array().unwrap();
    let script = steps.iter().find(|step| step["name"] == "deploy").unwrap()["run"].as_str().unwrap();
    run(&world, script, &variables).await;
    let summary = fs::read_to_string(summary).unwrap();
    assert!(summary.starts_with("**Reconciled** sha256:"), "{summary}");
}
