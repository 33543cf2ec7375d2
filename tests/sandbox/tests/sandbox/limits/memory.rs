//! Guests that take space: memory, stack, host resources, the answer.

use crate::bench;
use anyhow::Result;
use orangery_core::{PollOutcome, UnreadableItem};
use orangery_sandbox::{BadAnswer, Fault, Limits};
use serde_json::json;

const MIB: usize = 1024 * 1024;

pub(crate) mod empties_memory {
    use super::*;
    pub(crate) const GUEST: &str = "empties_memory";

    #[tokio::test(flavor = "multi_thread")]
    async fn memory_without_end_ends_at_the_bound() -> Result<()> {
        let limits = Limits { memory_bytes: 16 * MIB, ..Limits::default() };
        let sandbox = bench::limited(limits, &[GUEST]).await?;
        let report = bench::poll(&sandbox, "EmptiesMemory", json!({})).await;
        assert!(report.usage.memory_bytes <= 16 * MIB && report.usage.memory_bytes > 8 * MIB, "{:?}", report.usage);
        assert_eq!(bench::fault(report)?, Fault::OutOfMemory { bytes: 16 * MIB });
        Ok(())
    }
}

pub(crate) mod recurses {
    use super::*;
    pub(crate) const GUEST: &str = "recurses";

    #[tokio::test(flavor = "multi_thread")]
    async fn recursion_without_end_is_a_fault_and_not_a_crash() -> Result<()> {
        let sandbox = bench::with(&[GUEST]).await?;
        let fault = bench::fault(bench::poll(&sandbox, "Recurses", json!({})).await)?;
        // Frames on the machine's stack end in one way, frames in memory in the other.
        let stopped = matches!(&fault, Fault::OutOfStack)
            || matches!(&fault, Fault::Trapped { trap, .. } if trap.as_str().contains("out of bounds"));
        assert!(stopped, "{fault:?}");
        Ok(())
    }
}

pub(crate) mod overflows {
    use super::*;
    pub(crate) const GUEST: &str = "overflows";

    #[tokio::test(flavor = "multi_thread")]
    async fn a_hundred_megabytes_do_not_fit_into_the_memory_of_a_guest() -> Result<()> {
        let sandbox = bench::with(&[GUEST]).await?;
        let report = bench::poll(&sandbox, "Overflows", json!({"bytes": 100 * MIB})).await;
        assert_eq!(bench::fault(report)?, Fault::OutOfMemory { bytes: 64 * MIB });
        Ok(())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_hundred_megabytes_do_not_cross_even_from_a_guest_that_may_hold_them() -> Result<()> {
        let sandbox = bench::limited(Limits { memory_bytes: 512 * MIB, ..Limits::default() }, &[GUEST]).await?;
        let report = bench::poll(&sandbox, "Overflows", json!({"bytes": 100 * MIB})).await;
        assert_eq!(bench::fault(report)?, Fault::TooMuchAtOnce { bytes: 8 * MIB });
        Ok(())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn fifty_thousand_inputs_are_too_many_and_ten_thousand_are_not() -> Result<()> {
        let sandbox = bench::with(&[GUEST]).await?;
        let report = bench::poll(&sandbox, "Overflows", json!({"inputs": 50_000})).await;
        assert_eq!(bench::fault(report)?, Fault::BadAnswer(BadAnswer::TooManyInputs { count: 50_000, most: 10_000 }));
        // More of them do not even cross.
        let report = bench::poll(&sandbox, "Overflows", json!({"inputs": 100_000})).await;
        assert_eq!(bench::fault(report)?, Fault::TooMuchAtOnce { bytes: 8 * MIB });
        let report = bench::poll(&sandbox, "Overflows", json!({"inputs": 10_000})).await;
        assert!(matches!(report.result, Ok(PollOutcome::Complete(found)) if found.inputs.len() == 10_000));
        Ok(())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn one_input_and_one_answer_have_a_size() -> Result<()> {
        let sandbox = bench::with(&[GUEST]).await?;
        let report = bench::poll(&sandbox, "Overflows", json!({"bytes": 33 * 1024})).await;
        let Ok(PollOutcome::Complete(found)) = report.result else { anyhow::bail!("not complete") };
        let problem = "it has 33801 bytes; at most 32768 are allowed".to_owned();
        assert_eq!(found.unreadable, [UnreadableItem { id: Some("0".into()), name: None, problem }]);
        let report = bench::poll(&sandbox, "Overflows", json!({"bytes": 30 * 1024, "inputs": 150})).await;
        let said = bench::fault(report)?.to_string();
        assert!(said.contains("the answer has") && said.contains("at most 4194304"), "{said}");
        let report = bench::poll(&sandbox, "Overflows", json!({"bytes": 30 * 1024, "inputs": 100})).await;
        assert!(report.result.is_ok(), "{:?}", report.result.err());
        Ok(())
    }
}

pub(crate) mod hoards {
    use super::*;
    pub(crate) const GUEST: &str = "hoards";

    #[tokio::test(flavor = "multi_thread")]
    async fn host_resources_end_at_the_bound() -> Result<()> {
        let sandbox = bench::with(&[GUEST]).await?;
        let report = bench::poll(&sandbox, "Hoards", json!({"count": 100_000})).await;
        assert_eq!(bench::fault(report)?, Fault::TooManyResources { resources: 256 });
        let report = bench::poll(&sandbox, "Hoards", json!({"count": 50})).await;
        assert_eq!(bench::told(&report)?["held"], 50);
        Ok(())
    }
}
