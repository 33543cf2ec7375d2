//! Guests that take time: the processor's, or everybody's.

use crate::bench;
use anyhow::Result;
use orangery_sandbox::{Fault, Limits};
use serde_json::json;
use std::time::{Duration, Instant};

pub(crate) mod loops {
    use super::*;
    pub(crate) const GUEST: &str = "loops";

    fn short() -> Limits {
        Limits { cpu: Duration::from_millis(500), ..Limits::default() }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn an_endless_loop_ends_when_its_processor_time_is_spent() -> Result<()> {
        let sandbox = bench::limited(short(), &[GUEST]).await?;
        let report = bench::poll(&sandbox, "Loops", json!({})).await;
        assert!(report.usage.cpu >= Duration::from_millis(500), "{:?}", report.usage);
        assert_eq!(bench::fault(report)?, Fault::OutOfCpu { budget: Duration::from_millis(500) });
        Ok(())
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn an_endless_loop_ends_at_the_wall_clock_if_that_comes_first() -> Result<()> {
        let limits = Limits { poll_wall: Duration::from_millis(300), ..Limits::default() };
        let sandbox = bench::limited(limits, &[GUEST]).await?;
        let report = bench::poll(&sandbox, "Loops", json!({})).await;
        assert_eq!(bench::fault(report)?, Fault::OutOfTime { deadline: Duration::from_millis(300) });
        Ok(())
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn r02_runaway_render() -> Result<()> {
        let limits = Limits { cpu: Duration::from_secs(2), ..Limits::default() };
        let sandbox = bench::limited(limits, &[GUEST, "echoes"]).await?;
        let mut loops = Vec::new();
        for n in 0..4 {
            let sandbox = sandbox.clone();
            let consumer = format!("looper/{n}").into();
            let request =
                orangery_sandbox::PollRequest { consumer, url: n.to_string(), ..bench::question("Loops", json!({})) };
            loops.push(tokio::spawn(async move { sandbox.poll(request).await }));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        let mut served = 0;
        let started = Instant::now();
        while started.elapsed() < Duration::from_secs(1) {
            let report = bench::poll(&sandbox, "Echoes", json!({"inputs": [["a", "{}"]]})).await;
            assert!(report.result.is_ok(), "{:?}", report.result);
            served += 1;
        }
        assert!(loops.iter().all(|task| !task.is_finished()), "the guests were still looping");
        assert!(served >= 3, "only {served} polls were served in a second");
        for task in loops {
            assert!(matches!(bench::fault(task.await?)?, Fault::OutOfCpu { .. }));
        }
        Ok(())
    }
}

pub(crate) mod sleeps {
    use super::*;
    pub(crate) const GUEST: &str = "sleeps";

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn waiting_in_the_host_ends_at_the_deadline_and_costs_no_processor_time() -> Result<()> {
        let limits = Limits { poll_wall: Duration::from_millis(300), ..Limits::default() };
        let sandbox = bench::limited(limits, &[GUEST]).await?;
        let report = bench::poll(&sandbox, "Sleeps", json!({})).await;
        assert!(report.usage.cpu < Duration::from_millis(200), "{:?}", report.usage);
        assert_eq!(bench::fault(report)?.to_string(), "ran past its 300ms deadline");
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_poll_asks_for_its_own_deadline_and_gets_at_most_that_of_the_sandbox() -> Result<()> {
    let sandbox = bench::limited(Limits::default(), &["sleeps"]).await?;
    let short =
        orangery_sandbox::PollRequest { deadline: Duration::from_millis(300), ..bench::question("Sleeps", json!({})) };
    let fault = bench::fault(sandbox.poll(short).await)?;
    assert_eq!(fault, Fault::OutOfTime { deadline: Duration::from_millis(300) });

    let limits = Limits { poll_wall: Duration::from_millis(300), ..Limits::default() };
    let sandbox = bench::limited(limits, &["sleeps"]).await?;
    let long =
        orangery_sandbox::PollRequest { deadline: Duration::from_secs(3600), ..bench::question("Sleeps", json!({})) };
    let fault = bench::fault(sandbox.poll(long).await)?;
    assert_eq!(fault, Fault::OutOfTime { deadline: Duration::from_millis(300) });
    Ok(())
}

pub(crate) mod loops_in_describe {
    use super::*;
    pub(crate) const GUEST: &str = "loops_in_describe";

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_component_that_never_describes_itself_is_not_admitted() -> Result<()> {
        // On a busy machine it takes long to spend 300 ms of processor time.
        let validate_wall = Duration::from_secs(120);
        let limits = Limits { cpu: Duration::from_millis(300), validate_wall, ..Limits::default() };
        let sandbox = bench::sandbox(limits)?;
        let said = bench::refusal(&sandbox, GUEST).await?;
        assert_eq!(said, "it used up its 300ms of processor time while it described itself");
        assert!(sandbox.plugins().is_empty());
        Ok(())
    }
}
