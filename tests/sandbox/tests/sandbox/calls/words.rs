//! Guests that talk: what they say reaches people bounded, on one line, or not at all.

use crate::bench;
use crate::forge::Forge;
use anyhow::{Result, bail};
use orangery_core::{Disposition, Explain, Reason};
use orangery_sandbox::{CallError, Fault, LogLevel, PollRequest};
use serde_json::json;
use std::time::Duration;

pub(crate) mod floods_the_log {
    use super::*;
    pub(crate) const GUEST: &str = "floods_the_log";

    #[tokio::test(flavor = "multi_thread")]
    async fn of_a_million_lines_a_hundred_are_kept_and_the_rest_is_counted() -> Result<()> {
        let limits = orangery_sandbox::Limits { cpu: Duration::from_secs(30), ..Default::default() };
        let sandbox = bench::limited(limits, &[GUEST]).await?;
        let report = bench::poll(&sandbox, "FloodsTheLog", json!({"lines": 1_000_000})).await;
        assert_eq!(bench::told(&report)?["done"], true);
        assert_eq!(report.logs.len(), 101);
        let last = report.logs.last().map(|line| line.message.to_string());
        assert_eq!(last.as_deref(), Some("dropped 999900 more lines"));
        Ok(())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_megabyte_in_one_line_becomes_four_kilobytes() -> Result<()> {
        let sandbox = bench::with(&[GUEST]).await?;
        let report = bench::poll(&sandbox, "FloodsTheLog", json!({"lines": 2, "bytes": 1 << 20})).await;
        let sizes: Vec<_> = report.logs.iter().map(|line| line.message.as_str().len()).collect();
        assert_eq!(sizes, [4096, 4096]);
        Ok(())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_printed_is_bounded_and_lands_in_the_log_at_debug() -> Result<()> {
        let sandbox = bench::with(&[GUEST]).await?;
        let report = bench::poll(&sandbox, "FloodsTheLog", json!({"prints": 500, "bytes": 1000})).await;
        assert_eq!(bench::told(&report)?["done"], true);
        assert!(report.logs.iter().all(|line| line.level == LogLevel::Debug), "{:?}", report.logs.first());
        let bytes: usize = report.logs.iter().map(|line| line.message.as_str().len()).sum();
        assert!(bytes > 10_000 && bytes <= 16 * 1024, "{bytes}");
        Ok(())
    }
}

pub(crate) mod panics {
    use super::*;
    pub(crate) const GUEST: &str = "panics";

    #[tokio::test(flavor = "multi_thread")]
    async fn a_panic_is_a_fault_whose_words_are_one_harmless_line() -> Result<()> {
        let sandbox = bench::with(&[GUEST]).await?;
        let report = bench::poll(&sandbox, "Panics", json!({})).await;
        let Err(error) = &report.result else { bail!("it answered") };
        assert_eq!((error.reason(), error.disposition()), (Reason::PluginFaulted, Disposition::Retry));
        let said = error.to_string();
        assert!(said.starts_with("plugin panics 0.1.0 trapped: wasm `unreachable` instruction executed"), "{said}");
        assert!(said.contains("the forge  [31msaid something odd"), "{said}");
        assert!(!said.contains(['\n', '\u{1b}']), "{said:?}");
        Ok(())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_flood_in_a_panic_is_bounded_and_a_secret_in_it_is_masked() -> Result<()> {
        let sandbox = bench::with(&[GUEST]).await?;
        let forge = Forge::start().await?;
        let question = bench::question("Panics", json!({"project": "s3cret-token-of-the-call"}));
        let report =
            sandbox.poll(PollRequest { session: forge.session("s3cret-token-of-the-call")?, ..question }).await;
        let Err(error) = &report.result else { bail!("it answered") };
        let said = error.to_string();
        assert!(said.contains("it wrote:"), "{said}");
        assert!(said.len() < 2048, "{} bytes: {said}", said.len());
        let logs: String = report.logs.iter().map(|line| line.message.as_str()).collect();
        assert!(logs.len() < 32 * 1024, "{} bytes", logs.len());
        assert!(!said.contains("s3cret") && !logs.contains("s3cret"), "{said}");
        Ok(())
    }
}

mod stack {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn the_functions_that_were_running_are_in_the_log() -> Result<()> {
        let sandbox = bench::with(&[panics::GUEST]).await?;
        let report = bench::poll(&sandbox, "Panics", json!({})).await;
        let stack: Vec<_> = report.logs.iter().filter(|line| line.message.as_str().starts_with("at ")).collect();
        assert!(stack.iter().all(|line| line.level == LogLevel::Debug), "{stack:?}");
        assert!(stack.len() >= 2, "the panic and the call that it ended: {:?}", report.logs);
        assert!(stack.len() <= 32, "{}", stack.len());
        Ok(())
    }
}

pub(crate) mod exits {
    use super::*;
    pub(crate) const GUEST: &str = "exits";

    #[tokio::test(flavor = "multi_thread")]
    async fn ending_the_process_ends_the_call() -> Result<()> {
        let sandbox = bench::with(&[GUEST]).await?;
        let fault = bench::fault(bench::poll(&sandbox, "Exits", json!({})).await)?;
        assert!(matches!(fault, Fault::Exited { .. }), "{fault:?}");
        Ok(())
    }
}

pub(crate) mod fails {
    use super::*;
    pub(crate) const GUEST: &str = "fails";

    #[tokio::test(flavor = "multi_thread")]
    async fn each_kind_of_error_keeps_its_reason() -> Result<()> {
        let sandbox = bench::with(&[GUEST]).await?;
        for (error, reason) in [
            ("invalid-config", Reason::InvalidSpec),
            ("unauthorized", Reason::Unauthorized),
            ("not-found", Reason::SourceNotFound),
            ("rate-limited", Reason::RateLimited),
            ("unavailable", Reason::SourceUnavailable),
            ("malformed-answer", Reason::MalformedResponse),
            ("other", Reason::ReconciliationFailed),
        ] {
            let report = bench::poll(&sandbox, "Fails", json!({"error": error})).await;
            let Err(said @ CallError::Answered { .. }) = report.result else { bail!("{error}: {:?}", report.result) };
            assert_eq!(said.reason(), reason, "{error}");
            assert_eq!(said.to_string(), "plugin fails 0.1.0 says: spec.url: as asked  [31m (AsAsked)");
        }
        Ok(())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn its_hint_decides_when_to_try_again_and_it_never_opens_the_circuit() -> Result<()> {
        let sandbox = bench::with(&[GUEST]).await?;
        for (retry, disposition) in [
            ("never", Disposition::WaitForChange),
            ("later", Disposition::Retry),
            ("after", Disposition::RetryAfter(Duration::from_millis(1500))),
            ("never", Disposition::WaitForChange),
        ] {
            let report = bench::poll(&sandbox, "Fails", json!({"retry": retry})).await;
            let Err(said @ CallError::Answered { .. }) = report.result else { bail!("{:?}", report.result) };
            assert_eq!(said.disposition(), disposition);
        }
        Ok(())
    }
}
