//! `cargo xtask fuzz`: compares with the real Go libraries for as long as you like. CI runs the same with fixed seeds.

use crate::machine::{cargo, ensure_go};
use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader};
use std::process::Stdio;

/// The test programs: of YAML, and of templates and the objects that they make.
const PROGRAMS: [&str; 2] = ["orangery-go-yaml", "orangery-test-gooracle"];

/// What `--help` says below the options.
const FAMILIES: &str = "Every family of cases runs for the given time. YAML: documents, damaged documents, token soup, look-alikes, \
texts, streams, values, strings. Templates: templates, soup (damaged templates), functions, formats (of printf), regexes, times, \
mutations (lists and maps that share storage), resources (entries of `resources`), documents (texts of `resourcesTemplate`).\n\n\
A template that differs is printed as a line for tests/gooracle/tests/differential/corpus.json. Needs Go.";

/// Compare YAML, templates and rendered objects with the real Go libraries, on random cases.
#[derive(clap::Args)]
#[command(after_help = FAMILIES)]
pub(crate) struct Options {
    /// How long each family runs.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Where the random numbers begin: the same seed gives the same cases.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Only this family of templates, for example `regexes`.
    #[arg(long)]
    family: Option<String>,
}

/// What one family said when it ended.
struct Row {
    family: String,
    cases: u64,
    equal: u64,
    refused: u64,
    argued: u64,
    differences: u64,
    seconds: u64,
}

impl Row {
    /// From a line such as `fuzz family=times cases=5000 equal=…`.
    fn read(line: &str) -> Option<Self> {
        let fields = line.strip_prefix("fuzz ")?;
        let field = |name: &str| fields.split(' ').find_map(|field| field.strip_prefix(name)?.strip_prefix('='));
        let number = |name: &str| field(name).and_then(|value| value.parse().ok()).unwrap_or(0);
        Some(Self {
            family: field("family")?.to_owned(),
            cases: number("cases"),
            equal: number("equal"),
            refused: number("refused"),
            argued: number("argued"),
            differences: number("differences"),
            seconds: number("seconds"),
        })
    }
}

/// Runs the differential tests for longer, shows each family as it ends, and all of them in a table.
pub(crate) fn run(options: &Options) -> Result<()> {
    ensure_go()?;
    let mut rows = Vec::new();
    let mut differing = Vec::new();
    for package in PROGRAMS {
        if options.family.is_some() && package == "orangery-go-yaml" {
            continue;
        }
        println!("{package}: {} s a family, seed {}", options.seconds, options.seed);
        if !watch(package, options, &mut rows)? {
            differing.push(package);
        }
    }
    if let Some(family) = options.family.as_ref().filter(|_| rows.is_empty()) {
        bail!("there is no family {family:?} of templates; `--help` lists them");
    }
    summary(&rows);
    if !differing.is_empty() {
        bail!(
            "{} differ from Go; the cases are above: put each into the corpus, then mend it",
            differing.join(" and ")
        );
    }
    Ok(())
}

/// Runs one test program and passes on what it says; whether all was equal.
fn watch(package: &str, options: &Options, rows: &mut Vec<Row>) -> Result<bool> {
    let mut command = cargo();
    command
        .args(["test", "--locked", "-p", package, "--test", "differential", "--", "--nocapture", "--test-threads=2"])
        .env("ORANGERY_FUZZ_SECONDS", options.seconds.to_string())
        .env("ORANGERY_FUZZ_SEED", options.seed.to_string())
        .stdout(Stdio::piped());
    if let Some(family) = &options.family {
        command.env("ORANGERY_FUZZ_FAMILY", family);
    }
    let mut child = command.spawn().context("starting cargo test")?;
    let output = child.stdout.take().context("cargo test has no output")?;
    for line in BufReader::new(output).lines() {
        let line = line?;
        // The harness writes the name of a test without an end of line.
        let start = line.find("fuzz family=").unwrap_or(0);
        match line.get(start..).and_then(Row::read) {
            Some(row) => {
                println!("  {:<18} {:>9} cases, {} differences", row.family, row.cases, row.differences);
                rows.push(row);
            }
            None => match line.split_once("fuzz progress ") {
                Some((_, progress)) => println!("  … {progress}"),
                None => println!("{line}"),
            },
        }
    }
    Ok(child.wait()?.success())
}

fn summary(rows: &[Row]) {
    let heads = ["family", "cases", "equal", "both refuse", "argued", "differ", "seconds"];
    let [family, cases, equal, refused, argued, differ, seconds] = heads;
    println!("\n{family:<20}{cases:>10}{equal:>10}{refused:>13}{argued:>9}{differ:>8}{seconds:>9}");
    for Row { family, cases, equal, refused, argued, differences, seconds } in rows {
        println!("{family:<20}{cases:>10}{equal:>10}{refused:>13}{argued:>9}{differences:>8}{seconds:>9}");
    }
    let sum = |of: fn(&Row) -> u64| rows.iter().map(of).sum::<u64>();
    let (cases, equal, refused) = (sum(|r| r.cases), sum(|r| r.equal), sum(|r| r.refused));
    let (argued, differences) = (sum(|r| r.argued), sum(|r| r.differences));
    println!("{:<20}{cases:>10}{equal:>10}{refused:>13}{argued:>9}{differences:>8}", "all");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_that_ends_is_a_row() {
        let row = Row::read("fuzz family=times cases=500 equal=300 refused=199 argued=1 differences=0 seconds=3");
        let row = row.map(|r| (r.family, r.cases, r.equal, r.refused, r.argued, r.differences, r.seconds));
        assert_eq!(row, Some(("times".to_owned(), 500, 300, 199, 1, 0, 3)));
        assert!(Row::read("test times ... ok").is_none());
    }
}
