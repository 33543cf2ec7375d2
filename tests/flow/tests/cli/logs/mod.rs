//! `orangery logs` with Pods that run, through the real API server.

mod kubelet;

use crate::bench::{Ran, established, run};
use anyhow::Result;
use kubelet::Kubelet;
use orangery_test_flow::World;

async fn logs(world: &World, flags: &[&str]) -> Result<Ran> {
    run(world, &[&["logs", "--operator-namespace", world.namespace()], flags].concat()).await
}

fn lines(ran: &Ran) -> Vec<&str> {
    let mut lines: Vec<&str> = ran.out.lines().collect();
    lines.sort_unstable();
    lines
}

#[tokio::test]
async fn the_logs_of_all_pods_are_printed_and_narrowed_to_an_object() -> Result<()> {
    let world = established("running").await?;
    let ns = world.namespace();
    let about = |kind: &str, name: &str, message: &str| {
        format!("{{\"level\":\"INFO\",\"kind\":\"{kind}\",\"name\":\"{ns}/{name}\",\"message\":\"{message}\"}}")
    };
    let first = [about("ResourceSet", "apps", "applied"), about("ResourceSetInputProvider", "apps", "polled")];
    let second = ["INFO standing by".to_owned(), about("ResourceSet", "app", "another")];
    let kubelet = Kubelet::start(&world, &[("orangery-a", &first), ("orangery-b", &second)]).await?;
    kubelet.runs(&world, "orangery-a").await?;
    let alone = logs(&world, &[]).await?.exits(0)?;
    assert_eq!(alone.out.lines().collect::<Vec<_>>(), first, "one Pod needs no name before its lines");

    kubelet.runs(&world, "orangery-b").await?;
    let all = logs(&world, &[]).await?.exits(0)?;
    let of = |pod: &str, line: &str| format!("[{pod}] {line}");
    let mut wanted = vec![
        of("orangery-a", &first[0]),
        of("orangery-a", &first[1]),
        of("orangery-b", &second[0]),
        of("orangery-b", &second[1]),
    ];
    wanted.sort_unstable();
    assert_eq!(lines(&all), wanted);
    let one = logs(&world, &["--for", "rset/apps"]).await?.exits(0)?;
    assert_eq!(lines(&one), [of("orangery-a", &first[0])]);
    let last = logs(&world, &["--tail", "1"]).await?.exits(0)?;
    assert_eq!(lines(&last), [of("orangery-a", &first[1]), of("orangery-b", &second[1])]);
    let followed = logs(&world, &["--follow", "--since", "1h"]).await?.exits(0)?;
    assert_eq!(followed.out.lines().count(), 4, "it ends when the Pods do: {}", followed.out);
    Ok(())
}

#[tokio::test]
async fn a_pod_whose_logs_cannot_be_read_is_named() -> Result<()> {
    let world = established("silent").await?;
    let kubelet = Kubelet::start(&world, &[]).await?;
    kubelet.runs(&world, "orangery-a").await?;
    logs(&world, &[]).await?.exits(1)?.warns("cannot read the logs of Pod orangery-a")?;
    Ok(())
}
