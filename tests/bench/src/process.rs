//! Whole processes: `orangery build` as a user runs it, and the Go libraries doing the same.
//!
//! A process says itself, as its last line on stderr, how many objects it made, the processor time and the most memory it
//! ever held; the time on the wall is taken from outside, its start included.

use crate::set::Files;
use anyhow::{Context, Result, ensure};
use clap::Parser;
use orangery::cli::Arguments;
use orangery::run::Surroundings;
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

/// The first argument of a process that builds instead of measuring.
pub const CHILD: &str = "build-and-tell";

/// What one process took.
#[derive(Debug, Clone, Copy)]
pub struct Took {
    /// From its start to its end.
    pub wall: Duration,
    /// User and system time, seconds.
    pub cpu: f64,
    /// The most memory it ever held.
    pub peak_mib: f64,
    /// Documents on stdout.
    pub objects: usize,
}

/// `orangery build resourceset` in a process of its own.
///
/// # Errors
/// It fails.
pub fn ours(files: &Files, cache: &Path) -> Result<Took> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(CHILD).args(["build", "resourceset", "--plugin-cache"]).arg(cache).arg("-f").arg(&files.set);
    command.arg("--inputs-from").arg(&files.inputs);
    run(command)
}

/// The Go program with the same set.
///
/// # Errors
/// It fails.
pub fn go(files: &Files, program: &Path) -> Result<Took> {
    let mut command = Command::new(program);
    command.arg("bench").arg(&files.go);
    run(command)
}

fn run(mut command: Command) -> Result<Took> {
    let begun = Instant::now();
    let output = command.stdin(Stdio::null()).output()?;
    let wall = begun.elapsed();
    let told = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{told}");
    let figures: Value = serde_json::from_str(told.lines().last().context("it told nothing")?)?;
    let number = |name: &str| figures.get(name).and_then(Value::as_f64).context("a figure is missing");
    let objects = output.stdout.split(|byte| *byte == b'\n').filter(|line| *line == b"---").count();
    Ok(Took { wall, cpu: number("cpuSeconds")?, peak_mib: number("peakKiB")? / 1024.0, objects })
}

/// Runs the command line of these words and tells what it took.
///
/// # Errors
/// The words are no command, it fails, or there is no `/proc`.
pub fn child(words: impl Iterator<Item = String>) -> Result<ExitCode> {
    let arguments = Arguments::try_parse_from(std::iter::once("orangery".to_owned()).chain(words))?;
    let code = orangery::command::perform(arguments.command, &Surroundings::default())?;
    let status =
        std::fs::read_to_string("/proc/self/status").context("these figures are read from /proc: Linux only")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM")?;
    let peak: f64 = peak.trim().trim_end_matches(" kB").parse()?;
    eprintln!("{}", json!({"cpuSeconds": cpu(), "peakKiB": peak}));
    Ok(code)
}

/// User and system time of this process, in seconds.
fn cpu() -> f64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    now.tv_sec as f64 + now.tv_nsec as f64 / 1e9
}
