//! docs/safety.md has every scenario: with a test of its number, or among those that wait, with the reason.

use anyhow::{Context, Result, bail, ensure};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// The folder of the files that do not name another one.
const FLOW: &str = "tests/flow/tests/flow";

/// How many scenarios each letter has.
const SCENARIOS: [(char, u8); 6] = [('D', 23), ('F', 6), ('L', 9), ('Q', 4), ('S', 6), ('R', 7)];

/// The cells of a row about a scenario: its number, what happens, the rest.
fn row(line: &str) -> Option<(&str, &str)> {
    let mut cells = line.strip_prefix("| ")?.split('|').map(str::trim);
    let (number, _, last) = (cells.next()?, cells.next()?, cells.next()?);
    let (letter, digits) = number.split_at_checked(1)?;
    let is = SCENARIOS.iter().any(|(known, _)| letter.starts_with(*known)) && digits.parse::<u8>().is_ok();
    is.then_some((number, last))
}

/// `D1` begins the names `d01_…`.
fn prefix(number: &str) -> Result<String> {
    let (letter, digits) = number.split_at(1);
    Ok(format!("{}{:02}_", letter.to_lowercase(), digits.parse::<u8>()?))
}

/// The test that a row names exists, has the number of the row, and is run.
fn check(number: &str, cell: &str) -> Result<()> {
    let mut quoted = cell.split('`').skip(1).step_by(2);
    let (file, test) = (quoted.next().context("no file")?, quoted.next().context("no test")?);
    ensure!(test.starts_with(&prefix(number)?), "{test} does not begin with {}", prefix(number)?);
    let inside = Path::new(ROOT).join(FLOW).join(file);
    let path = if inside.is_file() { inside } else { Path::new(ROOT).join(file) };
    let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    let (before, _) = text.split_once(&format!("fn {test}(")).with_context(|| format!("no test {test} in {file}"))?;
    let attributes = before.rsplit("\n\n").next().unwrap_or_default();
    ensure!(attributes.contains("#[tokio::test") || attributes.contains("#[test]"), "{test} is not a test");
    ensure!(!attributes.contains("#[ignore"), "{test} is not run");
    Ok(())
}

#[test]
fn every_scenario_has_a_test_of_its_number_or_waits_with_a_reason() -> Result<()> {
    let page = fs::read_to_string(Path::new(ROOT).join("docs/safety.md"))?;
    let (told, waiting) = page.split_once("## Not yet").context("the section of those that wait")?;
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for (number, cell) in told.lines().filter_map(row) {
        *seen.entry(number).or_default() += 1;
        check(number, cell).with_context(|| number.to_owned())?;
    }
    for (number, reason) in waiting.lines().filter_map(row) {
        *seen.entry(number).or_default() += 1;
        ensure!(reason.len() > 20, "{number}: no reason");
    }
    for (letter, count) in SCENARIOS {
        for number in (1..=count).map(|number| format!("{letter}{number}")) {
            match seen.remove(number.as_str()) {
                Some(1) => {}
                Some(times) => bail!("{number} stands {times} times in docs/safety.md"),
                None => bail!("{number} is not in docs/safety.md: name its test, or say why it waits"),
            }
        }
    }
    ensure!(seen.is_empty(), "nobody knows {:?}", seen.keys());
    Ok(())
}

#[test]
fn a_row_without_its_test_is_seen() {
    assert!(check("D1", "`scenarios/answers.rs`: `d01_html_instead_of_json`").is_ok());
    assert!(check("D2", "`scenarios/answers.rs`: `d01_html_instead_of_json`").is_err());
    assert!(check("D1", "`scenarios/answers.rs`: `d01_of_something_else`").is_err());
    assert!(check("D1", "`scenarios/answers.rs`: `d01_html_instead_of`").is_err());
}
