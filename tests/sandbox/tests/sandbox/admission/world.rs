//! What a guest finds around itself: nothing. And what it must be to get there.

use crate::bench;
use anyhow::Result;
use orangery_sandbox::{Limits, PluginSource};
use serde_json::json;

pub(crate) mod opens_files {
    use super::*;
    pub(crate) const GUEST: &str = "opens_files";

    #[tokio::test(flavor = "multi_thread")]
    async fn there_is_no_file_to_read_list_or_write() -> Result<()> {
        let sandbox = bench::with(&[GUEST]).await?;
        let report = bench::poll(&sandbox, "OpensFiles", json!({})).await;
        let found = bench::told(&report)?;
        assert_eq!((&found["read"], &found["listed"], &found["written"]), (&json!(0), &json!(false), &json!(false)));
        Ok(())
    }
}

pub(crate) mod peeks {
    use super::*;
    pub(crate) const GUEST: &str = "peeks";

    #[tokio::test(flavor = "multi_thread")]
    async fn there_is_no_environment_but_a_provider_knows_the_time() -> Result<()> {
        let sandbox = bench::with(&[GUEST]).await?;
        let report = bench::poll(&sandbox, "Peeks", json!({})).await;
        let found = bench::told(&report)?;
        assert_eq!((&found["environment"], &found["arguments"], &found["input"]), (&json!([]), &json!([]), &json!(0)));
        assert!(found["year"].as_u64() >= Some(2025), "{found:?}");
        Ok(())
    }
}

pub(crate) mod is_of_no_world {
    use super::*;
    pub(crate) const GUEST: &str = "is_of_no_world";

    #[tokio::test(flavor = "multi_thread")]
    async fn a_component_of_another_world_is_told_what_a_plugin_exports() -> Result<()> {
        let sandbox = bench::sandbox(Limits::default())?;
        let said = bench::refusal(&sandbox, GUEST).await?;
        assert!(said.starts_with("it exports greet; a plugin exports orangery:plugin/info and one of"), "{said}");
        Ok(())
    }
}

pub(crate) mod describes_badly {
    use super::*;
    pub(crate) const GUEST: &str = "describes_badly";

    #[tokio::test(flavor = "multi_thread")]
    async fn a_description_that_breaks_the_rules_names_the_field() -> Result<()> {
        let sandbox = bench::sandbox(Limits::default())?;
        let said = bench::refusal(&sandbox, GUEST).await?;
        assert!(said.starts_with("its name is 'not a type'; it must be lower-case letters"), "{said}");
        let inspection = sandbox.inspect(&orangery_test_guests::bytes(GUEST)?).await;
        assert_eq!((inspection.world, inspection.refusals), (Some("provider"), vec![said]));
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_no_component_are_called_what_they_are() -> Result<()> {
    let sandbox = bench::sandbox(Limits { component_bytes: 1000, ..Limits::default() })?;
    for (bytes, said) in [
        (&b"#!/bin/sh\nexit 0"[..], "it is something else, not a WebAssembly component"),
        (b"(component)", "it is something else"),
        (
            b"\0asm\x01\0\0\0",
            "it is a core module, not a WebAssembly component; in Rust, build with --target wasm32-wasip2",
        ),
        (b"\0asm\x0d\0\x01\0\xff\xff", "it cannot be compiled"),
        (&[0; 1001], "it has 1001 bytes; at most 1000 are allowed"),
        (b"", "it is something else"),
    ] {
        let error = sandbox.admit(bytes, PluginSource::given("x")).await.map(|plugin| plugin.to_string());
        let text = error.as_ref().err().map(ToString::to_string).unwrap_or_default();
        assert!(text.starts_with(said), "{text}");
        assert_eq!(sandbox.inspect(bytes).await.refusals, [text]);
    }
    Ok(())
}
