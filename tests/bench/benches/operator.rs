//! What the operator asks of the API server and of its machine, against the budget: `cargo xtask bench operator`.
//!
//! A real control plane, a simulated forge, and the operator as a process of its own (this program with other arguments). Requests are
//! counted in the API server's audit log; the lease and watches are left out, because a watch is begun by the list before it.
//! `--objects`, `--sets` and `--idle` change the sizes, `-o json` the output; `ORANGERY_BENCH_PROGRAM` measures another build.

use anyhow::{Result, ensure};
use clap::Parser;
use orangery::run::Surroundings;
use orangery_egress::Loopback;
use orangery_test_bench::budget::{Goal, Row, print};
use orangery_test_bench::cluster::{OperatorProcess, Scene, Spent};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Measures the operator against its budget.
#[derive(Parser)]
struct Options {
    /// Objects of the large set.
    #[arg(long, default_value_t = 1000)]
    objects: usize,
    /// Sets of ten objects that rest.
    #[arg(long, default_value_t = 200)]
    sets: usize,
    /// Seconds for which they are watched.
    #[arg(long, default_value_t = 60)]
    idle: u64,
    /// table or json.
    #[arg(short, long, default_value = "table")]
    output: String,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Result<ExitCode> {
    // With the arguments of the operator this program is the operator.
    if std::env::args().nth(1).is_some_and(|word| !word.starts_with('-')) {
        let surroundings = Surroundings { loopback: Loopback::Allowed, ..Surroundings::default() };
        return Ok(orangery::command::main(&surroundings));
    }
    let options = Options::parse();
    ensure!(["table", "json"].contains(&options.output.as_str()), "-o is table or json, not {}", options.output);
    let runtime = tokio::runtime::Runtime::new()?;
    let rows = runtime.block_on(measure(&options))?;
    print(&rows, &options.output)?;
    Ok(ExitCode::SUCCESS)
}

async fn measure(options: &Options) -> Result<Vec<Row>> {
    let scene = Scene::start().await?;
    let mut operator = scene.operator().await?;
    let mut rows = vec![memory("memory at rest", &operator, 45.0)?];
    large(&scene, &mut operator, options.objects, &mut rows).await?;
    polls(&scene, &mut rows).await?;
    idle(&scene, &operator, options, &mut rows).await?;
    Ok(rows)
}

fn memory(name: &str, operator: &OperatorProcess, most: f64) -> Result<Row> {
    Ok(Row::new(name, "MiB", operator.resident_mib()?, Goal::AtMost(most)))
}

fn requests(name: &str, spent: &Spent, goal: Goal) -> Row {
    Row::new(name, "requests", spent.requests() as f64, goal).detailed(&spent.lines())
}

/// The life of one large set.
async fn large(scene: &Scene, operator: &mut OperatorProcess, objects: usize, rows: &mut Vec<Row>) -> Result<()> {
    let n = objects as f64;
    let kubectl = scene.kubectl_applies(objects).await?;
    let mark = scene.mark().await?;
    let begun = Instant::now();
    scene.apply_set("large", objects, "1").await?;
    scene.is_ready("large", objects).await?;
    let took = begun.elapsed();
    // One list of what exists has a page for each 500 objects.
    let pages = (n / 500.0).ceil();
    rows.push(requests(
        &format!("first apply of {objects}"),
        &scene.spent(mark).await?,
        Goal::AtMost(n + 20.0 + pages),
    ));
    rows.push(Row::new("first apply", "s", took.as_secs_f64(), Goal::None));
    if let Some(kubectl) = kubectl {
        let ratio = kubectl.as_secs_f64() / took.as_secs_f64();
        rows.push(Row::new(
            "first apply, times faster than kubectl apply --server-side",
            "×",
            ratio,
            Goal::AtLeast(3.0),
        ));
    }
    rows.push(memory(&format!("memory with {objects} objects"), operator, 60.0)?);

    let mark = scene.mark().await?;
    scene.touch("large").await?;
    // The one request says that the annotation was handled.
    rows.push(requests(&format!("re-check of {objects}, asked for"), &scene.spent(mark).await?, Goal::AtMost(1.0)));

    for (name, value) in [("edited", Some("theirs")), ("deleted", None)] {
        let mark = scene.mark().await?;
        let begun = Instant::now();
        scene.spoil("large-7", value).await?;
        scene.has_value("large-7", "1").await?;
        let took = begun.elapsed().as_secs_f64();
        rows.push(requests(&format!("object {name} by hand"), &scene.spent(mark).await?, Goal::AtMost(3.0)));
        rows.push(Row::new(&format!("object {name} by hand, repaired after"), "s", took, Goal::AtMost(1.0)));
    }

    operator.stop()?;
    let mark = scene.mark().await?;
    *operator = scene.operator().await?;
    scene.is_watched(mark).await?;
    let restart = scene.spent(mark).await?;
    rows.push(Row::new("restart: requests that write", "requests", restart.writes() as f64, Goal::AtMost(0.0)));
    rows.push(Row::new("restart: requests about one object", "requests", restart.single() as f64, Goal::AtMost(0.0)));
    rows.push(requests("restart: lists, discovery, start-up", &restart, Goal::None));

    let (mark, gone) = (scene.mark().await?, objects / 2);
    scene.apply_set("large", objects - gone, "1").await?;
    scene.is_ready("large", objects - gone).await?;
    let goal = gone as f64 + (gone as f64 * 0.05).max(3.0);
    rows.push(requests(&format!("prune of {gone}"), &scene.spent(mark).await?, Goal::AtMost(goal)));
    Ok(())
}

/// A provider that polls, and an input that changes.
async fn polls(scene: &Scene, rows: &mut Vec<Row>) -> Result<()> {
    let shop = scene.forge.github("acme/shop");
    shop.opens_many(5);
    scene.apply_pulls().await?;
    scene.is_ready("pulls", 5).await?;
    let mark = scene.mark().await?;
    shop.pushes(2);
    scene.touch_provider("pulls").await?;
    let change = scene.spent(mark).await?.without_provider();
    rows.push(requests("one input changed", &change, Goal::AtMost(3.0)));
    let mark = scene.mark().await?;
    shop.opens("another");
    scene.touch_provider("pulls").await?;
    scene.is_ready("pulls", 6).await?;
    rows.push(requests("one input added", &scene.spent(mark).await?.without_provider(), Goal::AtMost(4.0)));
    // The provider polls each second from now on, and nothing changes.
    scene.polls_each_second("pulls").await?;
    let (mark, asked) = (scene.mark().await?, scene.forge.requests().len());
    tokio::time::sleep(Duration::from_secs(10)).await;
    let polled = scene.forge.requests().len() - asked;
    rows.push(Row::new("unchanged polls in 10 s", "forge requests", polled as f64, Goal::None));
    rows.push(requests("unchanged polls in 10 s", &scene.spent(mark).await?, Goal::AtMost(0.0)));
    scene.rests("pulls").await
}

/// Many sets for which nothing happens.
async fn idle(scene: &Scene, operator: &OperatorProcess, options: &Options, rows: &mut Vec<Row>) -> Result<()> {
    for number in 0..options.sets {
        scene.apply_set(&format!("idle-{number}"), 10, "1").await?;
    }
    for number in 0..options.sets {
        scene.is_ready(&format!("idle-{number}"), 10).await?;
    }
    scene.spent(0).await?;
    let (mark, cpu) = (scene.mark().await?, operator.cpu()?);
    tokio::time::sleep(Duration::from_secs(options.idle)).await;
    let share = (operator.cpu()? - cpu).as_secs_f64() / options.idle as f64 * 100.0;
    let name = format!("{} sets × 10 objects idle for {} s", options.sets, options.idle);
    let spent = scene.spent(mark).await?;
    // What is left asks for the addresses of the API server, which no plugin may dial.
    let busy = Row::new(&name, "writes and lists", (spent.writes() + spent.lists()) as f64, Goal::AtMost(0.0));
    rows.push(busy.detailed(&spent.lines()));
    rows.push(Row::new(&name, "% of a core", share, Goal::AtMost(1.0)));
    rows.push(memory(&format!("memory with {} objects in {} sets", options.sets * 10, options.sets), operator, 60.0)?);
    Ok(())
}
