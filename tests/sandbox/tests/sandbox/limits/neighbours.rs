//! Guests that call the host without end: they spend their own time and nobody else's.
//!
//! Each test runs on a runtime with a single worker, beside a neighbour that is counted. A guest that pins the worker stops the
//! runtime with its timers, so the tests wait for it from another thread.

use crate::bench;
use anyhow::{Context, Result, bail};
use orangery_sandbox::{CallError, Fault, Limits, PollRequest, Sandbox};
use serde_json::json;
use std::future::Future;
use std::sync::mpsc;
use std::time::Duration;

/// Runs this beside whatever it spawns, all on one worker.
fn on_one_worker(work: impl Future<Output = Result<()>> + Send + 'static) -> Result<()> {
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let outcome = runtime.map(|runtime| runtime.block_on(async { tokio::spawn(work).await }));
        // Nobody listens after the wait below is over.
        let _ = tell.send(outcome);
    });
    told.recv_timeout(Duration::from_secs(300)).context("the only worker was never free again")???
}

/// How often a neighbour is served until the task is done.
async fn served_until<T>(task: &tokio::task::JoinHandle<T>, sandbox: &Sandbox) -> Result<u32> {
    let mut served = 0;
    while !task.is_finished() {
        let request = PollRequest { consumer: "Kind/neighbours/one".into(), ..bench::question("Echoes", json!({})) };
        sandbox.poll(request).await.result?;
        served += 1;
    }
    Ok(served)
}

pub(crate) mod calls_the_host {
    use super::*;
    pub(crate) const GUEST: &str = "calls_the_host";

    fn request(consumer: &str, what: &str) -> PollRequest {
        let consumer = format!("Kind/hostile/{consumer}").into();
        PollRequest { consumer, ..bench::question("CallsTheHost", json!({"what": what})) }
    }

    #[test]
    fn whatever_it_calls_its_processor_time_ends_and_a_neighbour_is_served_meanwhile() -> Result<()> {
        on_one_worker(async {
            let budget = Duration::from_secs(1);
            let sandbox = bench::limited(Limits { cpu: budget, ..Limits::default() }, &[GUEST, "echoes"]).await?;
            for what in ["send", "undeclared", "log", "wants", "clock", "print", "nap", "compute"] {
                let guest = sandbox.clone();
                let task = tokio::spawn(async move { guest.poll(request(what, what)).await });
                let served = served_until(&task, &sandbox).await?;
                let report = task.await?;
                assert!(report.usage.cpu < 2 * budget, "{what}: {:?}", report.usage);
                assert_eq!(bench::fault(report)?, Fault::OutOfCpu { budget }, "{what}");
                assert!(served >= 5, "{what}: the neighbour was served {served} times in a second");
            }
            Ok(())
        })
    }

    #[test]
    fn the_wall_clock_ends_it_too() -> Result<()> {
        on_one_worker(async {
            let deadline = Duration::from_secs(1);
            let limits = Limits { cpu: Duration::from_secs(30), poll_wall: deadline, ..Limits::default() };
            let sandbox = bench::limited(limits, &[GUEST]).await?;
            let report = sandbox.poll(request("wall", "send")).await;
            assert!(report.usage.wall < 10 * deadline, "{:?}", report.usage);
            assert_eq!(bench::fault(report)?, Fault::OutOfTime { deadline });
            Ok(())
        })
    }

    /// The plugin has one place, and a guest in it that would compute for half a minute.
    async fn leave(sandbox: &Sandbox) {
        let asked = tokio::time::timeout(Duration::from_millis(200), sandbox.poll(request("left", "compute"))).await;
        assert!(asked.is_err(), "{asked:?}");
    }

    #[test]
    fn a_caller_that_leaves_takes_the_call_with_it() -> Result<()> {
        on_one_worker(async {
            let cpu = Duration::from_secs(30);
            let limits = Limits { cpu, calls_per_plugin: 1, ..Limits::default() };
            let sandbox = bench::limited(limits, &[GUEST]).await?;
            leave(&sandbox).await;
            let report = sandbox.poll(request("next", "nothing")).await;
            assert_eq!(bench::told(&report)?["done"], true);
            // Were the first still in the plugin, this one would have waited until its time is spent.
            let waited = tokio::time::timeout(cpu / 3, sandbox.poll(request("next", "nothing"))).await;
            assert!(waited.is_ok_and(|report| report.result.is_ok()));
            Ok(())
        })
    }

    #[test]
    fn a_call_that_nobody_waits_for_is_a_fault_of_its_consumer() -> Result<()> {
        on_one_worker(async {
            let limits = Limits { cpu: Duration::from_secs(30), ..Limits::default() };
            let sandbox = bench::limited(limits, &[GUEST]).await?;
            for _ in 0..3 {
                leave(&sandbox).await;
            }
            // The turn of a consumer is over when its call has ended, and its circuit has learned of it by then.
            let report = sandbox.poll(request("left", "nothing")).await;
            let Err(CallError::CircuitOpen { last, faults, .. }) = report.result else { bail!("{:?}", report.result) };
            assert_eq!((faults, last), (3, Fault::Abandoned));
            let report = sandbox.poll(request("another", "nothing")).await;
            assert!(report.result.is_ok(), "{:?}", report.result);
            Ok(())
        })
    }
}

pub(crate) mod sends_in_describe {
    use super::*;
    use orangery_sandbox::PluginSource;
    pub(crate) const GUEST: &str = "sends_in_describe";

    #[test]
    fn a_component_that_sends_instead_of_describing_itself_is_not_admitted_and_keeps_nobody_waiting() -> Result<()> {
        on_one_worker(async {
            let limits = Limits { cpu: Duration::from_secs(1), ..Limits::default() };
            let sandbox = bench::limited(limits, &["echoes"]).await?;
            let bytes = orangery_test_guests::bytes(GUEST)?;
            let guest = sandbox.clone();
            let task = tokio::spawn(async move { guest.admit(&bytes, PluginSource::given(GUEST)).await });
            let served = served_until(&task, &sandbox).await?;
            let said = task.await?.err().map(|error| error.to_string()).unwrap_or_default();
            let expected = [
                "it used up its 1s of processor time while it described itself",
                "it ran past its 2s deadline while it described itself",
            ];
            assert!(expected.contains(&said.as_str()), "{said}");
            assert!(served >= 5, "the neighbour was served {served} times");
            Ok(())
        })
    }
}
