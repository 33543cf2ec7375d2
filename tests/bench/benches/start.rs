//! Starting and resting: the operator beside a program that only starts a runtime and connects to the same API server.
//! `cargo xtask bench start`.
//!
//! Three ways to start: with the machine code of its plugins in the program's file, as released; from a filled cache; with neither,
//! as a plain `cargo build` starts for the first time. The API server is that of the tests, so the first run builds it.

use anyhow::{Context, Result, ensure};
use orangery::run::Surroundings;
use orangery_test_apiserver::Cluster;
use orangery_test_bench::started::{Rest, Start, Started, free_address, is_ready};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

/// Names another build of the operator to measure; otherwise it is this program.
const PROGRAM: &str = "ORANGERY_BENCH_PROGRAM";
/// What cargo says to a program that is to measure. With other words this program is the operator.
const MEASURE: &str = "--bench";
const ROUNDS: usize = 5;
/// What happens after a start is over by then.
const SETTLE: Duration = Duration::from_secs(10);

/// One way to start.
struct Contender {
    name: &'static str,
    program: PathBuf,
    cache: Cache,
}

/// The folder of compiled plugins at the start.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cache {
    Empty,
    Filled,
}

fn main() -> Result<ExitCode> {
    if std::env::args().nth(1).is_some_and(|word| word != MEASURE) {
        return Ok(orangery::command::main(&Surroundings::default()));
    }
    let folder = tempfile::tempdir()?;
    let cluster = Cluster::start()?;
    tokio::runtime::Runtime::new()?.block_on(cluster.install_our_crds())?;
    measure(folder.path(), &cluster)?;
    Ok(ExitCode::SUCCESS)
}

fn measure(folder: &Path, cluster: &Cluster) -> Result<()> {
    let this = std::env::var_os(PROGRAM).map_or_else(std::env::current_exe, |program| Ok(program.into()))?;
    let released = folder.join("released");
    let made =
        Command::new(&this).args(["plugin", "precompile", "--out"]).arg(&released).stdout(Stdio::null()).status()?;
    ensure!(made.success(), "the machine code cannot be attached");
    let contenders = [
        Contender { name: "machine code in the program", program: released, cache: Cache::Empty },
        Contender { name: "from the cache", program: this.clone(), cache: Cache::Filled },
        Contender { name: "compiled at the start", program: this, cache: Cache::Empty },
    ];
    println!("\nuntil ready and {} s later; ratios to a program that only connects", SETTLE.as_secs());
    println!(
        "{:<30} {:>8} {:>8} {:>8} {:>8} {:>9} | ratios: cpu, MiB",
        "", "wall ms", "cpu ms", "MiB", "own MiB", "cpu ms/s"
    );
    let (start, rest) = middle(|| connect(cluster))?;
    row("only connects", start, rest, None);
    for contender in &contenders {
        let figures = middle(|| operate(contender, folder, cluster))?;
        row(contender.name, figures.0, figures.1, Some((start, rest)));
    }
    Ok(())
}

/// The program that only connects.
fn connect(cluster: &Cluster) -> Result<(Start, Rest)> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_orangery-bench-connect"));
    command.arg(cluster.kubeconfig_path()).stdout(Stdio::piped()).stdin(Stdio::null());
    let mut started = Started::start(&mut command)?;
    let start = started.until(|child| {
        // Blocks until the line is there.
        let mut line = String::new();
        let read =
            child.stdout.take().map(|out| std::io::BufRead::read_line(&mut std::io::BufReader::new(out), &mut line));
        matches!(read, Some(Ok(_))) && line == "connected\n"
    })?;
    Ok((start, started.rest(SETTLE)?))
}

/// The operator.
fn operate(contender: &Contender, folder: &Path, cluster: &Cluster) -> Result<(Start, Rest)> {
    let cache = folder.join(if contender.cache == Cache::Filled { "filled" } else { "empty" });
    if contender.cache == Cache::Empty && cache.exists() {
        fs::remove_dir_all(&cache)?;
    }
    if contender.cache == Cache::Filled && !cache.exists() {
        let mut filled = Command::new(&contender.program);
        filled.args(["plugin", "list", "--plugin-cache"]).arg(&cache);
        ensure!(filled.stdout(Stdio::null()).status()?.success(), "the cache cannot be filled");
    }
    let health = free_address()?;
    let mut command = Command::new(&contender.program);
    command.args(["run", "--no-leader-election", "--metrics-addr", "none", "--health-addr", &health.to_string()]);
    command.arg("--kubeconfig").arg(cluster.kubeconfig_path()).arg("--plugin-cache").arg(&cache);
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let mut started = Started::start(&mut command)?;
    let start = started.until(|_| is_ready(health)).context(contender.name)?;
    Ok((start, started.rest(SETTLE)?))
}

/// The middle one of each figure over some rounds.
fn middle(mut round: impl FnMut() -> Result<(Start, Rest)>) -> Result<(Start, Rest)> {
    let all = (0..ROUNDS).map(|_| round()).collect::<Result<Vec<_>>>()?;
    let of = |figure: &dyn Fn(&(Start, Rest)) -> f64| {
        let mut figures: Vec<f64> = all.iter().map(figure).collect();
        figures.sort_unstable_by(f64::total_cmp);
        figures.get(ROUNDS / 2).copied().unwrap_or_default()
    };
    let seconds = |figure: &dyn Fn(&(Start, Rest)) -> Duration| {
        Duration::from_secs_f64(of(&|figures| figure(figures).as_secs_f64()))
    };
    let start = Start { wall: seconds(&|(start, _)| start.wall), cpu: seconds(&|(start, _)| start.cpu) };
    let rest = Rest {
        resident_mib: of(&|(_, rest)| rest.resident_mib),
        anonymous_mib: of(&|(_, rest)| rest.anonymous_mib),
        cpu: seconds(&|(_, rest)| rest.cpu),
    };
    Ok((start, rest))
}

fn row(name: &str, start: Start, rest: Rest, against: Option<(Start, Rest)>) {
    let ms = |duration: Duration| duration.as_secs_f64() * 1e3;
    let (wall, cpu, idle) = (ms(start.wall), ms(start.cpu), ms(rest.cpu));
    let (resident, own) = (rest.resident_mib, rest.anonymous_mib);
    print!("{name:<30} {wall:>8.0} {cpu:>8.0} {resident:>8.1} {own:>8.1} {idle:>9.1}");
    match against {
        Some((start, rest)) => {
            println!(" | {:.1}, {:.1}", cpu / ms(start.cpu).max(1.0), resident / rest.resident_mib);
        }
        None => println!(),
    }
}
