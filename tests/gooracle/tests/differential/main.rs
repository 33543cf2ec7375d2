//! Ours and the real Go libraries on the same cases: equal bytes where Go succeeds, an error of the same step with the same
//! words where it does not.
//!
//! `ORANGERY_FUZZ_SEED` and `ORANGERY_FUZZ_SECONDS` choose other and longer runs, `ORANGERY_FUZZ_FAMILY` one family. Every
//! difference ever found becomes a line of `corpus.json`: the request, as a failing run prints it.

#![expect(clippy::indexing_slicing, reason = "a JSON field that is missing is null")]

mod compare;
mod generate;
mod table;

use anyhow::{Result, ensure};
use compare::{Verdict, verdict};
use generate::{Case, Random};
use orangery_test_gooracle::Oracle;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How many cases of a family a normal run has.
const CASES: usize = 5000;
/// How many cases are asked about at a time.
const BATCH: usize = 250;
/// A longer run reports its progress this often.
const PROGRESS: Duration = Duration::from_secs(15);
/// After so many differences a family ends.
const ENOUGH: usize = 40;

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|value| value.parse().ok())
}

/// What a family's run found.
#[derive(Default)]
struct Tally {
    cases: usize,
    equal: usize,
    refused: usize,
    argued: BTreeMap<&'static str, usize>,
    differences: Vec<String>,
}

impl Tally {
    fn add(&mut self, request: &Value, verdict: Verdict) {
        self.cases += 1;
        match verdict {
            Verdict::Equal => self.equal += 1,
            Verdict::Refused => self.refused += 1,
            Verdict::RefusedInOtherWords(why) => {
                self.refused += 1;
                *self.argued.entry(why).or_default() += 1;
            }
            Verdict::Argued(why) => *self.argued.entry(why).or_default() += 1,
            Verdict::Differs(difference) => self.differences.push(format!("{request}\n{difference}")),
        }
    }
}

/// What Go answers. Some templates make it crash (a map that holds itself) or go on for ever: then it is started anew, and
/// asked one question at a time.
fn answers(oracle: &mut Oracle, requests: &[Value]) -> Result<Vec<Value>> {
    if let Ok(found) = oracle.ask_all(requests) {
        return Ok(found);
    }
    *oracle = Oracle::start()?;
    let mut found = Vec::with_capacity(requests.len());
    for request in requests {
        match oracle.ask(request) {
            Ok(answer) => found.push(answer),
            Err(_) => {
                *oracle = Oracle::start()?;
                found.push(serde_json::json!({"crash": true}));
            }
        }
    }
    Ok(found)
}

/// Runs a family; at least one case in `succeeding` must succeed, or the grammar asks too little.
fn family(name: &str, succeeding: usize, make: impl Fn(&mut Random) -> Case) -> Result<()> {
    if std::env::var("ORANGERY_FUZZ_FAMILY").is_ok_and(|wanted| wanted != name) {
        return Ok(());
    }
    let mut random = Random::new(setting("ORANGERY_FUZZ_SEED").unwrap_or(1));
    let start = Instant::now();
    let until = setting("ORANGERY_FUZZ_SECONDS").map(|s| start + Duration::from_secs(s));
    let mut oracle = Oracle::start()?;
    let (mut tally, mut told) = (Tally::default(), start);
    while until.map_or(tally.cases < CASES, |until| Instant::now() < until) && tally.differences.len() < ENOUGH {
        let requests: Vec<Value> = (0..BATCH).map(|_| make(&mut random).request).collect();
        for (request, theirs) in requests.iter().zip(answers(&mut oracle, &requests)?) {
            let verdict = verdict(&mut oracle, request, &theirs)?;
            tally.add(request, verdict);
        }
        if until.is_some() && told.elapsed() >= PROGRESS {
            told = Instant::now();
            println!("fuzz progress {name}: {} cases, {} differences", tally.cases, tally.differences.len());
        }
    }
    let Tally { cases, equal, refused, argued, differences } = tally;
    let others: usize = argued.values().sum();
    println!(
        "fuzz family={name} cases={cases} equal={equal} refused={refused} argued={others} differences={} seconds={}",
        differences.len(),
        start.elapsed().as_secs()
    );
    for (why, count) in &argued {
        println!("fuzz argued {count} {why}");
    }
    ensure!(
        differences.is_empty(),
        "{name}: {} of {cases} cases differ:\n\n{}",
        differences.len(),
        differences.join("\n\n")
    );
    ensure!(equal * succeeding >= cases, "{name}: only {equal} of {cases} cases succeed: the grammar asks too little");
    Ok(())
}

#[test]
fn templates_give_what_go_gives() -> Result<()> {
    family("templates", 4, generate::template::case)
}

#[test]
fn damaged_templates_are_refused_as_go_refuses_them() -> Result<()> {
    family("soup", 30, generate::soup::case)
}

#[test]
fn every_function_answers_as_in_go() -> Result<()> {
    family("functions", 8, generate::calls::case)
}

#[test]
fn formats_print_what_go_prints() -> Result<()> {
    family("formats", 3, generate::formats::case)
}

#[test]
fn regular_expressions_match_what_go_matches() -> Result<()> {
    family("regexes", 3, generate::regexes::case)
}

#[test]
fn times_are_read_and_written_as_in_go() -> Result<()> {
    family("times", 6, generate::times::case)
}

#[test]
fn lists_and_maps_share_what_they_share_in_go() -> Result<()> {
    family("mutations", 4, generate::mutations::case)
}

#[test]
fn resources_give_the_objects_that_go_gives() -> Result<()> {
    family("resources", 5, generate::resources::case)
}

#[test]
fn documents_give_the_objects_that_go_gives() -> Result<()> {
    family("documents", 5, generate::documents::case)
}

#[test]
fn every_difference_once_found_stays_mended() -> Result<()> {
    let cases: Vec<Value> = serde_json::from_str(include_str!("corpus.json"))?;
    let mut oracle = Oracle::start()?;
    let mut differences = Vec::new();
    for (request, theirs) in cases.iter().zip(oracle.ask_all(&cases)?) {
        if let Verdict::Differs(difference) = verdict(&mut oracle, request, &theirs)? {
            differences.push(format!("{request}\n{difference}"));
        }
    }
    ensure!(differences.is_empty(), "{} cases differ:\n\n{}", differences.len(), differences.join("\n\n"));
    Ok(())
}
