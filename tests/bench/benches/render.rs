//! Rendering six objects an input, in both forms: in the sandbox as the operator runs it, beside the same code compiled
//! natively, and as whole processes beside the Go libraries. `cargo xtask bench render`.

use anyhow::{Result, ensure};
use orangery_test_bench::pinned;
use orangery_test_bench::process::{CHILD, Took, child, go, ours};
use orangery_test_bench::sandboxed::{BenchSandbox, median, native, ratio, request};
use orangery_test_bench::set::{Files, Form, harmful, rows};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};

const COUNTS: [usize; 5] = [10, 100, 1_000, 5_000, 10_000];

fn main() -> Result<ExitCode> {
    let mut words = std::env::args().skip(1);
    if words.next().as_deref() == Some(CHILD) {
        return child(words);
    }
    let folder = tempfile::tempdir()?;
    println!("one rendering, in process; the ratios are the middle ones of those within each round");
    runtime()?.block_on(in_parallel(folder.path()))?;
    // It is the code that is compared: threads on two cores took up to a quarter longer for the same, now and then.
    pinned::on_one_core(|| runtime()?.block_on(one_after_another(folder.path())))??;
    beside_go(folder.path())?;
    Ok(ExitCode::SUCCESS)
}

fn runtime() -> Result<Runtime> {
    Ok(Builder::new_multi_thread().worker_threads(2).enable_all().build()?)
}

/// As the operator renders, beside the same code natively.
async fn in_parallel(folder: &Path) -> Result<()> {
    let bench = BenchSandbox::open(Some(folder)).await?;
    println!("\nbatches in parallel, as the operator renders; native code on one core");
    println!("{:<18} {:>7} | {:>9} {:>9} | {:>6}", "form", "inputs", "ours ms", "native ms", "ratio");
    for form in [Form::Text, Form::Structured] {
        for count in COUNTS {
            let inputs = rows(count);
            let (mut through, mut beside) = (Vec::new(), Vec::new());
            for _ in 0..rounds(count) {
                let (time, entries) = timed(bench.sandbox.render(request(form, &inputs, &[])?)).await;
                let objects = entries?.iter().flatten().map(|rendering| rendering.objects.len()).sum::<usize>();
                through.push(time);
                let (time, natively) = timed(async { native(form, &inputs) }).await;
                let natively = natively?;
                beside.push(time);
                ensure!(natively == objects && objects == count * 6, "{objects} in the sandbox, {natively} natively");
            }
            let ratio = ratio(&through, &beside);
            let [through, beside] = [&mut through, &mut beside].map(|times| median(times).as_secs_f64() * 1e3);
            println!("{:<18} {count:>7} | {through:>9.2} {beside:>9.2} | {ratio:>5.2}x", form.field());
        }
    }
    Ok(())
}

/// What the sandbox costs: the same work on the same core, with and without it.
async fn one_after_another(folder: &Path) -> Result<()> {
    let bench = BenchSandbox::serial(Some(folder)).await?;
    println!(
        "\nbatches one after another, on one core; 'outsiders': the branch is marked as chosen by an outsider and full of YAML"
    );
    println!(
        "{:<18} {:>7} | {:>9} {:>9} | {:>6} {:>10}",
        "form", "inputs", "ours ms", "native ms", "ratio", "outsiders"
    );
    for form in [Form::Text, Form::Structured] {
        for count in COUNTS {
            let inputs = rows(count);
            let hostile = harmful(&inputs);
            let (mut through, mut beside, mut marked) = (Vec::new(), Vec::new(), Vec::new());
            for _ in 0..rounds(count) {
                let (time, entries) = timed(bench.sandbox.render(request(form, &inputs, &[])?)).await;
                ensure!(entries?.len() == count, "an entry for each input");
                through.push(time);
                let (time, natively) = timed(async { native(form, &inputs) }).await;
                ensure!(natively? == count * 6, "six objects for each input");
                beside.push(time);
                let (time, entries) = timed(bench.sandbox.render(request(form, &hostile, &["branch"])?)).await;
                ensure!(entries?.iter().all(Result::is_ok), "a quoted branch is refused");
                marked.push(time);
            }
            let [cost, outsiders] = [ratio(&through, &beside), ratio(&marked, &through)];
            let [through, beside] = [&mut through, &mut beside].map(|times| median(times).as_secs_f64() * 1e3);
            println!("{:<18} {count:>7} | {through:>9.2} {beside:>9.2} | {cost:>5.2}x {outsiders:>9.2}x", form.field());
        }
    }
    Ok(())
}

async fn timed<T>(work: impl Future<Output = T>) -> (Duration, T) {
    let begun = Instant::now();
    let answer = work.await;
    (begun.elapsed(), answer)
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
        0..=10 => 31,
        11..=100 => 15,
        101..=1_000 => 7,
        _ => 5,
    }
}
