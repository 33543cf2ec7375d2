//! The clock of a guest: real where it polls, counted where a call must be the same each time.

use crate::bench;
use anyhow::{Context, Result};
use orangery_sandbox::Limits;
use serde_json::json;

pub(crate) mod reads_the_clock {
    use super::*;
    pub(crate) const GUEST: &str = "reads_the_clock";

    #[tokio::test(flavor = "multi_thread")]
    async fn a_guest_that_starts_as_go_does_describes_itself_the_same_each_time() -> Result<()> {
        for _ in 0..2 {
            let sandbox = bench::sandbox(Limits::default())?;
            bench::admit(&sandbox, GUEST).await?;
            let plugins = sandbox.plugins();
            assert_eq!(plugins.first().context("one plugin")?.plugin.version, "0.1.2");
            assert!(sandbox.validate("ReadsTheClock", &json!({})).await?.is_empty());
        }
        Ok(())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_poll_has_the_real_clock() -> Result<()> {
        let sandbox = bench::with(&[GUEST]).await?;
        let report = bench::poll(&sandbox, "ReadsTheClock", json!({})).await;
        let told = bench::told(&report)?;
        let (first, next) = (told["first"].as_u64(), told["next"].as_u64());
        assert!(first < next && first > Some(2), "{told:?}");
        Ok(())
    }
}
