//! SECURITY.md promises what tests show: each row of its tables names tests that exist.

use anyhow::{Context, Result, bail, ensure};
use std::fs;
use std::path::{Path, PathBuf};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// The folder of the files that are named without one.
const FLOW: &str = "tests/flow/tests/flow";

/// The text between backticks, in order.
fn quoted(row: &str) -> impl Iterator<Item = &str> {
    row.split('`').skip(1).step_by(2)
}

/// `dir/{a,b}.rs` as two paths.
fn spread(path: &str) -> Vec<String> {
    match path
        .split_once('{')
        .and_then(|(before, rest)| rest.split_once('}').map(|(names, after)| (before, names, after)))
    {
        Some((before, names, after)) => names.split(',').map(|name| format!("{before}{name}{after}")).collect(),
        None => vec![path.to_owned()],
    }
}

/// Where a path of the page is. A bare file name stands in one of the folders of the flow tests.
fn place(path: &str) -> Result<PathBuf> {
    if path.contains('/') {
        return Ok(Path::new(ROOT).join(path));
    }
    let mut open = vec![Path::new(ROOT).join(FLOW)];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?.path();
            if entry.is_dir() {
                open.push(entry);
            } else if entry.file_name().is_some_and(|name| name == path) {
                return Ok(entry);
            }
        }
    }
    bail!("{path} is in no folder of {FLOW}")
}

/// The Rust sources at a path: the file itself, or all files of the folder.
fn text(path: &Path) -> Result<String> {
    if path.is_file() {
        return Ok(fs::read_to_string(path)?);
    }
    let mut all = String::new();
    for entry in fs::read_dir(path).with_context(|| format!("{} does not exist", path.display()))? {
        all.push_str(&text(&entry?.path())?);
    }
    Ok(all)
}

#[test]
fn every_promise_names_tests_that_exist() -> Result<()> {
    let page = fs::read_to_string(Path::new(ROOT).join("SECURITY.md"))?;
    let promises = page.split("and the test that shows it").nth(1).context("the section of the tests")?;
    let mut rows = 0;
    for row in promises.lines().filter(|line| line.starts_with("| ")) {
        let Some(tests) = row.trim_end_matches('|').rsplit('|').next().filter(|cell| cell.contains('`')) else {
            continue;
        };
        rows += 1;
        let mut sources = String::new();
        for name in quoted(tests) {
            if name.contains('/') || name.ends_with(".rs") {
                for path in spread(name) {
                    sources.push_str(&text(&place(&path)?).with_context(|| row.to_owned())?);
                }
            } else {
                ensure!(
                    sources.contains(&format!("fn {name}(")),
                    "no test {name} in the file that is named before it:\n{row}"
                );
            }
        }
        ensure!(sources.contains("#[tokio::test") || sources.contains("#[test]"), "no test is named:\n{row}");
    }
    ensure!(rows > 20, "only {rows} rows name tests");
    Ok(())
}
