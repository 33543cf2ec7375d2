//! Compiling foreign plugins: in a child with limits, whose end is an error about the plugin and nothing else.

use crate::bench;
use anyhow::{Context, Result, ensure};
use orangery_sandbox::{AdmitError, CompileFault, Compiler, Limits, PluginSource, PollRequest, Sandbox};
use serde_json::json;
use std::time::{Duration, Instant};

/// Says to the test program that it is to look at its own processor time.
const CHILD: &str = "ORANGERY_TEST_COMPILING";

/// A component that keeps a compiler busy: so many nested blocks, in each a jump to any of those around it.
fn knot(depth: usize) -> Result<Vec<u8>> {
    let jump = |around: usize| {
        let targets: Vec<String> = (0..around).map(|target| target.to_string()).collect();
        format!("(br_table {} (local.get 0))", targets.join(" "))
    };
    let mut body = "(block ".repeat(depth);
    for around in (1..=depth).rev() {
        body.push_str(&format!("(local.set 1 (i32.add (local.get 1) (i32.const {around}))) {})", jump(around)));
    }
    let module = format!("(core module (func (export \"f\") (param i32) (local i32) {body}))");
    Ok(wat::parse_str(format!("(component {module})"))?)
}

/// A compiler that does this instead.
fn shell(script: &str) -> Compiler {
    Compiler::Child { program: "/bin/sh".into(), arguments: vec!["-c".into(), script.into()] }
}

async fn fault(sandbox: &Sandbox, component: &[u8]) -> Result<CompileFault> {
    match sandbox.admit(component, PluginSource::given("x")).await {
        Err(AdmitError::Compile(fault)) => Ok(fault),
        other => anyhow::bail!("not a fault of compiling but {other:?}"),
    }
}

/// The processor time of this process and of those children that have ended, in seconds.
fn spent() -> Result<u64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = stat.rsplit_once(") ").context("a name in parentheses")?;
    let ticks = fields.split(' ').skip(11).take(4).map(str::parse::<u64>).sum::<Result<u64, _>>()?;
    Ok(ticks / 100)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_component_that_keeps_a_compiler_busy_for_minutes_costs_what_the_limit_says() -> Result<()> {
    if std::env::var_os(CHILD).is_none() {
        // In a process of its own, because processor time is that of all tests.
        return bench::alone(
            module_path!(),
            "a_component_that_keeps_a_compiler_busy_for_minutes_costs_what_the_limit_says",
            CHILD,
        );
    }
    let budget = Duration::from_secs(2);
    let limits = Limits { compile_cpu: budget, compile_wall: Duration::from_secs(300), ..Limits::default() };
    let sandbox = bench::limited(limits, &["echoes"]).await?;
    let component = knot(1500)?;
    let before = spent()?;
    let compiling = sandbox.clone();
    let task = tokio::spawn(async move { fault(&compiling, &component).await });
    let mut served = 0;
    while !task.is_finished() {
        let request = PollRequest { consumer: "Kind/neighbours/one".into(), ..bench::question("Echoes", json!({})) };
        sandbox.poll(request).await.result?;
        tokio::time::sleep(Duration::from_millis(20)).await;
        served += 1;
    }
    assert_eq!(task.await??, CompileFault::OutOfCpu { budget });
    let cost = spent()? - before;
    assert!(cost <= 10, "it cost {cost} s of processor time");
    assert!(served >= 5, "the neighbour was served {served} times");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_compiler_that_needs_too_much_memory_ends_alone() -> Result<()> {
    let bytes = 256 * 1024 * 1024;
    let sandbox = bench::sandbox(Limits { compile_memory_bytes: bytes, ..Limits::default() })?;
    assert_eq!(fault(&sandbox, &knot(1500)?).await?, CompileFault::OutOfMemory { bytes });
    bench::admit(&sandbox, "echoes").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_compiler_that_never_ends_is_ended() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let file = dir.path().join("pid");
    let deadline = Duration::from_secs(1);
    let limits = Limits { compile_wall: deadline, ..Limits::default() };
    let sandbox = bench::compiled_by(limits, shell(&format!("echo $$ > {}; exec sleep 1000", file.display())))?;
    let started = Instant::now();
    assert_eq!(fault(&sandbox, &knot(3)?).await?, CompileFault::OutOfTime { deadline });
    assert!(started.elapsed() < 60 * deadline, "{:?}", started.elapsed());
    let process = format!("/proc/{}/stat", std::fs::read_to_string(&file)?.trim());
    let gone = || std::fs::read_to_string(&process).map_or(true, |stat| stat.contains(") Z "));
    let until = Instant::now() + Duration::from_secs(60);
    while !gone() {
        ensure!(Instant::now() < until, "the compiler is still there");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn each_way_for_a_compiler_to_break_is_an_error_that_says_which() -> Result<()> {
    let component = knot(3)?;
    for (compiler, expected) in [
        (shell("kill -KILL $$"), "it cannot be compiled: the compiler ended with signal: 9 (SIGKILL): "),
        (
            shell("echo a bad day >&2; exit 7"),
            "it cannot be compiled: the compiler ended with exit status: 7: a bad day",
        ),
        (
            shell("cat; echo hello"),
            "it cannot be compiled: /bin/sh is not a compiler of plugins: its main must begin with",
        ),
        (
            Compiler::Child { program: "/nowhere/at/all".into(), arguments: Vec::new() },
            "it cannot be compiled: the compiler /nowhere/at/all does not start: No such file or directory",
        ),
        (shell("printf 'orangery compiled plugin 1\\nnonsense'"), "it cannot be compiled: "),
    ] {
        let sandbox = bench::compiled_by(Limits::default(), compiler)?;
        let error = sandbox.admit(&component, PluginSource::given("x")).await.err();
        let said = error.map(|error| error.to_string()).unwrap_or_default();
        assert!(said.starts_with(expected), "{said}");
        assert!(sandbox.plugins().is_empty());
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_compiler_refuses_is_told_in_its_words() -> Result<()> {
    let sandbox = bench::sandbox(Limits::default())?;
    let wrong = wat::parse_str("(component (core module (func (result i32) (i64.const 1))))")?;
    let error = sandbox.admit(&wrong, PluginSource::given("x")).await.err();
    assert!(
        matches!(&error, Some(AdmitError::Malformed(said)) if said.as_str().contains("type mismatch")),
        "{error:?}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_with_the_program_is_compiled_in_a_child_too() -> Result<()> {
    let sandbox = bench::compiled_by(Limits::default(), shell("echo a bad day >&2; exit 7"))?;
    let error = sandbox.admit(&knot(4)?, PluginSource::bundled("x")).await.err();
    let said = error.map(|error| error.to_string()).unwrap_or_default();
    assert!(said.contains("the compiler ended with exit status: 7: a bad day"), "{said}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_child_processes_what_came_with_the_program_is_compiled_all_the_same() -> Result<()> {
    let nowhere = || Compiler::Child { program: "/nowhere/at/all".into(), arguments: Vec::new() };
    let component = knot(5)?;
    let sandbox = bench::compiled_by(Limits::default(), nowhere())?;
    // It is compiled, and then refused for what it is: a component of no world.
    let error = sandbox.admit(&component, PluginSource::bundled("x")).await.err();
    assert!(matches!(error, Some(AdmitError::World(_))), "{error:?}");
    let error = sandbox.admit(&knot(6)?, PluginSource::given("x")).await.err();
    assert!(matches!(error, Some(AdmitError::Compile(CompileFault::NotStarted { .. }))), "{error:?}");
    Ok(())
}
