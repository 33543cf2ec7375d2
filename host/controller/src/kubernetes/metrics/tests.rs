//! The series come and go with their objects; the page, the dashboard and the alerts name what there is.

use super::collected::Reading;
use super::*;
use orangery_egress::Quota;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

fn provider(ready: &str) -> ProviderLabels {
    let object = ObjectLabels {
        uid: "u".into(),
        kind: "ResourceSetInputProvider".into(),
        name: "previews".into(),
        exported_namespace: "apps".into(),
        ready: ready.into(),
        reason: "ReconciliationSucceeded".into(),
        suspended: "False".into(),
    };
    ProviderLabels { object, url: "https://forge.example/o/r".into() }
}

fn text(registry: &Registry) -> String {
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, registry).unwrap();
    text
}

#[test]
fn an_object_has_one_series_and_none_after_it_is_deleted() {
    let mut registry = Registry::default();
    let metrics = Metrics::new(&mut registry);
    metrics.provider(provider("Unknown"));
    metrics.provider(provider("True"));
    let shown = text(&registry);
    assert_eq!(shown.matches("flux_resourcesetinputprovider_info{").count(), 1, "{shown}");
    assert!(shown.contains(r#"ready="True""#));
    metrics.forget_provider("u");
    assert!(!text(&registry).contains("flux_resourcesetinputprovider_info{"));
}

#[test]
fn a_copy_that_stands_by_shows_no_objects_until_it_leads_again() {
    let mut registry = Registry::default();
    let metrics = Metrics::new(&mut registry);
    metrics.provider(provider("True"));
    let name = || NameLabels { exported_namespace: "apps".into(), name: "previews".into() };
    metrics.show_objects("u", name(), ObjectCounts { held: 3, ..ObjectCounts::default() });
    metrics.plays(Role::Standby);
    metrics.provider(provider("False"));
    let shown = text(&registry);
    assert!(!shown.contains("flux_resourcesetinputprovider_info{") && shown.contains("orangery_leader 0"), "{shown}");
    assert!(!shown.contains("orangery_held_objects{"), "{shown}");
    metrics.plays(Role::Leader);
    let shown = text(&registry);
    assert!(shown.contains(r#"ready="False""#) && shown.contains("orangery_leader 1"), "{shown}");
    assert!(shown.contains(r#"orangery_held_objects{exported_namespace="apps",name="previews"} 3"#), "{shown}");
    metrics.show_objects("u", name(), ObjectCounts::default());
    assert!(!text(&registry).contains("orangery_held_objects{"));
}

#[test]
fn a_reconciliation_that_ends_after_the_deletion_does_not_bring_the_series_back() {
    let mut registry = Registry::default();
    let metrics = Metrics::new(&mut registry);
    metrics.provider(provider("True"));
    metrics.forget_provider("u");
    metrics.provider(provider("True"));
    assert!(!text(&registry).contains("flux_resourcesetinputprovider_info{"));
    let mut namesake = provider("True");
    namesake.object.uid = "namesake".into();
    metrics.provider(namesake);
    assert!(text(&registry).contains(r#"uid="namesake""#));
}

/// Every metric with at least one series.
fn everything() -> String {
    let mut registry = Registry::default();
    let metrics = Metrics::new(&mut registry);
    let provider = provider("True");
    let object = provider.object.clone();
    metrics.provider(provider);
    metrics.set(SetLabels { object, resources: "1".into(), revision: "sha256:0".into() });
    let name = NameLabels { exported_namespace: "apps".into(), name: "previews".into() };
    metrics.show_objects("u", name, ObjectCounts { held: 1, terminating: 1, frozen: 1 });
    metrics.count_objects("created", 1);
    metrics.count_request("GitHubPullRequest", "200");
    metrics.reconciled("ResourceSet", "success", 0.1);
    metrics.count_event(EventRecipient::Kubernetes, EventOutcome::Sent);
    metrics.show_waiting_events(EventRecipient::Kubernetes, 1);
    let plugin = PluginRef { name: "github".into(), version: "1".into(), digest: "d".into() };
    metrics.ended(&plugin, CallEnd::Succeeded);
    metrics.took(&plugin, &Usage::default());
    metrics.api_requests.get_or_create(&ApiRequestLabels { verb: "get", outcome: "200".into() }).inc();
    metrics.api_seconds.get_or_create(&VerbLabels { verb: "get" }).observe(0.1);
    let quota = Quota {
        origin: "https://api.github.com".parse().unwrap(),
        credential: None,
        consumer: "apps/previews".into(),
        limit: 5000,
        remaining: 1,
        resets_in: Duration::from_secs(60),
        backs_off_for: None,
    };
    let labels = QuotaLabels { origin: quota.origin.to_string(), consumer: quota.consumer.clone() };
    let mut collected = Registry::default();
    collected.register_collector(Box::new(Reading {
        quotas: BTreeMap::from([(labels, quota)]),
        circuits: vec![(PluginLabels { plugin: "github".into() }, 1)],
        watches: 1,
        queues: vec![(KindLabels { kind: "ResourceSet" }, 1, Duration::from_secs(1))],
    }));
    // The empty readings of the first registry would stand beside the full ones of the second.
    let plain: String = text(&registry).lines().filter(|line| *line != "orangery_watches 0.0").map(line).collect();
    plain + &text(&collected)
}

fn line(text: &str) -> String {
    format!("{text}\n")
}

/// Each exported metric and its labels. Of a histogram the base name counts.
fn exported() -> BTreeMap<String, BTreeSet<String>> {
    let mut found = BTreeMap::new();
    for sample in everything().lines().filter(|line| !line.starts_with('#')) {
        let (name, rest) = sample.split_at(sample.find(['{', ' ']).unwrap());
        let name = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
        let labels = rest.strip_prefix('{').and_then(|rest| rest.split('}').next()).unwrap_or_default();
        let labels = labels.split(',').filter_map(|label| label.split_once('=')).map(|(label, _)| label.to_owned());
        let entry: &mut BTreeSet<String> = found.entry(name.to_owned()).or_default();
        entry.extend(labels.filter(|label| label != "le"));
    }
    found
}

const PAGE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/metrics.md"));
const DASHBOARD: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/monitoring/dashboard.json"));
const ALERTS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/monitoring/alerts.yaml"));

#[test]
fn the_page_of_the_metrics_lists_every_metric_with_its_labels_and_no_other() {
    let rows = PAGE.lines().filter(|line| line.starts_with("| `"));
    let listed: BTreeMap<String, BTreeSet<String>> = rows
        .map(|row| {
            let cells: Vec<&str> = row.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
            (cells[1].to_owned(), cells[2].split_whitespace().map(ToOwned::to_owned).collect())
        })
        .collect();
    assert_eq!(listed, exported(), "docs/reference/metrics.md against what is exported");
}

/// Words of a query that look like one of our metrics.
fn named(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("orangery_") || word.starts_with("flux_")).map(ToOwned::to_owned).collect()
}

#[test]
fn the_dashboard_and_the_alerts_name_only_metrics_that_are_exported() {
    let exported = exported();
    for (path, text) in [("config/monitoring/dashboard.json", DASHBOARD), ("config/monitoring/alerts.yaml", ALERTS)] {
        let names = named(text);
        assert!(names.len() > 5, "{path} has queries: {names:?}");
        for name in names {
            let base = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(&name);
            assert!(exported.contains_key(base), "{path} asks for {name}, which nothing exports");
        }
    }
}
