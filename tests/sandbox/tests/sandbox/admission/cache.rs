//! Compiled plugins on disk: found again, never trusted blindly.

use crate::bench;
use anyhow::{Context, Result};
use orangery_egress::{Egress, Policy};
use orangery_sandbox::{Limits, PluginSource, Sandbox, SandboxConfig};
use serde_json::json;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

fn sandbox(dir: &Path) -> Result<Sandbox> {
    let config = SandboxConfig {
        cache_dir: Some(dir.to_owned()),
        limits: Limits::default(),
        egress: Egress::new(Policy::default())?,
        evaluator: bench::evaluator(),
        compiler: bench::compiler(),
        precompiled: orangery_sandbox::Precompiled::default(),
    };
    Ok(Sandbox::start(config)?)
}

fn compiled(dir: &Path) -> Result<PathBuf> {
    let paths = std::fs::read_dir(dir)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()?;
    paths.into_iter().find(|path| path.extension().is_some_and(|kind| kind == "cwasm")).context("nothing compiled")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_compiled_plugin_is_written_once_and_works_when_it_is_found_again() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let dir = dir.path().join("cache");
    bench::admit(&sandbox(&dir)?, "echoes").await?;
    let file = compiled(&dir)?;
    let written = std::fs::metadata(&file)?;
    assert_eq!((std::fs::metadata(&dir)?.mode() & 0o777, written.mode() & 0o777), (0o700, 0o600));
    let again = sandbox(&dir)?;
    bench::admit(&again, "echoes").await?;
    assert_eq!(std::fs::metadata(&file)?.ino(), written.ino(), "it was written again");
    assert!(bench::poll(&again, "Echoes", json!({})).await.result.is_ok());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_was_tampered_with_is_not_run_but_compiled_again() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let dir = dir.path().join("cache");
    bench::admit(&sandbox(&dir)?, "echoes").await?;
    let file = compiled(&dir)?;
    let good = std::fs::read(&file)?;
    let mut bad = good.clone();
    if let Some(byte) = bad.last_mut() {
        *byte ^= 1;
    }
    std::fs::write(&file, &bad)?;
    let again = sandbox(&dir)?;
    bench::admit(&again, "echoes").await?;
    assert!(bench::poll(&again, "Echoes", json!({})).await.result.is_ok());
    assert_ne!(std::fs::read(&file)?, bad, "it was replaced");
    Ok(())
}

#[test]
fn a_directory_that_others_may_enter_is_refused_at_the_start() -> Result<()> {
    let dir = tempfile::tempdir()?;
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o755))?;
    let said = sandbox(dir.path()).err().map(|error| error.to_string()).unwrap_or_default();
    assert!(said.contains("chmod go-rwx"), "{said}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_directory_nothing_is_written() -> Result<()> {
    let sandbox = bench::sandbox(Limits::default())?;
    sandbox.admit(&orangery_test_guests::bytes("echoes")?, PluginSource::given("x")).await?;
    assert!(bench::poll(&sandbox, "Echoes", json!({})).await.result.is_ok());
    Ok(())
}
