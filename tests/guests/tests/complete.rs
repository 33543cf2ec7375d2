//! Holds the folder, the manifest and the list of guests together.

use std::collections::BTreeSet;
use std::path::Path;

#[test]
fn every_file_is_a_guest_and_every_guest_is_a_file() -> anyhow::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = BTreeSet::new();
    for entry in std::fs::read_dir(root.join("examples"))? {
        let path = entry?.path();
        files.extend(path.file_stem().map(|name| name.to_string_lossy().into_owned()));
    }
    let manifest = std::fs::read_to_string(root.join("Cargo.toml"))?;
    let (_, examples) = manifest.split_once("[[example]]").unwrap_or_default();
    let declared: BTreeSet<String> = examples
        .lines()
        .filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'))
        .map(str::to_owned)
        .collect();
    let listed: BTreeSet<String> = orangery_test_guests::names().iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(files, listed, "examples/ and for_each_guest!");
    assert_eq!(declared, listed, "Cargo.toml and for_each_guest!");
    Ok(())
}

#[test]
fn every_guest_is_a_component() -> anyhow::Result<()> {
    for name in orangery_test_guests::names() {
        let bytes = orangery_test_guests::bytes(name)?;
        assert_eq!(bytes.get(..8), Some(&b"\0asm\x0d\0\x01\0"[..]), "{name}");
    }
    Ok(())
}
