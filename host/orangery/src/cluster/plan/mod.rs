//! `orangery plan`: what the operator would do with a set now, without doing it.

mod forecast;
mod operator;
mod print;
mod subject;

use crate::cli::cluster::{PlanCommand, PlanOptions, PlanOutput};
use crate::cluster::connection::Connection;
use crate::cluster::print::{json_text, out};
use crate::exit;
use crate::sandbox;
use anyhow::{Context as _, anyhow};
use forecast::Forecast;
use kube::ResourceExt as _;
use orangery_cluster::KubernetesPreview;
use orangery_controller::pipeline::{Pipeline, build};
use orangery_controller::preview;
use orangery_core::keys;
use orangery_core::spec::SetSpec;
use std::process::ExitCode;

/// As kubectl diff: 0 nothing would change, 1 something would, 2 the plan could not be made or part of it would fail.
pub(in crate::cluster) async fn perform(command: PlanCommand) -> ExitCode {
    let PlanCommand::ResourceSet(options) = command;
    match plan(&options).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("✗ {}", crate::failure::tell(&error));
            exit::plan_failed()
        }
    }
}

async fn plan(options: &PlanOptions) -> anyhow::Result<ExitCode> {
    let connection = Connection::open(&options.connection).await?;
    let subject = subject::read(&connection, options).await?;
    let spec = SetSpec::try_from(&subject.set).map_err(|error| anyhow!("{}: {error}", error.field))?;
    let sandbox = sandbox::open_renderer(&options.sandbox, build::renderer(&spec)).await?;
    let settings = operator::settings(&connection, options).await;
    let account = subject.set.spec.service_account_name.as_ref().or(settings.default_account.as_ref());
    let account = account.map(String::as_str).filter(|_| options.impersonate);
    let target = KubernetesPreview::new(connection.config().clone(), settings.override_managers);
    let pipeline = Pipeline { sandbox, guard: settings.guard };
    let report =
        preview::reconcile(&pipeline, &subject.set, account, &subject.providers, &target, crate::run::now()).await;
    let report = report.map_err(|error| anyhow!("{}: {error}", error.field))?;
    let mut forecast = Forecast::of(&spec, &preview::ledger(&subject.set), &report, &target.changed())
        .with_context(|| format!("nothing of ResourceSet/{} can be planned", spec.name))?;
    forecast.settings = settings.source;
    let suspended = subject.set.annotations().get(keys::RECONCILE);
    if suspended.is_some_and(|word| word.eq_ignore_ascii_case("disabled")) {
        forecast.warnings.push("the set is suspended: nothing of this happens until it is resumed".to_owned());
    }
    out(&match options.output {
        PlanOutput::Text => print::text(&forecast),
        PlanOutput::Json => json_text(&forecast)?,
        PlanOutput::Markdown => print::markdown(&forecast),
    })?;
    Ok(match (forecast.fails(), forecast.changes()) {
        (true, _) => exit::plan_failed(),
        (false, true) => exit::plan_changes(),
        (false, false) => exit::SUCCESS,
    })
}
