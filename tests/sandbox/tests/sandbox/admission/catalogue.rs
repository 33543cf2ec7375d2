//! Who serves what when several claim it.

use crate::bench;
use anyhow::Result;
use orangery_sandbox::{AdmitError, Limits, PluginSource, Shadowing};

/// The same component with another digest: a custom section at its end changes nothing else.
fn variant(guest: &str) -> Result<Vec<u8>> {
    let mut bytes = orangery_test_guests::bytes(guest)?;
    bytes.extend_from_slice(b"\0\x06\x05other");
    Ok(bytes)
}

#[tokio::test(flavor = "multi_thread")]
async fn two_plugins_that_the_user_gave_cannot_serve_one_type() -> Result<()> {
    let sandbox = bench::sandbox(Limits::default())?;
    let first = sandbox.admit(&orangery_test_guests::bytes("echoes")?, PluginSource::given("a.wasm")).await?;
    let again = sandbox.admit(&orangery_test_guests::bytes("echoes")?, PluginSource::given("copy.wasm")).await?;
    assert_eq!(first, again, "the same component twice is one plugin");
    let error = sandbox.admit(&variant("echoes")?, PluginSource::given("b.wasm")).await.err();
    let said = error.as_ref().map(ToString::to_string).unwrap_or_default();
    assert!(matches!(error, Some(AdmitError::Taken { .. })), "{said}");
    assert!(said.contains("the type Echoes") && said.contains("echoes 0.1.0") && said.contains("a.wasm"), "{said}");
    assert_eq!(sandbox.plugins().len(), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_given_plugin_that_may_shadow_wins_over_a_bundled_one_in_either_order() -> Result<()> {
    let mine = || PluginSource::given("mine.wasm").shadowing(Shadowing::Allowed);
    for given_first in [true, false] {
        let sandbox = bench::sandbox(Limits::default())?;
        let (bundled, given) = (orangery_test_guests::bytes("echoes")?, variant("echoes")?);
        if given_first {
            sandbox.admit(&given, mine()).await?;
            sandbox.admit(&bundled, PluginSource::bundled("bundled")).await?;
        } else {
            sandbox.admit(&bundled, PluginSource::bundled("bundled")).await?;
            sandbox.admit(&given, mine()).await?;
        }
        let other = sandbox.admit(&variant("echoes")?, mine()).await?;
        let fails = orangery_test_guests::bytes("fails")?;
        sandbox.admit(&fails, PluginSource::bundled("bundled")).await?;
        let report = bench::poll(&sandbox, "Echoes", serde_json::json!({"inputs": "x"})).await;
        assert!(report.result.is_ok());
        assert_eq!(sandbox.server_of("Echoes"), Some(other), "given first: {given_first}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_given_plugin_takes_nothing_from_a_bundled_one_unless_that_is_allowed() -> Result<()> {
    for given_first in [true, false] {
        let sandbox = bench::sandbox(Limits::default())?;
        let (bundled, given) = (orangery_test_guests::bytes("echoes")?, variant("echoes")?);
        let (first, second) = if given_first {
            (
                sandbox.admit(&given, PluginSource::given("mine.wasm")).await,
                sandbox.admit(&bundled, PluginSource::bundled("bundled")).await,
            )
        } else {
            (
                sandbox.admit(&bundled, PluginSource::bundled("bundled")).await,
                sandbox.admit(&given, PluginSource::given("mine.wasm")).await,
            )
        };
        let holder = first?;
        let error = second.err();
        let said = error.as_ref().map(ToString::to_string).unwrap_or_default();
        assert!(matches!(error, Some(AdmitError::Shadows { .. })), "{said}");
        assert!(said.starts_with("echoes 0.1.0 from mine.wasm serves the type Echoes"), "{said}");
        assert!(said.contains("--allow-shadowing"), "{said}");
        assert_eq!(sandbox.server_of("Echoes"), Some(holder), "given first: {given_first}");
        // One for a type of its own is welcome.
        sandbox.admit(&orangery_test_guests::bytes("lists")?, PluginSource::given("other.wasm")).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_plugin_says_of_its_type_is_known_and_inspecting_registers_nothing() -> Result<()> {
    let sandbox = bench::sandbox(Limits::default())?;
    let inspection = sandbox.inspect(&orangery_test_guests::bytes("lists")?).await;
    assert_eq!((inspection.world, inspection.refusals.len()), (Some("provider"), 0));
    assert!(inspection.imports.iter().any(|import| import == "orangery:plugin/http@0.1.0"), "{:?}", inspection.imports);
    assert!(sandbox.plugins().is_empty() && sandbox.served_type("Lists").is_none());
    bench::admit(&sandbox, "lists").await?;
    let served = sandbox.served_type("Lists");
    assert_eq!(served.map(|ty| (ty.name_attribute, ty.labelled)), Some(("branch".into(), true)));
    assert_eq!(inspection.description.map(|known| known.types), sandbox.plugins().pop().map(|known| known.types));
    Ok(())
}
