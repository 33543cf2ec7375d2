//! What the values mean, and what is refused.

use anyhow::{Context as _, Result, ensure};
use clap::Parser as _;
use orangery::cli::cluster::ClusterCommand;
use orangery::cli::{Arguments, Command, OwnRightsFlag, ReceiversFlag, RunOptions};
use orangery_test_chart::manifests::{of_kind, text};
use orangery_test_chart::{Helm, chart};
use serde_json::{Value, json};

fn container(objects: &[Value]) -> Result<&Value> {
    let deployments = of_kind(objects, "Deployment");
    deployments.first().and_then(|one| one.pointer("/spec/template/spec/containers/0")).context("a container")
}

/// The command line of the container, as the program understands it.
fn command_line(objects: &[Value]) -> Result<RunOptions> {
    let arguments = container(objects)?.get("args").and_then(Value::as_array).context("arguments")?;
    let arguments = arguments.iter().filter_map(Value::as_str);
    match Arguments::try_parse_from(std::iter::once("orangery").chain(arguments))?.command {
        Command::Run(options) => Ok(*options),
        other => anyhow::bail!("{other:?}"),
    }
}

fn names(objects: &[Value], kind: &str) -> Vec<String> {
    of_kind(objects, kind).into_iter().map(|object| text(object, "/metadata/name").to_owned()).collect()
}

#[test]
fn the_chart_passes_the_strict_linter_and_has_the_version_of_the_program() -> Result<()> {
    let helm = Helm::offline()?;
    let said = helm.run(&["lint", "--strict", &chart().display().to_string()])?;
    ensure!(said.contains("0 chart(s) failed") && !said.contains("WARNING"), "{said}");
    let shown = helm.run(&["show", "chart", &chart().display().to_string()])?;
    let version = env!("CARGO_PKG_VERSION");
    for line in [format!("version: {version}\n"), format!("appVersion: {version}\n")] {
        ensure!(shown.contains(&line), "{line:?} is not in\n{shown}");
    }
    Ok(())
}

#[test]
fn nothing_lists_secrets_where_changes_of_labelled_ones_need_not_be_noticed() -> Result<()> {
    let lists = |values: &[&str]| -> Result<bool> {
        let objects = Helm::offline()?.objects(values)?;
        let rules =
            of_kind(&objects, "ClusterRole").into_iter().filter(|role| text(role, "/metadata/name") == "orangery");
        let rules: Vec<Value> = rules.filter_map(|role| role.get("rules")?.as_array().cloned()).flatten().collect();
        ensure!(!rules.is_empty(), "the operator has a role");
        let has = |rule: &Value, field: &str, word: &str| {
            rule.get(field).and_then(Value::as_array).is_some_and(|all| all.iter().any(|one| one == word))
        };
        Ok(rules.iter().any(|rule| has(rule, "resources", "secrets") && has(rule, "verbs", "list")))
    };
    assert!(lists(&[])?);
    assert!(!lists(&["--set", "rbac.watchConfigs=false"])?);
    Ok(())
}

#[test]
fn webhooks_are_off_and_with_them_come_flag_port_service_and_rights() -> Result<()> {
    let has_rule = |objects: &[Value], resource: &str| -> bool {
        let roles = of_kind(objects, "ClusterRole");
        let rules = roles.iter().filter_map(|role| role.get("rules")?.as_array()).flatten();
        rules.into_iter().any(|rule| {
            rule.get("resources").and_then(Value::as_array).is_some_and(|all| all.iter().any(|one| one == resource))
        })
    };
    let off = Helm::offline()?.objects(&[])?;
    assert_eq!(command_line(&off)?.hooks.hooks_addr.0, None);
    assert!(!has_rule(&off, "receivers/status"));

    let on = Helm::offline()?.objects(&["--set", "hooks.enabled=true,hooks.noCrossNamespaceRefs=true"])?;
    let hooks = command_line(&on)?.hooks;
    assert_eq!(hooks.hooks_addr.0.map(|address| address.port()), Some(9292));
    assert!(hooks.no_cross_namespace_refs);
    assert_eq!(hooks.serve_receivers, ReceiversFlag::Unclaimed);
    assert_eq!(names(&on, "Service"), ["orangery", "webhook-receiver"]);
    assert!(has_rule(&on, "receivers/status"));

    let own = Helm::offline()?.objects(&["--set", "hooks.enabled=true,hooks.receivers=never"])?;
    assert_eq!(command_line(&own)?.hooks.serve_receivers, ReceiversFlag::Never);
    assert!(!has_rule(&own, "receivers/status"), "providers have hooks without rights on Flux's kinds");
    Ok(())
}

#[test]
fn by_default_sets_are_applied_as_an_account_of_their_namespace() -> Result<()> {
    let objects = Helm::offline()?.objects(&[])?;
    let options = command_line(&objects)?;
    assert_eq!(options.default_service_account.as_deref(), Some("flux"));
    assert_eq!(options.own_rights, OwnRightsFlag::OwnNamespace);
    assert!(options.elects_a_leader());
    assert!(objects.iter().all(|object| text(object, "/roleRef/name") != "cluster-admin"));
    let deployments = of_kind(&objects, "Deployment");
    assert_eq!(deployments.first().and_then(|one| one.pointer("/spec/replicas")), Some(&json!(2)));
    for kind in ["PodDisruptionBudget", "NetworkPolicy", "Service"] {
        assert_eq!(names(&objects, kind), ["orangery"]);
    }
    assert_eq!(names(&objects, "ServiceMonitor"), Vec::<String>::new());
    Ok(())
}

#[test]
fn the_test_of_the_release_is_a_command_of_ours_about_the_operators_account() -> Result<()> {
    let objects = Helm::offline()?.objects(&["--set", "serviceAccount.name=gardener"])?;
    let pods = of_kind(&objects, "Pod");
    let arguments = pods.first().and_then(|pod| pod.pointer("/spec/containers/0/args")).and_then(Value::as_array);
    let arguments = arguments.context("arguments")?.iter().filter_map(Value::as_str);
    let command = Arguments::try_parse_from(std::iter::once("orangery").chain(arguments))?.command;
    let Command::Cluster(command) = command else { anyhow::bail!("{command:?}") };
    let ClusterCommand::Check(options) = *command else { anyhow::bail!("{command:?}") };
    assert_eq!(options.operator_account, "gardener");
    Ok(())
}

#[test]
fn multitenancy_means_what_it_means_in_flux_operators_chart_once_it_is_given() -> Result<()> {
    let helm = Helm::offline()?;
    let on = helm.objects(&["--set", "multitenancy.enabled=true"])?;
    assert_eq!(command_line(&on)?.default_service_account.as_deref(), Some("flux-operator"));
    let named = helm.objects(&["--set", "multitenancy.enabled=true,multitenancy.defaultServiceAccount=deployer"])?;
    assert_eq!(command_line(&named)?.default_service_account.as_deref(), Some("deployer"));

    let off = helm.objects(&["--set", "multitenancy.enabled=false"])?;
    let options = command_line(&off)?;
    assert_eq!((options.default_service_account, options.own_rights), (None, OwnRightsFlag::AllNamespaces));
    let bound = of_kind(&off, "ClusterRoleBinding");
    let bound = bound.iter().find(|one| text(one, "/roleRef/name") == "cluster-admin").context("a binding")?;
    assert_eq!(
        bound.get("subjects"),
        Some(&json!([{"kind": "ServiceAccount", "name": "orangery", "namespace": "orangery-system"}]))
    );
    Ok(())
}

#[test]
fn definitions_stay_when_the_release_goes_and_can_be_left_to_another_one() -> Result<()> {
    let helm = Helm::offline()?;
    let objects = helm.objects(&[])?;
    let definitions = of_kind(&objects, "CustomResourceDefinition");
    assert_eq!(definitions.len(), 2);
    for definition in definitions {
        assert_eq!(text(definition, "/metadata/annotations/helm.sh~1resource-policy"), "keep");
    }
    let without = helm.objects(&["--set", "installCRDs=false"])?;
    assert!(of_kind(&without, "CustomResourceDefinition").is_empty());
    assert_eq!(without.len() + 2, objects.len(), "nothing else goes");
    Ok(())
}

#[test]
fn values_that_mean_nothing_here_are_refused_with_what_to_do_instead() -> Result<()> {
    let helm = Helm::offline()?;
    for (given, word) in [
        ("web.ingress.enabled=true", "docs/migrate.md"),
        ("reporting.interval=5m", "serviceMonitor.create"),
        ("marketplace.type=aws", "marketplace"),
        ("healthcheck.enabled=true", "helm test"),
        ("multitenancy.enabledForWorkloadIdentity=true", "spec.secretRef"),
        ("multitenancy.enabled=false,multitenancy.defaultServiceAccount=flux", "remove one of them"),
        ("serviceAccount.create=false", "serviceAccount.name"),
        // The schema.
        ("replica=3", "'replica' not allowed"),
        ("replicas=many", "/replicas"),
        ("extraArgs={concurrent=5}", "/extraArgs/0"),
        ("image.digest=latest", "/image/digest"),
        ("networkPolicy.egressExcept={169.254.169.254}", "/networkPolicy/egressExcept/0"),
        ("apiPriority.extraServiceAccounts[0].name=flux", "namespace"),
    ] {
        let Err(refused) = helm.renders(&["--set", given]) else { anyhow::bail!("{given} is accepted") };
        ensure!(format!("{refused}").contains(word), "{given}: {word:?} is not in {refused}");
    }
    Ok(())
}

#[test]
fn every_value_of_the_file_is_described_by_the_schema_and_the_other_way_round() -> Result<()> {
    let values = orangery_test_chart::manifests::objects(&std::fs::read_to_string(chart().join("values.yaml"))?)?;
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(chart().join("values.schema.json"))?)?;
    let mut described = Vec::new();
    keys_of_schema(&schema, "", &mut described);
    let mut given = Vec::new();
    keys(values.first().context("values")?, &schema, "", &mut given);
    // Helm's own, and what is only there to be refused in words.
    let silent = ["global", "web", "marketplace", "reporting", "healthcheck"].map(|name| format!("/{name}"));
    let workload = ["/multitenancy/enabledForWorkloadIdentity", "/multitenancy/defaultWorkloadIdentityServiceAccount"];
    described.retain(|key| !silent.contains(key) && !workload.contains(&key.as_str()));
    described.sort();
    given.sort();
    assert_eq!(given, described);
    Ok(())
}

fn keys_of_schema(schema: &Value, at: &str, into: &mut Vec<String>) {
    for (name, inner) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let here = format!("{at}/{name}");
        keys_of_schema(inner, &here, into);
        into.push(here);
    }
}

/// The keys of the values, down to where the schema allows any.
fn keys(values: &Value, schema: &Value, at: &str, into: &mut Vec<String>) {
    if schema.get("properties").is_none() {
        return;
    }
    for (name, inner) in values.as_object().into_iter().flatten() {
        let here = format!("{at}/{name}");
        keys(inner, schema.pointer(&format!("/properties/{name}")).unwrap_or(&Value::Null), &here, into);
        into.push(here);
    }
}

#[test]
fn everything_that_can_be_said_about_the_pod_reaches_it() -> Result<()> {
    let objects = Helm::offline()?.objects(&[
        "--set",
        "image.repository=registry.example/orangery,logLevel=debug,extraArgs={--concurrent=3,--prune-guard=off}",
        "--set",
        "image.digest=sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "--set-json",
        r#"extraEnvs=[{"name":"HTTPS_PROXY","value":"http://proxy:3128"}]"#,
        "--set-json",
        r#"extraVolumes=[{"name":"plugins","configMap":{"name":"plugins"}}]"#,
        "--set-json",
        r#"extraVolumeMounts=[{"name":"plugins","mountPath":"/plugins"}]"#,
        "--set",
        "commonLabels.team=platform,podAnnotations.note=here,priorityClassName=high,nodeSelector.disk=ssd",
        "--set",
        "imagePullSecrets[0].name=pull,terminationGracePeriodSeconds=20,hostNetwork=true",
    ])?;
    let options = command_line(&objects)?;
    assert_eq!(options.concurrent, 3);
    let container = container(&objects)?;
    let digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    assert_eq!(text(container, "/image"), format!("registry.example/orangery@{digest}"));
    assert_eq!(text(container, "/env/1/name"), "HTTPS_PROXY");
    assert_eq!(text(container, "/volumeMounts/1/mountPath"), "/plugins");
    let deployments = of_kind(&objects, "Deployment");
    let deployment = deployments.first().context("a Deployment")?;
    for (pointer, value) in [
        ("/metadata/labels/team", json!("platform")),
        ("/spec/template/metadata/labels/team", json!("platform")),
        ("/spec/template/metadata/annotations/note", json!("here")),
        ("/spec/template/spec/volumes/1/configMap/name", json!("plugins")),
        ("/spec/template/spec/priorityClassName", json!("high")),
        ("/spec/template/spec/nodeSelector/disk", json!("ssd")),
        ("/spec/template/spec/imagePullSecrets/0/name", json!("pull")),
        ("/spec/template/spec/terminationGracePeriodSeconds", json!(20)),
        ("/spec/template/spec/dnsPolicy", json!("ClusterFirstWithHostNet")),
    ] {
        assert_eq!(deployment.pointer(pointer), Some(&value), "{pointer}");
    }
    assert!(objects.iter().all(|object| text(object, "/metadata/labels/team") == "platform"), "on every object");
    Ok(())
}
