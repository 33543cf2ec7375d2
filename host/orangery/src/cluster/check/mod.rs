//! `orangery check`: whether an installation can work, and which existing sets and providers would stop or change, before and after it.

mod definitions;
mod existing;
mod finding;
mod installation;
mod operator_rights;
mod rights;

use crate::cli::cluster::{CheckOptions, CheckOutput};
use crate::cluster::connection::{Connection, said};
use crate::cluster::print::{Table, json_text, out, yaml_text};
use crate::exit;
use crate::sandbox;
use definitions::Stage;
use finding::{Finding, Findings, Level};
use orangery_egress::Loopback;
use orangery_sandbox::PluginDescription;
use serde_json::json;
use std::process::ExitCode;

/// The oldest Kubernetes whose server-side apply and validation rules the operator needs.
const OLDEST: (u32, u32) = (1, 29);

pub(in crate::cluster) async fn perform(options: CheckOptions) -> anyhow::Result<ExitCode> {
    let connection = Connection::open(&options.connection).await?;
    let mut findings = Findings::default();
    if server(&connection, &mut findings).await {
        let stage = if options.pre { Stage::BeforeInstallation } else { Stage::Installed };
        definitions::check(&connection, stage, &mut findings).await;
        let account = installation::default_account(&connection, &options).await;
        if options.pre {
            rights::installer(&connection, &mut findings).await;
        } else {
            rights::operator(&connection, &options, &mut findings).await;
            installation::lease(&connection, &options, &mut findings).await;
            installation::deployment(&connection, &options, &mut findings).await;
        }
        let plugins = plugins(&options, &mut findings).await;
        existing::check(&connection, &options, account.as_deref(), &plugins, &mut findings).await;
    }
    out(&match options.output {
        CheckOutput::Table => table(&findings.0).to_string() + &summary(&findings.0),
        CheckOutput::Json => json_text(&value(&findings.0))?,
        CheckOutput::Yaml => yaml_text(&value(&findings.0))?,
    })?;
    Ok(if findings.0.iter().any(|finding| finding.level == Level::Problem) { exit::FAILURE } else { exit::SUCCESS })
}

/// Whether the API server answers; nothing else is checked if it does not.
async fn server(connection: &Connection, findings: &mut Findings) -> bool {
    const AREA: &str = "API server";
    match connection.client.apiserver_version().await {
        Ok(version) => {
            let number = |text: &str| text.trim_end_matches('+').parse::<u32>().unwrap_or_default();
            let (oldest_major, oldest_minor) = OLDEST;
            if (number(&version.major), number(&version.minor)) >= OLDEST {
                findings.good(AREA, "version", version.git_version);
            } else {
                let text = format!("{} is older than v{oldest_major}.{oldest_minor}", version.git_version);
                findings.problem(AREA, "version", text, "update the cluster");
            }
            true
        }
        Err(error) => {
            let next = "look at --kubeconfig, --kube-context and the network";
            findings.problem(AREA, "connection", said(error).to_string(), next);
            false
        }
    }
}

/// What the plugins of this program, and those given, serve.
async fn plugins(options: &CheckOptions, findings: &mut Findings) -> Vec<PluginDescription> {
    const AREA: &str = "plugins";
    match sandbox::open(&options.sandbox, Loopback::Refused, Vec::new()).await {
        Ok(setup) => {
            let plugins = setup.sandbox.plugins();
            let types: usize = plugins.iter().map(|plugin| plugin.types.len()).sum();
            findings.good(AREA, "loaded", format!("{} plugins serve {types} types", plugins.len()));
            plugins
        }
        Err(error) => {
            let error = crate::failure::tell(&error.into());
            findings.problem(AREA, "loaded", error, "`orangery plugin check FILE` says more");
            Vec::new()
        }
    }
}

fn table(findings: &[Finding]) -> Table {
    let mut table = Table::new(&["", "area", "subject", "finding", "what to do"]);
    for finding in findings {
        table.row(vec![
            finding.level.sign().to_owned(),
            finding.area.to_owned(),
            finding.subject.clone(),
            finding.text.clone(),
            finding.next.clone(),
        ]);
    }
    table
}

fn summary(findings: &[Finding]) -> String {
    let count = |level: Level| findings.iter().filter(|finding| finding.level == level).count();
    match (count(Level::Problem), count(Level::Warning)) {
        (0, 0) => "✔ all checks passed\n".to_owned(),
        (0, warnings) => format!("✔ all checks passed, {warnings} warnings\n"),
        (problems, warnings) => format!("✗ {problems} problems, {warnings} warnings\n"),
    }
}

fn value(findings: &[Finding]) -> serde_json::Value {
    let passed = !findings.iter().any(|finding| finding.level == Level::Problem);
    json!({"passed": passed, "findings": findings})
}
