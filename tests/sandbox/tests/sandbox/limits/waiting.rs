//! Calls that wait for the network: they hold no place among those that compute, and no one may hold all of what is left.

use crate::bench;
use crate::forge::Forge;
use anyhow::{Context, Result, ensure};
use orangery_sandbox::{Limits, PollRequest, Sandbox};
use serde_json::json;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Calls at once to one origin, and of one namespace.
const OF_ORIGIN: usize = 3;
const OF_NAMESPACE: usize = 8;

/// A poll of somebody for a page of a forge.
fn request(consumer: &str, forge: &Forge, page: &str) -> Result<PollRequest> {
    Ok(PollRequest {
        consumer: consumer.into(),
        url: forge.url.clone(),
        session: forge.session("a-good-token")?,
        ..bench::question("Asks", json!({"url": format!("{}{page}", forge.url)}))
    })
}

/// The median time of a neighbour's polls.
async fn latency(sandbox: &Sandbox, forge: &Forge) -> Result<Duration> {
    let mut times = Vec::new();
    for nth in 0..9 {
        let started = Instant::now();
        let report = sandbox.poll(request("Kind/neighbours/one", forge, &format!("/{nth}"))?).await;
        ensure!(bench::told(&report)?["answered"] == 1, "{report:?}");
        times.push(started.elapsed());
    }
    times.sort();
    times.get(times.len() / 2).copied().context("nine times")
}

/// Waits until the forges have so many requests that they will never answer.
async fn never_answered(forges: &[&Forge], expected: usize) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(120);
    let count = || forges.iter().map(|forge| forge.seen().len()).sum::<usize>();
    while count() < expected {
        ensure!(Instant::now() < deadline, "only {} of {expected} requests arrived", count());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f04_hanging_forge() -> Result<()> {
    let (silent, healthy) = (Forge::start().await?, Forge::start().await?);
    let limits = Limits { calls_per_plugin: 1, ..Limits::default() };
    let sandbox = bench::limited(limits, &["asks"]).await?;
    let alone = latency(&sandbox, &healthy).await?;
    let mut waiting = JoinSet::new();
    for nth in 0..4 {
        let (sandbox, request) = (sandbox.clone(), request(&format!("Kind/crowd/{nth}"), &silent, "/never")?);
        let request = PollRequest { session: silent.session(&format!("token-{nth}"))?, ..request };
        waiting.spawn(async move { sandbox.poll(request).await });
    }
    never_answered(&[&silent], 4).await?;
    let beside = latency(&sandbox, &healthy).await?;
    assert!(waiting.try_join_next().is_none(), "the four were still waiting");
    // The four would have to give up first: that takes the 15 s that a server has for its first byte.
    assert!(beside < 50 * alone, "alone it takes {alone:?}, beside four that wait {beside:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn neither_one_origin_nor_one_namespace_takes_all_calls_that_may_wait() -> Result<()> {
    let silent = [Forge::start().await?, Forge::start().await?, Forge::start().await?];
    let healthy = Forge::start().await?;
    let limits = Limits {
        calls_open: OF_NAMESPACE + 1,
        calls_open_per_namespace: OF_NAMESPACE,
        calls_open_per_origin: OF_ORIGIN,
        ..Limits::default()
    };
    let sandbox = bench::limited(limits, &["asks"]).await?;
    let alone = latency(&sandbox, &healthy).await?;
    let mut waiting = JoinSet::new();
    for nth in 0..30 {
        let forge = silent.get(nth % 3).context("three forges")?;
        let request = PollRequest {
            session: forge.session(&format!("token-{nth}"))?,
            ..request(&format!("Kind/crowd/{nth}"), forge, "/never")?
        };
        let sandbox = sandbox.clone();
        waiting.spawn(async move { sandbox.poll(request).await });
    }
    let [first, second, third] = &silent;
    never_answered(&[first, second, third], OF_NAMESPACE).await?;
    let beside = latency(&sandbox, &healthy).await?;
    assert!(waiting.try_join_next().is_none(), "the thirty were still waiting");
    assert!(beside < 50 * alone, "alone it takes {alone:?}, beside a crowd {beside:?}");
    let open: Vec<usize> = silent.iter().map(|forge| forge.seen().len()).collect();
    assert!(open.iter().all(|open| *open <= OF_ORIGIN), "{open:?}");
    assert_eq!(open.iter().sum::<usize>(), OF_NAMESPACE, "{open:?}");
    Ok(())
}
