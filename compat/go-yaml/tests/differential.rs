//! Ours against the real Go library on seeded random cases. Every difference ever found becomes a case of `tests/corpus`.
//!
//! `ORANGERY_FUZZ_SEED` chooses other cases, `ORANGERY_FUZZ_SECONDS` goes on for that long in each family.

mod oracle;

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use oracle::random::Random;
use oracle::{Answer, agree, ask, our_read, our_stream, our_write, read_question, stream_question, write_question};
use oracle::{documents, generate};
use serde_json::{Value, json};

/// Cases of a family in one round.
const ROUND: usize = 5000;
/// How often an answer that differs is asked for again.
const ASKED_AGAIN: usize = 50;

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Runs rounds of one family and fails with the differences.
fn compare<C>(
    family: &str,
    make: impl Fn(&mut Random) -> C,
    question: impl Fn(&C) -> Value,
    ours: impl Fn(&C) -> Answer,
) -> Result<()> {
    let started = Instant::now();
    let deadline = started + Duration::from_secs(setting("ORANGERY_FUZZ_SECONDS").unwrap_or(0));
    let mut seed = setting("ORANGERY_FUZZ_SEED").unwrap_or(20_260_214);
    let (mut cases, mut refused, mut wording) = (0, 0, 0);
    let mut differences = Vec::new();
    loop {
        let mut random = Random::new(seed);
        let made: Vec<C> = (0..ROUND).map(|_| make(&mut random)).collect();
        let questions: Vec<Value> = made.iter().map(&question).collect();
        for ((case, question), theirs) in made.iter().zip(&questions).zip(ask(&questions)?) {
            let ours = ours(case);
            cases += 1;
            if let (Answer::Err(ours), Answer::Err(theirs)) = (&ours, &theirs) {
                refused += 1;
                wording += usize::from(!ours.starts_with(theirs.as_str()));
                if !ours.starts_with(theirs.as_str()) && std::env::var_os("ORANGERY_FUZZ_WORDING").is_some() {
                    eprintln!("{family} wording {question}\n   ours {ours}\n theirs {theirs}");
                }
            }
            if !agree(&ours, &theirs) && is_stable(question)? {
                differences.push(format!("{question}\n   ours {ours:?}\n theirs {theirs:?}"));
            }
        }
        if Instant::now() >= deadline || differences.len() > 50 {
            break;
        }
        seed = seed.wrapping_add(1);
    }
    println!(
        "fuzz family=yaml-{} cases={cases} equal={} refused={refused} argued={wording} differences={} seconds={}",
        family.replace(' ', "-"),
        cases - refused - differences.len(),
        differences.len(),
        started.elapsed().as_secs()
    );
    differences.sort_by_key(String::len);
    differences.truncate(20);
    ensure!(differences.is_empty(), "{family}: ours differs from the library:\n{}", differences.join("\n"));
    Ok(())
}

/// Does the library always give the same answer? It asks itself a few times whether the order of a map matters to it; three keys
/// whose order runs in a circle may come in one order that often.
fn is_stable(question: &Value) -> Result<bool> {
    let answers = ask(&vec![question.clone(); ASKED_AGAIN])?;
    Ok(answers.iter().zip(answers.iter().skip(1)).all(|(one, next)| one == next && !next.is_no_answer()))
}

fn compare_reading(family: &str, make: fn(&mut Random) -> String) -> Result<()> {
    compare(family, make, |text| read_question(text), |text| our_read(text))
}

#[test]
fn documents_mean_what_they_mean_to_the_library() -> Result<()> {
    compare_reading("documents", documents::document)
}

#[test]
fn damaged_documents_mean_what_they_mean_to_the_library() -> Result<()> {
    compare_reading("damaged documents", documents::mutated)
}

#[test]
fn token_soup_means_what_it_means_to_the_library() -> Result<()> {
    compare_reading("token soup", generate::soup)
}

#[test]
fn look_alikes_have_the_type_they_have_to_the_library() -> Result<()> {
    compare_reading("look-alikes", generate::look_alike)
}

#[test]
fn any_text_means_what_it_means_to_the_library() -> Result<()> {
    compare_reading("texts", generate::text)
}

#[test]
fn streams_have_the_documents_they_have_to_the_library() -> Result<()> {
    compare("streams", documents::stream, |text| stream_question(text), |text| our_stream(text))
}

#[test]
fn values_are_written_as_the_library_writes_them() -> Result<()> {
    compare("values", |random| generate::value(random, 4), write_question, our_write)
}

#[test]
fn strings_are_written_as_the_library_writes_them() -> Result<()> {
    compare("strings", |random| Value::String(generate::text(random)), write_question, our_write)
}

#[test]
fn an_answer_that_depends_on_the_order_of_a_map_is_none() -> Result<()> {
    // By the comparison of go-yaml each of the first three comes before the next, and the last of them before the first.
    let circle = json!({"1000Zv": 1, "1v200": 2, "760e+nan:-": 3, "_Z_a": 4});
    assert!(!is_stable(&write_question(&circle))?);
    assert!(is_stable(&write_question(&json!({"b": 1, "a": [2], "a10": 3, "a9": 4})))?);
    Ok(())
}
