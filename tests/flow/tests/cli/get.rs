//! `orangery get`: tables as Flux Operator prints them, formats for scripts, connections.

use crate::bench::{command, ended, established, run};
use anyhow::{Context, Result};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};

#[tokio::test]
async fn tables_are_those_of_flux_operator() -> Result<()> {
    let world = established("get").await?;
    let sets = run(&world, &["get", "rset"]).await?.exits(0)?;
    let lines: Vec<&str> = sets.out.lines().collect();
    let [header, row] = lines.as_slice() else { anyhow::bail!("{}", sets.out) };
    let columns: Vec<&str> = header.split('\t').map(str::trim_end).collect();
    assert_eq!(columns, ["NAME", "RESOURCES", "READY", "MESSAGE", "LAST RECONCILED"]);
    assert!(header.ends_with(' ') && row.ends_with('\t'), "{sets:?}", sets = sets.out);
    let cells: Vec<&str> = row.split('\t').map(str::trim_end).collect();
    assert_eq!(cells[..3], ["apps", "2", "True"]);
    assert!(cells[3].starts_with("Reconciliation finished in"), "{row}");
    let [date, time, offset, zone] = cells[4].split(' ').collect::<Vec<_>>()[..] else { anyhow::bail!("{row}") };
    assert!(date.len() == 10 && time.len() == 8 && offset.len() == 5 && !zone.is_empty(), "{row}");

    let providers = run(&world, &["get", "rsip", "one"]).await?.exits(0)?;
    let header: Vec<&str> = providers.out.lines().next().context("header")?.split('\t').map(str::trim_end).collect();
    assert_eq!(header, ["NAME", "INPUTS", "READY", "MESSAGE", "LAST RECONCILED", "NEXT SCHEDULE"]);
    let row: Vec<&str> = providers.out.lines().nth(1).context("row")?.split('\t').map(str::trim_end).collect();
    assert_eq!(row[..3], ["one", "1", "True"]);

    let everywhere = run(&world, &["get", "rset", "-A"]).await?.exits(0)?;
    assert!(everywhere.out.starts_with("NAMESPACE"), "{}", everywhere.out);
    let own = everywhere.out.lines().find(|line| line.starts_with(world.namespace())).context("our row")?;
    assert_eq!(own.split('\t').nth(1).map(str::trim_end), Some("apps"));

    let missing = run(&world, &["get", "rset", "nothing"]).await?.exits(0)?;
    assert_eq!(missing.out.lines().count(), 1, "a header alone: {}", missing.out);
    Ok(())
}

#[tokio::test]
async fn get_all_lists_both_kinds_and_filters_them() -> Result<()> {
    let world = established("getall").await?;
    let all = run(&world, &["get", "all"]).await?.exits(0)?;
    let header: Vec<&str> = all.out.lines().next().context("header")?.split('\t').map(str::trim_end).collect();
    assert_eq!(header, ["KIND", "NAME", "LAST RECONCILED", "READY", "MESSAGE"]);
    all.prints(&format!("{}/apps", world.namespace()))?.prints(&format!("{}/one", world.namespace()))?;

    let rows = run(&world, &["get", "all", "--kind", "rset", "-o", "json"]).await?.exits(0)?.json()?;
    let rows = rows.as_array().context("an array")?;
    assert_eq!(rows.len(), 1, "{rows:?}");
    for (field, value) in [("kind", "ResourceSet"), ("ready", "True"), ("name", &format!("{}/apps", world.namespace()))]
    {
        assert_eq!(rows[0][field], value);
    }
    run(&world, &["get", "all", "--ready-status", "False"]).await?.exits(1)?.warns("✗ no resources found")?;
    run(&world, &["get", "all", "--kind", "Pod"]).await?.exits(1)?.warns("ResourceSetInputProvider (rsip)")?;
    run(&world, &["get", "all", "-o", "csv"]).await?.exits(2)?.warns("jsonpath=TEMPLATE")?;
    Ok(())
}

#[tokio::test]
async fn formats_for_scripts_are_those_of_kubectl() -> Result<()> {
    let world = established("formats").await?;
    let name = run(&world, &["get", "rset", "-o", "name"]).await?.exits(0)?;
    assert_eq!(name.out, "resourceset.fluxcd.controlplane.io/apps\n");
    let ready = r#"jsonpath={.status.conditions[?(@.type=="Ready")].status}"#;
    assert_eq!(run(&world, &["get", "rset", "apps", "-o", ready]).await?.exits(0)?.out, "True");
    let range = r#"jsonpath={range .items[*]}{.metadata.name}{"\n"}{end}"#;
    assert_eq!(run(&world, &["get", "rsip", "-o", range]).await?.exits(0)?.out, "one\n");
    let one = run(&world, &["get", "rset", "apps", "-o", "json"]).await?.exits(0)?.json()?;
    assert_eq!(one["kind"], "ResourceSet");
    assert_eq!(one["apiVersion"], "fluxcd.controlplane.io/v1");
    assert!(one["metadata"].get("managedFields").is_none(), "as kubectl");
    let list = run(&world, &["get", "rset", "-o", "json"]).await?.exits(0)?.json()?;
    assert_eq!((&list["kind"], list["items"].as_array().map(Vec::len)), (&"List".into(), Some(1)));
    run(&world, &["get", "rset", "apps", "-o", "yaml"]).await?.exits(0)?.prints("kind: ResourceSet\n")?;
    run(&world, &["get", "rset", "-o", "jsonpath={.a"]).await?.exits(1)?.warns("close the brace")?;
    Ok(())
}

#[tokio::test]
async fn a_watch_prints_what_changes() -> Result<()> {
    let world = established("watching").await?;
    let mut watching = command(&world, &["get", "rset", "--watch"]).await?.stdout(Stdio::piped()).spawn()?;
    let mut lines = BufReader::new(watching.stdout.take().context("stdout")?).lines();
    let mut next = async || -> Result<String> {
        let line = tokio::time::timeout(Duration::from_secs(30), lines.next_line()).await.context("no line came")??;
        line.context("the watch ended")
    };
    assert!(next().await?.starts_with("NAME"));
    assert!(next().await?.starts_with("apps"));
    // The watch may begin a moment after its first list.
    tokio::time::sleep(Duration::from_secs(1)).await;
    run(&world, &["suspend", "rset", "apps"]).await?.exits(0)?;
    assert!(next().await?.contains("Suspended"));
    watching.kill().await?;
    Ok(())
}

#[tokio::test]
async fn the_flags_of_a_connection_win_over_the_kubeconfig() -> Result<()> {
    let world = established("flags").await?;
    let words = ["get", "rset", "--kube-as", "nobody", "--kube-as-group", "system:unprivileged"];
    run(&world, &words).await?.exits(1)?.warns("✗ cannot list the ResourceSet objects")?.warns("\"nobody\"")?;
    run(&world, &["get", "rset", "--context", "no-such"]).await?.exits(1)?.warns("no context no-such")?;
    let refused =
        run(&world, &["get", "rset", "--kube-server", "https://127.0.0.1:1", "--timeout", "3s"]).await?.exits(1)?;
    assert!(refused.err.starts_with("✗ cannot list"), "nothing but the reason: {}", refused.err);
    refused.warns("the API server cannot be reached")?.warns("Connection refused")?;
    run(&world, &["get", "rset", "--kube-token", "wrong"]).await?.exits(1)?.warns("Unauthorized")?;

    // An exec plugin, as cloud providers have them: here one that answers with a wrong token, and one that is not there.
    let folder = tempfile::tempdir()?;
    let written = std::fs::read_to_string(world.cluster.kubeconfig_path())?;
    let user = |command: &str, arguments: &str| -> Result<String> {
        let mut config: serde_json::Value = serde_saphyr::from_str(&written)?;
        config["users"][0]["user"] = serde_json::json!({"exec": {
            "apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Never", "command": command, "args": ["-c", arguments],
        }});
        Ok(config.to_string())
    };
    let path = folder.path().join("config");
    let credential = r#"echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"from-a-plugin"}}'"#;
    std::fs::write(&path, user("sh", credential)?)?;
    let with = path.to_str().context("a path")?;
    run(&world, &["get", "rset", "--kubeconfig", with]).await?.exits(1)?.warns("Unauthorized")?;
    std::fs::write(&path, user("no-such-plugin", "")?)?;
    run(&world, &["get", "rset", "--kubeconfig", with]).await?.exits(1)?.warns("no-such-plugin")?;
    run(&world, &["get", "rset", "--kubeconfig", "/no/such"])
        .await?
        .exits(1)?
        .warns("cannot read the kubeconfig /no/such")?;
    Ok(())
}

#[tokio::test]
async fn there_is_no_colour_where_nobody_wants_it() -> Result<()> {
    let world = established("colours").await?;
    let mut with = command(&world, &["get", "rset", "--log-level", "debug", "--log-encoding", "human"]).await?;
    let ran = ended(with.env("NO_COLOR", "1")).await?.exits(0)?;
    assert!(!ran.out.contains('\u{1b}') && !ran.err.contains('\u{1b}'), "{}{}", ran.out, ran.err);
    assert!(!ran.err.is_empty(), "it logs");
    Ok(())
}
