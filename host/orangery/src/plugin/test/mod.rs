//! `orangery plugin test`: YAML cases against the real component in the real sandbox, with a scripted network
//! (`docs/plugin-cases.md`).

mod case;
mod compare;
mod script;

use crate::cli::{PluginTestOptions, SandboxOptions};
use crate::exit;
use crate::sandbox;
use anyhow::{Context, bail};
use case::Case;
use orangery_core::selection::{BudgetedFilter, Filter};
use orangery_egress::Loopback;
use orangery_egress::{Credential, CredentialKind, Grant, HttpLimits, Origin, SessionSpec, TlsSettings};
use orangery_sandbox::{PluginDescription, PollFilter, PollReport, PollRequest, Sandbox};
use script::CaseScript;
use std::process::ExitCode;
use std::sync::Arc;

/// Runs the cases; one that fails prints a diff.
///
/// # Errors
/// The component or the cases cannot be read.
pub async fn perform(options: &PluginTestOptions) -> anyhow::Result<ExitCode> {
    let given = options.plugin.clone().into_iter().collect();
    // The network is scripted and there is no credential, so a case may test a plugin that would replace a built-in one.
    let chosen = SandboxOptions { plugins: given, allow_shadowing: true, ..SandboxOptions::default() };
    let setup = sandbox::open(&chosen, Loopback::Refused, Vec::new()).await?;
    let cases = case::read(&options.cases)?;
    let chosen: Vec<&Case> = cases
        .iter()
        .filter(|case| options.only.as_ref().is_none_or(|only| case.expectation.name.contains(only.as_str())))
        .collect();
    if chosen.is_empty() {
        bail!(
            "{} holds no case{}",
            options.cases.display(),
            options.only.as_ref().map_or_else(String::new, |only| format!(" whose name contains {only:?}"))
        );
    }
    let mut failed = 0_usize;
    for case in &chosen {
        match run(&setup.sandbox, case).await {
            Ok(()) => println!("✔ {}", case.expectation.name),
            Err(why) => {
                failed += 1;
                println!("✗ {} ({})\n{}", case.expectation.name, case.place, indent(&format!("{why:#}")));
            }
        }
    }
    println!("{} passed, {failed} failed", chosen.len() - failed);
    Ok(if failed == 0 { exit::SUCCESS } else { exit::FAILURE })
}

/// Runs one case.
async fn run(sandbox: &Sandbox, case: &Case) -> anyhow::Result<()> {
    let provider_type = &case.expectation.provider_type;
    let served = sandbox.served_type(provider_type).with_context(|| {
        format!("no loaded plugin serves the type {provider_type}; give the component with --plugin")
    })?;
    let server = sandbox.server_of(provider_type);
    let plugins = sandbox.plugins();
    let plugin = plugins
        .iter()
        .find(|plugin| Some(&plugin.plugin) == server.as_ref())
        .with_context(|| format!("no loaded plugin serves the type {provider_type}"))?;
    let filter = Filter::parse(&case.filter, &served).context("filter")?;
    let script = Arc::new(CaseScript::new(case));
    let wants = BudgetedFilter::new(filter.clone());
    let request = PollRequest {
        consumer: format!("case/{}", case.expectation.name).into(),
        provider_type: provider_type.clone(),
        url: case.expectation.url.clone(),
        filter: PollFilter {
            include: filter.include().map(ToOwned::to_owned),
            exclude: filter.exclude().map(ToOwned::to_owned),
            labels: filter.labels().to_vec(),
            semver: filter.semver().map(ToOwned::to_owned),
        },
        config: case.expectation.config.clone().unwrap_or(serde_json::Value::Null),
        session: session(case, plugin, Arc::clone(&script)),
        wants: Arc::new(move |name, labels| wants.wants(name, labels)),
        deadline: sandbox.limits().poll_wall,
    };
    // What the plugin logs is shown while it runs.
    let PollReport { result, .. } = sandbox.poll(request).await;
    let mut problems = script.problems();
    if let Err(difference) = compare::compare(&case.expectation.expect, &result, &served) {
        problems.insert(0, difference);
    }
    if problems.is_empty() {
        return Ok(());
    }
    bail!("{}", problems.join("\n"))
}

/// What the plugin may reach: the origin of the URL, and what it asks for itself.
fn session(case: &Case, plugin: &PluginDescription, script: Arc<CaseScript>) -> SessionSpec {
    let own = Origin::of_url(&case.expectation.url).ok();
    let wanted = plugin
        .manifest
        .wants
        .iter()
        .filter(|want| want.for_url.as_deref().is_none_or(|url| Origin::of_url(url).ok() == own))
        .filter_map(|want| Origin::of_url(&want.origin).ok());
    let origins: Vec<Origin> = own.clone().into_iter().chain(wanted).collect();
    SessionSpec {
        consumer: case.expectation.name.clone(),
        grants: origins.into_iter().map(Grant::reading).collect(),
        credentials: plugin
            .credential_names()
            .into_iter()
            .map(|name| Credential::new(name, CredentialKind::Anonymous, []))
            .collect(),
        tls: TlsSettings::default(),
        limits: HttpLimits::default(),
        deadline: None,
        script: Some(script),
    }
}

fn indent(text: &str) -> String {
    text.lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}
