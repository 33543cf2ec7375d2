//! The bench of the tests: a sandbox with some guests, and the short ways to ask it.

use anyhow::{Context, Result, bail, ensure};
use orangery_core::PollOutcome;
use orangery_egress::{Egress, Loopback, Policy, SessionSpec};
use orangery_sandbox::{
    CallError, Compiler, EvaluatorSource, Fault, Limits, PluginSource, PollFilter, PollReport, PollRequest,
    Precompiled, Sandbox, SandboxConfig,
};
use serde_json::{Map, Value};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

/// The built-in evaluator.
pub(crate) fn evaluator() -> EvaluatorSource {
    let built_in = orangery_bundled::evaluator();
    EvaluatorSource { bytes: built_in.bytes, digest: built_in.digest }
}

/// Runs one test of this program in a process of its own, which finds the variable set. `module` is the `module_path!()` of the
/// test: a name that no test has would pass without running anything.
pub(crate) fn alone(module: &str, test: &str, variable: &str) -> Result<()> {
    let (_, module) = module.split_once("::").context("a module of this program")?;
    let mut command = Command::new(std::env::current_exe().context("asking for the path of this program")?);
    let output = command.args(["--exact", &format!("{module}::{test}")]).env(variable, "1").output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(
        output.status.success() && said.contains("test result: ok. 1 passed"),
        "{}: {said}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

/// Compiled components are kept between runs, in the target directory that this test program lies in.
fn cache() -> Result<PathBuf> {
    let exe = std::env::current_exe().context("asking for the path of this program")?;
    let target = exe.ancestors().find(|dir| dir.join("CACHEDIR.TAG").exists());
    Ok(target.context("the test program is not in a target directory")?.join("sandbox-plugins"))
}

/// A sandbox whose door may reach loopback servers.
pub(crate) fn sandbox(limits: Limits) -> Result<Sandbox> {
    compiled_by(limits, compiler())
}

/// The compiler of this package, as the operator is its own.
pub(crate) fn compiler() -> Compiler {
    Compiler::Child { program: env!("CARGO_BIN_EXE_orangery-test-compiler").into(), arguments: Vec::new() }
}

/// The same with another compiler.
pub(crate) fn compiled_by(limits: Limits, compiler: Compiler) -> Result<Sandbox> {
    let policy =
        Policy { loopback: Loopback::Allowed, forbidden_addresses: vec!["127.0.0.9".parse()?], ..Policy::default() };
    Ok(Sandbox::start(SandboxConfig {
        cache_dir: Some(cache()?),
        limits,
        egress: Egress::new(policy)?,
        evaluator: evaluator(),
        compiler,
        precompiled: Precompiled::default(),
    })?)
}

/// A sandbox whose evaluator is compiled. The first one compiles it; the others find it done.
pub(crate) async fn evaluating(limits: Limits) -> Result<Sandbox> {
    static COMPILED: tokio::sync::OnceCell<()> = tokio::sync::OnceCell::const_new();
    let compile = || async {
        sandbox(Limits::default())?.evaluations("test").holds("true", &Value::Null).await?.ok();
        anyhow::Ok(())
    };
    COMPILED.get_or_try_init(compile).await?;
    sandbox(limits)
}

/// A sandbox with these guests, under the default limits.
pub(crate) async fn with(guests: &[&str]) -> Result<Sandbox> {
    limited(Limits::default(), guests).await
}

/// A sandbox with these guests.
pub(crate) async fn limited(limits: Limits, guests: &[&str]) -> Result<Sandbox> {
    let sandbox = evaluating(limits).await?;
    for guest in guests {
        admit(&sandbox, guest).await?;
    }
    Ok(sandbox)
}

/// Admits a guest as if the user had given it.
pub(crate) async fn admit(sandbox: &Sandbox, guest: &str) -> Result<()> {
    let bytes = orangery_test_guests::bytes(guest)?;
    sandbox.admit(&bytes, PluginSource::given(guest)).await.with_context(|| guest.to_owned())?;
    Ok(())
}

/// Why a guest is not admitted.
pub(crate) async fn refusal(sandbox: &Sandbox, guest: &str) -> Result<String> {
    let bytes = orangery_test_guests::bytes(guest)?;
    match sandbox.admit(&bytes, PluginSource::given(guest)).await {
        Ok(plugin) => bail!("{plugin} was admitted"),
        Err(error) => Ok(error.to_string()),
    }
}

/// A poll without grants.
pub(crate) fn question(provider_type: &str, config: Value) -> PollRequest {
    PollRequest {
        consumer: "ResourceSetInputProvider/test/one".into(),
        provider_type: provider_type.into(),
        url: String::new(),
        filter: PollFilter::default(),
        config,
        session: SessionSpec::default(),
        wants: Arc::new(|_, _| true),
        deadline: Limits::default().poll_wall,
    }
}

/// Polls without grants.
pub(crate) async fn poll(sandbox: &Sandbox, kind: &str, config: Value) -> PollReport {
    sandbox.poll(question(kind, config)).await
}

/// The attributes of the only input.
pub(crate) fn told(report: &PollReport) -> Result<&Map<String, Value>> {
    match &report.result {
        Ok(PollOutcome::Complete(found)) if found.inputs.len() == 1 => {
            Ok(&found.inputs.first().context("there is one")?.attributes)
        }
        other => bail!("not one input but {other:?}"),
    }
}

/// How the plugin broke.
pub(crate) fn fault(report: PollReport) -> Result<Fault> {
    match report.result {
        Err(CallError::Faulted { fault, .. }) => Ok(fault),
        other => bail!("no fault but {other:?}"),
    }
}
