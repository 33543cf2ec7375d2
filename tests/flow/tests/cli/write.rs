//! `create secret`, `migrate owner` and `diff yaml`.

use crate::bench::{command, ended, established, run};
use anyhow::{Context, Result};
use kube::api::{Api, DynamicObject, Patch, PatchParams};
use serde_json::{Value, json};
use std::process::Stdio;
use tokio::io::AsyncWriteExt;

fn decoded(secret: &Value, key: &str) -> String {
    use base64::Engine as _;
    let text = secret.get("data").and_then(|data| data.get(key)).and_then(Value::as_str).unwrap_or_default();
    let bytes = base64::engine::general_purpose::STANDARD.decode(text).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test]
async fn secrets_have_the_shapes_that_providers_read() -> Result<()> {
    let world = established("secrets").await?;
    let ns = world.namespace().to_owned();
    let folder = tempfile::tempdir()?;
    let file = |name: &str, text: &str| -> Result<String> {
        let path = folder.path().join(name);
        std::fs::write(&path, text)?;
        Ok(path.to_str().context("a path")?.to_owned())
    };
    let words =
        ["create", "secret", "basic-auth", "git", "--username", "git", "--password", "s3cret", "--label", "a=b"];
    let ran = run(&world, &words).await?.exits(0)?;
    assert_eq!(ran.out, format!("✔ Secret {ns}/git applied succefuly\n"));
    let live = world.live("Secret", "git").await?;
    assert_eq!(live["type"], "kubernetes.io/basic-auth");
    assert_eq!((decoded(&live, "username"), decoded(&live, "password")), ("git".to_owned(), "s3cret".to_owned()));
    assert_eq!(live["metadata"]["labels"], json!({"a": "b"}));

    // The password from stdin is in no list of processes.
    let words =
        ["create", "secret", "registry", "pull", "--server", "ghcr.io", "--username", "ada", "--password-stdin"];
    let mut with = command(&world, &words).await?;
    let mut child = with.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    child.stdin.take().context("stdin")?.write_all(b"pw\n").await?;
    assert!(child.wait().await?.success());
    let live = world.live("Secret", "pull").await?;
    assert_eq!(live["type"], "kubernetes.io/dockerconfigjson");
    let config: Value = serde_json::from_str(&decoded(&live, ".dockerconfigjson"))?;
    assert_eq!(config["auths"]["ghcr.io"], json!({"username": "ada", "password": "pw", "auth": "YWRhOnB3"}));

    let key = file("app.pem", "KEY")?;
    let words = [
        "create",
        "secret",
        "githubapp",
        "app",
        "--app-id",
        "1",
        "--app-private-key-file",
        &key,
        "--app-installation-owner",
        "acme",
    ];
    run(&world, &words).await?.exits(0)?;
    let live = world.live("Secret", "app").await?;
    assert_eq!(live["type"], "Opaque");
    for (key, value) in [("githubAppID", "1"), ("githubAppPrivateKey", "KEY"), ("githubAppInstallationOwner", "acme")] {
        assert_eq!(decoded(&live, key), value);
    }
    let ca = file("ca.crt", "CA")?;
    run(&world, &["create", "secret", "tls", "ca", "--ca-crt-file", &ca, "--immutable"]).await?.exits(0)?;
    let live = world.live("Secret", "ca").await?;
    assert_eq!((decoded(&live, "ca.crt"), &live["immutable"]), ("CA".to_owned(), &json!(true)));
    run(&world, &["create", "secret", "proxy", "proxy", "--address", "http://proxy:3128"]).await?.exits(0)?;
    let hosts = file("hosts", "github.com ssh-ed25519 AAAA")?;
    run(&world, &["create", "secret", "ssh", "ssh", "--private-key-file", &key, "--knownhosts-file", &hosts])
        .await?
        .exits(0)?;
    assert_eq!(decoded(&world.live("Secret", "ssh").await?, "identity"), "KEY");
    let age = file("cluster.txt", "AGE-SECRET-KEY-1")?;
    run(&world, &["create", "secret", "sops", "sops", "--age-key-file", &age]).await?.exits(0)?;
    assert_eq!(decoded(&world.live("Secret", "sops").await?, "cluster.agekey"), "AGE-SECRET-KEY-1");

    run(&world, &["create", "secret", "basic-auth", "x", "--username", "git"]).await?.exits(2)?.warns("--password")?;
    run(&world, &["create", "secret", "tls", "x"]).await?.exits(2)?.warns("--tls-crt-file")?;
    let nothing = ["create", "secret", "sops", "x", "--age-key-file", "/no/such"];
    run(&world, &nothing).await?.exits(1)?.warns("✗ cannot read /no/such")?;
    Ok(())
}

#[tokio::test]
async fn an_exported_secret_is_a_manifest_and_needs_no_cluster() -> Result<()> {
    let world = established("exported").await?;
    let words = ["create", "secret", "basic-auth", "git", "--username", "git", "--password", "s3cret", "--export"];
    let mut with = command(&world, &words).await?;
    let ran = ended(with.env("KUBECONFIG", "/no/such")).await?.exits(0)?;
    assert!(ran.out.starts_with("---\napiVersion: v1\nkind: Secret\n"), "{}", ran.out);
    let ran = ran.prints("stringData:\n  password: s3cret\n  username: git\n")?;
    assert!(world.live("Secret", "git").await?.is_null());
    world.apply(&ran.out).await?;
    assert_eq!(decoded(&world.live("Secret", "git").await?, "password"), "s3cret");
    Ok(())
}

#[tokio::test]
async fn fields_of_former_controllers_are_taken_away() -> Result<()> {
    let world = established("migrate").await?;
    let ns = world.namespace().to_owned();
    let api: Api<DynamicObject> = world.api("ConfigMap")?;
    let old = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "app-a"}, "data": {"old": "field"}});
    api.patch("app-a", &PatchParams::apply("helm-controller").force(), &Patch::Apply(&old)).await?;
    let managers = async || -> Result<Vec<String>> {
        let live = api.get("app-a").await?;
        Ok(live.metadata.managed_fields.into_iter().flatten().filter_map(|entry| entry.manager).collect())
    };
    assert!(managers().await?.contains(&"helm-controller".to_owned()));
    let says = |word: &str| format!("✔ ConfigMap/{ns}/app-a {word} from helm-controller\n");
    let ran = run(&world, &["migrate", "owner", "ResourceSet/apps", "--dry-run"]).await?.exits(0)?;
    assert_eq!(ran.out, says("would be migrated"));
    assert!(managers().await?.contains(&"helm-controller".to_owned()), "a dry run changes nothing");
    assert_eq!(run(&world, &["migrate", "owner", "rset/apps"]).await?.exits(0)?.out, says("migrated"));
    let left = managers().await?;
    assert!(!left.contains(&"helm-controller".to_owned()) && left.contains(&"flux-operator".to_owned()), "{left:?}");
    assert_eq!(run(&world, &["migrate", "owner", "rset/apps"]).await?.exits(0)?.out, "", "nothing is left to do");
    run(&world, &["migrate", "owner", "rsip/one"]).await?.exits(1)?.warns("owns no objects")?;
    Ok(())
}

#[tokio::test]
async fn a_difference_of_files_is_a_json_patch() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let path = |name: &str| folder.path().join(name).to_str().map(str::to_owned).context("a path");
    let (old, new) = (path("old.yaml")?, path("new.yaml")?);
    std::fs::write(&old, "spec: {replicas: 1, gone: true}\n")?;
    std::fs::write(&new, "spec: {replicas: 2}\n")?;
    let program = crate::bench::program().await?;
    let diff = |more: &[&str]| {
        let mut command = tokio::process::Command::new(program);
        command.args(["diff", "yaml", &old, &new]).args(more);
        command
    };
    let ran = ended(&mut diff(&[])).await?.exits(0)?;
    assert_eq!(ran.out, "- op: replace\n  path: /spec/replicas\n  value: 2\n- op: remove\n  path: /spec/gone\n");
    let patch = ended(&mut diff(&["-o", "json-patch"])).await?.exits(0)?.json()?;
    assert_eq!(patch[0], json!({"op": "replace", "path": "/spec/replicas", "value": 2}));
    let mut url = tokio::process::Command::new(program);
    url.args(["diff", "yaml", "https://example.com/a.yaml", &new]);
    ended(&mut url).await?.exits(1)?.warns("curl -fsS https://example.com/a.yaml")?;
    Ok(())
}
