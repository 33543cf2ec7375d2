//! The definitions in `config/crd` and in the chart are those of the code, and say what users may rely on.
//! `ORANGERY_BLESS=1 cargo test -p orangery-api` rewrites both folders.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use orangery_api::{crds, crds_yaml};
use serde_json::Value;
use std::path::Path;

fn schema(index: usize) -> Value {
    serde_json::to_value(&crds().unwrap()[index]).unwrap()["spec"]["versions"][0]["schema"]["openAPIV3Schema"].clone()
}

/// Where the definitions are checked in: for `kubectl apply`, and for the chart.
const FOLDERS: [&str; 2] = ["config/crd", "charts/orangery/files/crds"];

#[test]
fn the_checked_in_definitions_are_those_of_the_code() {
    for place in FOLDERS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(place);
        for (name, text) in crds_yaml().unwrap() {
            let path = folder.join(&name);
            if std::env::var_os("ORANGERY_BLESS").is_some() {
                std::fs::create_dir_all(&folder).unwrap();
                std::fs::write(&path, &text).unwrap();
            }
            let found = std::fs::read_to_string(&path).unwrap_or_default();
            assert!(found == text, "{place}/{name} is out of step; `cargo xtask crds` writes it anew");
        }
    }
}

#[test]
fn names_columns_and_categories_are_those_of_flux_operator() {
    for (crd, short, category) in crds()
        .unwrap()
        .iter()
        .zip(["rset", "rsip"])
        .zip(["fluxcd-appliers", "fluxcd-sources"])
        .map(|((a, b), c)| (a, b, c))
    {
        let names = &crd.spec.names;
        assert_eq!(names.short_names.as_deref().unwrap(), [short]);
        assert_eq!(names.categories.as_deref().unwrap(), ["all", "fluxcd", category]);
        let version = &crd.spec.versions[0];
        let columns: Vec<_> =
            version.additional_printer_columns.iter().flatten().map(|column| column.name.as_str()).collect();
        assert_eq!(columns, ["Age", "Ready", "Status"]);
        assert!(version.served && version.storage && version.subresources.as_ref().unwrap().status.is_some());
    }
}

#[test]
fn every_field_is_described() {
    fn walk(path: &str, value: &Value, bare: &mut Vec<String>) {
        for (name, field) in value["properties"].as_object().into_iter().flatten() {
            let path = format!("{path}.{name}");
            if field["description"].as_str().is_none_or(str::is_empty)
                && path != ".metadata"
                && path != ".apiVersion"
                && path != ".kind"
            {
                bare.push(path.clone());
            }
            walk(&path, field, bare);
            walk(&path, &field["items"], bare);
        }
    }
    let mut bare = Vec::new();
    walk("", &schema(0), &mut bare);
    walk("", &schema(1), &mut bare);
    assert_eq!(bare, Vec::<String>::new());
}

#[test]
fn only_flux_operators_fields_have_defaults() {
    fn walk(path: &str, value: &Value, found: &mut Vec<String>) {
        for (name, field) in value["properties"].as_object().into_iter().flatten() {
            let path = format!("{path}.{name}");
            if let Some(default) = field.get("default") {
                found.push(format!("{path}={default}"));
            }
            walk(&path, field, found);
            walk(&path, &field["items"], found);
        }
    }
    let mut found = Vec::new();
    walk("", &schema(0), &mut found);
    walk("", &schema(1), &mut found);
    let expected = [
        ".spec.filter.limit=100",
        ".spec.schedule.timeZone=\"UTC\"",
        ".spec.schedule.window=\"0s\"",
        ".status.nextSchedule.timeZone=\"UTC\"",
        ".status.nextSchedule.window=\"0s\"",
    ];
    assert_eq!(found, expected);
}

fn messages(rules: &Value) -> Vec<&str> {
    rules.as_array().unwrap().iter().map(|rule| rule["message"].as_str().unwrap()).collect()
}

#[test]
fn rules_and_bounds_are_those_of_flux_operator() {
    let (set, provider) = (schema(0), schema(1));
    let (set, provider) = (&set["properties"]["spec"], &provider["properties"]["spec"]);
    let rules = "x-kubernetes-validations";
    assert_eq!(messages(&set[rules]).len(), 2);
    // The last one is about a field that Flux Operator does not have.
    let ours = "cannot specify spec.proxySecretRef when spec.type is one of Static or ExternalArtifact";
    assert_eq!((messages(&provider[rules]).len(), messages(&provider[rules])[16]), (17, ours));
    assert_eq!(messages(&set["properties"]["steps"][rules]), ["step names must be unique"]);
    assert_eq!(set["properties"]["steps"]["maxItems"], 20);
    assert_eq!(
        messages(&set["properties"]["inputStrategy"][rules])[0],
        "includeEmptyProviders only applies when name is Permute"
    );
    assert_eq!(set["properties"]["inputStrategy"]["required"], Value::from(vec!["name"]));
    assert_eq!(set["properties"]["steps"]["items"]["required"], Value::from(vec!["name"]));
    assert_eq!(messages(&set["properties"]["inputsFrom"]["items"][rules]).len(), 2);
    assert_eq!(set["properties"]["inputsFrom"]["items"]["properties"]["selector"]["x-kubernetes-map-type"], "atomic");
    let limit = &provider["properties"]["filter"]["properties"]["limit"];
    assert_eq!((&limit["default"], limit["maximum"].as_f64()), (&Value::from(100), Some(10000.0)));
    assert_eq!(provider["properties"]["type"]["enum"], Value::Null);
    assert_eq!(provider["properties"]["schedule"]["items"]["properties"]["timeZone"]["default"], "UTC");
}
