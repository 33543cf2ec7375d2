//! What a call costs beyond its work: a fresh store each time, against the same code called natively; and what loading a
//! plugin costs, compiled anew and from the cache.

use anyhow::Result;
use orangery_test_bench::sandboxed::{BenchSandbox, median, native, request};
use orangery_test_bench::set::{Form, rows};
use std::time::Instant;

const ROUNDS: usize = 101;

#[tokio::main]
async fn main() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let begun = Instant::now();
    drop(BenchSandbox::open(Some(folder.path())).await?);
    let cold = begun.elapsed();
    let begun = Instant::now();
    let bench = BenchSandbox::open(Some(folder.path())).await?;
    let warm = begun.elapsed();
    println!(
        "load gotemplate: compiled {:.1} ms, from the cache {:.1} ms, ratio {:.0}",
        ms(cold),
        ms(warm),
        ms(cold) / ms(warm)
    );

    let inputs = rows(1);
    let mut through = Vec::new();
    let mut beside = Vec::new();
    for _ in 0..ROUNDS {
        let asked = request(Form::Text, &inputs, &[])?;
        let begun = Instant::now();
        bench.sandbox.render(asked).await?;
        through.push(begun.elapsed());
        let begun = Instant::now();
        native(Form::Text, &inputs)?;
        beside.push(begun.elapsed());
    }
    let (through, beside) = (median(&mut through), median(&mut beside));
    println!(
        "one call, one input, six objects: in the sandbox {:.0} µs, natively {:.0} µs, the sandbox costs {:.0} µs",
        through.as_secs_f64() * 1e6,
        beside.as_secs_f64() * 1e6,
        (through.saturating_sub(beside)).as_secs_f64() * 1e6
    );
    Ok(())
}

fn ms(duration: std::time::Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
