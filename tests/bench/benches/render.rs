//! Rendering six objects an input, in both forms: through the glass as the operator runs it, beside the same code compiled
//! natively, and as whole processes beside the Go libraries. `cargo xtask bench render`.

use anyhow::{Result, ensure};
use orangery_test_bench::glass::{Glass, native, request};
use orangery_test_bench::process::{CHILD, Took, child, go, ours};
use orangery_test_bench::set::{Files, Form, harmful, rows};
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

const COUNTS: [usize; 5] = [10, 100, 1_000, 5_000, 10_000];

fn main() -> Result<ExitCode> {
    let mut words = std::env::args().skip(1);
    if words.next().as_deref() == Some(CHILD) {
        return child(words);
    }
    let folder = tempfile::tempdir()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(beside_native(folder.path()))?;
    drop(runtime);
    beside_go(folder.path())?;
    Ok(ExitCode::SUCCESS)
}

/// One call of the sandbox beside the same code without it. The sandbox renders batches in parallel, so what the glass costs is
/// the ratio of processor time.
async fn beside_native(folder: &Path) -> Result<()> {
    let glass = Glass::open(Some(folder)).await?;
    println!("one rendering, in process; 'outsiders': the branch is marked as chosen by an outsider and full of YAML");
    println!(
        "{:<18} {:>7} | {:>9} {:>9} | {:>9} {:>9} | {:>6} {:>6} | {:>10}",
        "form", "inputs", "glass ms", "cpu ms", "native ms", "cpu ms", "wall", "cpu", "outsiders"
    );
    for form in [Form::Text, Form::Structured] {
        for count in COUNTS {
            let inputs = rows(count);
            let hostile = harmful(&inputs);
            let (mut through, mut beside, mut marked) = (Vec::new(), Vec::new(), Vec::new());
            for _ in 0..rounds(count) {
                let asked = request(form, &inputs, &[])?;
                let (time, objects) = timed(glass.sandbox.render(asked)).await;
                let objects = objects?.iter().flatten().map(|rendering| rendering.objects.len()).sum::<usize>();
                through.push(time);
                let (time, natively) = timed(async { native(form, &inputs) }).await;
                let natively = natively?;
                beside.push(time);
                ensure!(
                    natively == objects && objects == count * 6,
                    "{objects} through the glass, {natively} natively"
                );
                let (time, entries) = timed(glass.sandbox.render(request(form, &hostile, &["branch"])?)).await;
                ensure!(entries?.iter().all(Result::is_ok), "a quoted branch is refused");
                marked.push(time);
            }
            let [through, beside, marked] = [through, beside, marked].map(median);
            println!(
                "{:<18} {count:>7} | {:>9.2} {:>9.2} | {:>9.2} {:>9.2} | {:>5.2}x {:>5.2}x | {:>9.2}x",
                form.field(),
                through.wall * 1e3,
                through.cpu * 1e3,
                beside.wall * 1e3,
                beside.cpu * 1e3,
                through.wall / beside.wall,
                through.cpu / beside.cpu,
                marked.cpu / through.cpu
            );
        }
    }
    Ok(())
}

/// Seconds on the wall, and of all processors.
#[derive(Clone, Copy)]
struct Time {
    wall: f64,
    cpu: f64,
}

async fn timed<T>(work: impl Future<Output = T>) -> (Time, T) {
    let (begun, before) = (Instant::now(), processor());
    let answer = work.await;
    (Time { wall: begun.elapsed().as_secs_f64(), cpu: processor() - before }, answer)
}

/// Processor time of this process so far, in seconds.
fn processor() -> f64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    now.tv_sec as f64 + now.tv_nsec as f64 / 1e9
}

/// The middle wall time and the middle processor time.
fn median(times: Vec<Time>) -> Time {
    let middle = |of: fn(&Time) -> f64| {
        let mut all: Vec<f64> = times.iter().map(of).collect();
        all.sort_unstable_by(f64::total_cmp);
        all.get(all.len() / 2).copied().unwrap_or_default()
    };
    Time { wall: middle(|time| time.wall), cpu: middle(|time| time.cpu) }
}

/// Whole processes.
fn beside_go(folder: &Path) -> Result<()> {
    let program = orangery_test_gooracle::build()?;
    let cache = folder.join("plugins");
    println!("\nwhole processes, start to end: `orangery build` and the Go libraries with the same set");
    println!(
        "{:<18} {:>7} {:>8} | {:>8} {:>8} {:>8} | {:>8} {:>8} {:>8} | {:>6} {:>6} {:>6}",
        "form", "inputs", "objects", "ours ms", "cpu ms", "MiB", "Go ms", "cpu ms", "MiB", "wall", "cpu", "memory"
    );
    for form in [Form::Text, Form::Structured] {
        for count in std::iter::once(1).chain(COUNTS) {
            let files = Files::write(folder, form, count)?;
            let (mut mine, mut theirs) = (Vec::new(), Vec::new());
            for _ in 0..rounds(count) {
                mine.push(ours(&files, &cache)?);
                theirs.push(go(&files, &program)?);
            }
            let (mine, theirs) = (middle(mine), middle(theirs));
            ensure!(mine.objects == theirs.objects, "{} objects, Go makes {}", mine.objects, theirs.objects);
            println!(
                "{:<18} {count:>7} {:>8} | {} | {} | {:>5.1}x {:>5.1}x {:>6.2}",
                form.field(),
                mine.objects,
                figures(&mine),
                figures(&theirs),
                theirs.wall.as_secs_f64() / mine.wall.as_secs_f64(),
                theirs.cpu / mine.cpu,
                mine.peak_mib / theirs.peak_mib
            );
        }
    }
    Ok(())
}

fn figures(took: &Took) -> String {
    format!("{:>8.1} {:>8.1} {:>8.1}", took.wall.as_secs_f64() * 1e3, took.cpu * 1e3, took.peak_mib)
}

fn middle(mut all: Vec<Took>) -> Took {
    all.sort_unstable_by_key(|took| took.wall);
    all.swap_remove(all.len() / 2)
}

fn rounds(count: usize) -> usize {
    match count {
        0..=10 => 15,
        11..=1_000 => 5,
        _ => 3,
    }
}
