//! The settings of the operator that decide what it would do: its guard, and whose fields it takes over. They stand in the arguments of
//! its Deployment; flags of the command overrule them.

use crate::cli::cluster::PlanOptions;
use crate::cli::{Arguments, Command, GuardDefault, RunOptions};
use crate::cluster::connection::{Connection, said};
use crate::cluster::look::version::OPERATOR;
use clap::Parser as _;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Container;
use kube::ResourceExt as _;
use kube::api::{Api, ListParams};
use orangery_core::GuardPolicy;

/// The environment variable that stands for `--override-manager`.
const MANAGERS: &str = "OVERRIDE_MANAGERS";

/// The settings of the operator.
pub(super) struct OperatorSettings {
    pub(super) guard: GuardPolicy,
    /// Field managers that are taken over from.
    pub(super) override_managers: Vec<String>,
    /// The account that sets without one are applied as.
    pub(super) default_account: Option<String>,
    /// Where they come from, for people.
    pub(super) source: String,
}

/// Reads the settings from the operator's Deployment. Where there is none, or it cannot be read, they are the defaults, and
/// `source` says so.
pub(super) async fn settings(connection: &Connection, options: &PlanOptions) -> OperatorSettings {
    let namespace = &options.operator_namespace;
    let api: Api<Deployment> = Api::namespaced(connection.client.clone(), namespace);
    let mut settings = match api.list(&ListParams::default().labels(OPERATOR)).await {
        Err(error) => defaults(format!("Deployments of {namespace} cannot be listed: {}", said(error))),
        Ok(found) => match found.items.iter().find_map(|one| Some((one.name_any(), operator(one)?))) {
            None => defaults(format!("{namespace} has no Deployment with the label {OPERATOR}")),
            Some((name, Ok(settings))) => {
                OperatorSettings { source: format!("Deployment/{namespace}/{name}"), ..settings }
            }
            Some((name, Err(error))) => {
                defaults(format!("the arguments of Deployment/{namespace}/{name} cannot be read: {error}"))
            }
        },
    };
    let guard = &mut settings.guard;
    if let Some(given) = options.prune_guard {
        guard.on = given == GuardDefault::On;
    }
    guard.thresholds.share = options.prune_guard_share.unwrap_or(guard.thresholds.share);
    guard.thresholds.floor = options.prune_guard_floor.unwrap_or(guard.thresholds.floor);
    settings
}

fn defaults(why: String) -> OperatorSettings {
    OperatorSettings {
        guard: GuardPolicy::default(),
        override_managers: Vec::new(),
        default_account: None,
        source: format!("the defaults, because {why}"),
    }
}

/// The settings of a Deployment; `None` if it has no container that runs the operator.
fn operator(deployment: &Deployment) -> Option<Result<OperatorSettings, String>> {
    let containers = &deployment.spec.as_ref()?.template.spec.as_ref()?.containers;
    containers.iter().find_map(|container| {
        let arguments = container.command.iter().chain(&container.args).flatten();
        let arguments: Vec<&str> = arguments.map(String::as_str).skip_while(|argument| *argument != "run").collect();
        (!arguments.is_empty()).then(|| of_arguments(container, &arguments))
    })
}

fn of_arguments(container: &Container, arguments: &[&str]) -> Result<OperatorSettings, String> {
    let parsed = Arguments::try_parse_from(std::iter::once(&"orangery").chain(arguments));
    let parsed = parsed.map_err(|error| error.to_string().lines().next().unwrap_or_default().to_owned())?;
    let Command::Run(options) = parsed.command else { return Err("they do not run the operator".to_owned()) };
    let RunOptions { override_managers, default_service_account, .. } = &*options;
    let variable = |name: &str| container.env.iter().flatten().find(|env| env.name == name)?.value.clone();
    let managers = || Some(variable(MANAGERS)?.split(',').map(|name| name.trim().to_owned()).collect());
    Ok(OperatorSettings {
        guard: crate::run::guard(&options),
        override_managers: Some(override_managers.clone())
            .filter(|names| !names.is_empty())
            .or_else(managers)
            .unwrap_or_default(),
        default_account: default_service_account.clone().or_else(|| variable("DEFAULT_SERVICE_ACCOUNT")),
        source: String::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn of(container: Value) -> Option<Result<OperatorSettings, String>> {
        let spec = json!({"selector": {}, "template": {"spec": {"containers": [{"name": "sidecar"}, container]}}});
        operator(&serde_json::from_value(json!({"spec": spec})).unwrap())
    }

    #[test]
    fn the_arguments_of_the_container_are_those_of_the_operator() {
        let arguments = [
            "run",
            "--prune-guard-share=80",
            "--prune-guard-floor",
            "2",
            "--override-manager=a,b",
            "--default-service-account=flux",
        ];
        let settings = of(json!({"name": "orangery", "args": arguments})).unwrap().ok().unwrap();
        assert_eq!((settings.guard.on, settings.guard.thresholds.to_string().as_str()), (true, "80/2"));
        assert_eq!(
            (settings.override_managers, settings.default_account),
            (vec!["a".to_owned(), "b".to_owned()], Some("flux".to_owned()))
        );
        let off = of(json!({"name": "orangery", "command": ["/orangery", "run"], "args": ["--prune-guard=off"],
            "env": [{"name": MANAGERS, "value": "c, d"}]}));
        let off = off.unwrap().ok().unwrap();
        assert_eq!((off.guard.on, off.override_managers), (false, vec!["c".to_owned(), "d".to_owned()]));
    }

    #[test]
    fn what_is_no_operator_or_another_version_has_no_settings() {
        assert!(of(json!({"name": "other", "args": ["serve"]})).is_none());
        let newer = of(json!({"name": "orangery", "args": ["run", "--from-the-future"]})).unwrap();
        assert!(newer.is_err_and(|error| error.contains("--from-the-future")));
    }
}
