//! What is optimised when: `cargo build --release` is quick to build, and `cargo xtask dist` builds what is published.

use anyhow::{Context, Result, ensure};
use toml::{Table, Value};

fn profile(name: &str) -> Result<Table> {
    let manifest: Table = std::fs::read_to_string("../../Cargo.toml")?.parse()?;
    let profile = manifest.get("profile").and_then(|profiles| profiles.get(name)).and_then(Value::as_table);
    profile.cloned().with_context(|| format!("there is no profile {name}"))
}

#[test]
fn a_release_build_does_not_optimise_at_link_time() -> Result<()> {
    let release = profile("release")?;
    ensure!(release.get("lto").and_then(Value::as_str) == Some("off"), "lto is {:?}", release.get("lto"));
    ensure!(!release.contains_key("codegen-units"), "fewer codegen units are for the profile dist");
    Ok(())
}

#[test]
fn what_is_published_is_optimised_as_a_whole() -> Result<()> {
    let dist = profile("dist")?;
    ensure!(dist.get("inherits").and_then(Value::as_str) == Some("release"), "dist inherits from release");
    ensure!(dist.get("lto").and_then(Value::as_str) == Some("fat"), "lto is {:?}", dist.get("lto"));
    ensure!(dist.get("codegen-units").and_then(Value::as_integer) == Some(1), "one codegen unit");
    Ok(())
}
