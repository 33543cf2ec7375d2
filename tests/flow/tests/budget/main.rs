//! The sixth law: no computation that somebody else controls runs on a worker without a budget for time, memory and stack.
//!
//! Each computation gets its worst input in a process of its own with two workers, four at once. The process must neither stand
//! still, nor grow, nor die: its neighbour's pace is compared with the pace that it had alone, and the peak of memory is read.

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// No computation is allowed to take longer, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(240);
/// The neighbour keeps at least this part of its pace. Where a computation holds the workers it keeps nothing.
const PACE: f64 = 0.02;
/// Code, compiled plugins, and four guests with 64 MiB each. Without the law: 2 to 3 GB.
const MOST_BYTES: u64 = 700 << 20;

#[derive(Debug, Deserialize)]
struct Measured {
    alone: f64,
    beside: f64,
    outcomes: Vec<String>,
    peak_bytes: u64,
}

/// Runs the computation and holds its neighbour's pace and the memory to their bounds.
#[track_caller]
fn worst(name: &str) -> Result<Measured> {
    // One after the other: each measures a pace.
    static TURN: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _turn = TURN.lock();
    let mut child = Command::new(env!("CARGO_BIN_EXE_orangery-flow-worst"))
        .arg(name)
        .stdout(Stdio::piped())
        .spawn()
        .context("starting the process")?;
    let begun = Instant::now();
    while child.try_wait()?.is_none() {
        if begun.elapsed() > PATIENCE {
            child.kill()?;
            child.wait()?;
            anyhow::bail!("{name}: the process stands still after {PATIENCE:?}");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "{name}: the process died: {}", output.status);
    let measured: Measured = serde_json::from_slice(&output.stdout)?;
    println!("{name}: {measured:?}");
    ensure!(measured.beside >= measured.alone * PACE, "{name}: the neighbour stood still: {measured:?}");
    ensure!(measured.peak_bytes <= MOST_BYTES, "{name}: too much memory: {measured:?}");
    Ok(measured)
}

/// How a computation without end ends; which comes first depends on who else uses the machine.
const ENDED: &[&str] = &["used up its 2s of processor time", "ran past its 5s deadline"];

/// Each outcome has one of the parts.
#[track_caller]
fn all_say(measured: &Measured, parts: &[&str]) {
    let says = |said: &String| parts.iter().any(|part| said.contains(part));
    assert!(!measured.outcomes.is_empty() && measured.outcomes.iter().all(says), "{measured:?}");
}

#[test]
fn an_expression_of_four_kilobytes_cannot_overflow_the_stack_of_the_process() -> Result<()> {
    let measured = worst("expression-deep")?;
    all_say(&measured, &["recursed too deep for its stack", "trapped"]);
    Ok(())
}

#[test]
fn f05_endless_ready_expression() -> Result<()> {
    let measured = worst("expression-long")?;
    all_say(&measured, ENDED);
    Ok(())
}

#[test]
fn an_expression_cannot_take_more_memory_than_a_plugin() -> Result<()> {
    let measured = worst("expression-wide")?;
    all_say(&measured, &["asked for more than its 67108864 bytes of memory", ENDED[0], ENDED[1]]);
    Ok(())
}

#[test]
fn a_schedule_of_a_thousand_dates_that_never_come_costs_its_neighbour_nothing() -> Result<()> {
    let measured = worst("schedule")?;
    all_say(&measured, &["Reconciliation skipped: the schedule never triggers again: 21 remarks"]);
    all_say(&measured, &["spec.schedule has 1000 entries; only the first 20 count, the other 980 are ignored"]);
    Ok(())
}

#[test]
fn a_schema_whose_references_double_sixty_times_ends() -> Result<()> {
    let measured = worst("schema-levels")?;
    all_say(&measured, &["the schema cannot be evaluated: the evaluation "]);
    all_say(&measured, ENDED);
    Ok(())
}

#[test]
fn a_schema_of_two_thousand_large_patterns_is_not_admitted() -> Result<()> {
    let measured = worst("schema-patterns")?;
    all_say(
        &measured,
        &["not admitted: the configuration of Patterns: the schema cannot be evaluated: the evaluation"],
    );
    Ok(())
}

#[test]
fn ten_thousand_permutations_of_large_inputs_take_the_memory_of_a_batch() -> Result<()> {
    let measured = worst("permutations")?;
    all_say(&measured, &["10000 inputs, 10000 objects"]);
    Ok(())
}

#[test]
fn a_set_cannot_render_to_more_than_its_bound_over_all_its_calls() -> Result<()> {
    let measured = worst("objects")?;
    all_say(&measured, &["bytes of objects; at most 67108864 are allowed; split it"]);
    Ok(())
}

#[test]
fn a_set_cannot_take_more_than_its_bound_from_elsewhere() -> Result<()> {
    let measured = worst("copies")?;
    all_say(&measured, &["the objects of the set take more than 67108864 bytes from elsewhere; split the set"]);
    Ok(())
}
