//! `config/deploy` and `config/impersonate` are what the chart renders. `cargo xtask deploy` writes them.

use anyhow::{Result, ensure};
use orangery_test_chart::{Helm, manifests};
use std::path::Path;

#[test]
fn the_manifests_for_kubectl_are_those_of_the_chart() -> Result<()> {
    for generated in manifests::generated(&Helm::offline()?)? {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(generated.path);
        if std::env::var_os("ORANGERY_BLESS").is_some() {
            std::fs::write(&path, &generated.text)?;
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        ensure!(found == generated.text, "{} is out of step; `cargo xtask deploy` writes it anew", generated.path);
    }
    Ok(())
}
