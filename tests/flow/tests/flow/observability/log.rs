//! The log of the process: one line for each change, none for what did not change, with the keys of `docs/reference/logging.md`.

use crate::tenant::{PREVIEWS, PROGRAM, PULLS, TENANT};
use anyhow::{Context, Result};
use orangery_test_flow::{Launch, PROVIDER, Process, SET, World};
use orangery_test_forge::Fault;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

/// The lines about changes.
fn changes(process: &Process) -> Result<Vec<Value>> {
    let said = process.said()?;
    let mut lines = Vec::new();
    for line in said.lines() {
        let line: Value = serde_json::from_str(line).with_context(|| format!("not JSON: {line}"))?;
        if line.get("target").is_some_and(|target| target == "orangery::changes") {
            lines.push(line);
        }
    }
    Ok(lines)
}

fn with<'a>(lines: &'a [Value], message: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line.get("message").is_some_and(|said| said == message)).collect()
}

#[tokio::test]
async fn each_change_has_one_line_with_the_keys_of_the_page() -> Result<()> {
    let world = World::of_processes("log").await?;
    let rights = world.shipped_rights().await?;
    let shop = world.forge.github("acme/shop");
    shop.opens_many(2);
    let flags = ["--no-leader-election", "--log-encoding", "json", "--watch-namespace", world.namespace()];
    let process = Launch::new(PROGRAM, &rights, &world)?.flags(&flags).start()?;
    for manifest in [TENANT, PULLS, PREVIEWS] {
        world.apply(manifest).await?;
    }
    world.has_objects("ConfigMap", &["app-1", "app-2"]).await?;
    world.is_ready(SET, "previews").await?;
    let (set, provider) = (format!("{}/previews", world.namespace()), format!("{}/pulls", world.namespace()));

    let lines = changes(&process)?;
    let polled = with(&lines, "polled with a new result");
    assert_eq!(polled.len(), 1, "{lines:#?}");
    assert_eq!((&polled[0]["provider"], &polled[0]["inputs"]), (&provider.clone().into(), &2.into()));
    let created = with(&lines, "object changed");
    assert_eq!(created.len(), 2, "{lines:#?}");
    let revision = world.live(SET, "previews").await?.pointer("/status/lastAppliedRevision").cloned();
    for (line, number) in created.iter().zip(1..) {
        assert_eq!(line["set"], set.as_str());
        assert_eq!(line["object"], format!("ConfigMap/{}/app-{number}", world.namespace()));
        assert_eq!(line["action"], "created");
        assert_eq!(Some(&line["revision"]), revision.as_ref());
        assert!(line["input"].as_str().is_some_and(|input| input.starts_with("rsip/pulls/")), "{line}");
        assert!(line["environment"].as_str().is_some_and(|label| label.contains("pulls")), "{line}");
    }

    let count = lines.len();
    for _ in 0..2 {
        world.reconciles(PROVIDER, "pulls").await?;
        world.reconciles(SET, "previews").await?;
    }
    assert_eq!(changes(&process)?.len(), count, "nothing changed: {}", process.said()?);

    shop.pushes(1);
    world.forge.fault(Fault::status(503));
    for _ in 0..2 {
        world.reconciles(PROVIDER, "pulls").await?;
    }
    world.forge.clear_faults();
    shop.closes(2);
    world.reconciles(PROVIDER, "pulls").await?;
    world.has_objects("ConfigMap", &["app-1"]).await?;
    world.is_ready(SET, "previews").await?;
    world
        .settles("the deletion is in the log", async |_| {
            let lines = changes(&process)?;
            Ok(with(&lines, "object changed").iter().any(|line| line["action"] == "deleted"))
        })
        .await?;
    let lines = changes(&process)?;
    let failed = with(&lines, "poll failed");
    assert_eq!(failed.len(), 1, "the second failure is the same: {lines:#?}");
    assert_eq!((&failed[0]["reason"], &failed[0]["level"]), (&"SourceUnavailable".into(), &"WARN".into()));
    let deleted: Vec<_> =
        with(&lines, "object changed").into_iter().filter(|line| line["action"] == "deleted").collect();
    assert_eq!(deleted.len(), 1);
    assert!(deleted[0]["input"].as_str().is_some_and(|input| input.starts_with("rsip/pulls/")), "{deleted:?}");

    world.delete(SET, "previews").await?;
    world.is_gone(SET, "previews").await?;
    let lines = changes(&process)?;
    let gone = with(&lines, "object changed").into_iter().filter(|line| line["action"] == "deleted").count();
    assert_eq!(gone, 2, "the deletion of the set has its lines too: {lines:#?}");
    page_has(&lines)
}

/// The page names each message, and each key of each line.
fn page_has(lines: &[Value]) -> Result<()> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/logging.md");
    let page = std::fs::read_to_string(page)?;
    let words: BTreeSet<&str> = page.split('`').skip(1).step_by(2).collect();
    for line in lines {
        let keys = line.as_object().into_iter().flatten().map(|(key, _)| key.as_str());
        for word in keys.chain(line["message"].as_str()) {
            anyhow::ensure!(words.contains(word), "docs/reference/logging.md does not name `{word}`");
        }
    }
    Ok(())
}
