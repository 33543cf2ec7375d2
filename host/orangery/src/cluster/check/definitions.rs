//! The definitions: whether they are there, served, and have all fields that this version knows.

use super::finding::Findings;
use crate::cluster::connection::{Connection, said};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::Api;
use kube::api::ResourceExt as _;
use serde_json::Value;

const AREA: &str = "definitions";
/// Missing fields that are named; more are counted.
const SHOWN: usize = 5;

/// When a cluster is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Nothing need be there yet.
    BeforeInstallation,
    /// Everything must be there.
    Installed,
}

/// Compares the definitions of the cluster with those of this program. Before an installation they may be missing.
pub(super) async fn check(connection: &Connection, stage: Stage, findings: &mut Findings) {
    let definitions: Api<CustomResourceDefinition> = Api::all(connection.client.clone());
    let ours = match orangery_api::crds() {
        Ok(ours) => ours,
        Err(error) => return findings.problem(AREA, "this program", error.to_string(), "report this"),
    };
    for ours in ours {
        let name = ours.name_any();
        match definitions.get_opt(&name).await {
            Ok(Some(live)) => compare(&name, &ours, &live, findings),
            Ok(None) if stage == Stage::BeforeInstallation => findings.good(AREA, name, "not installed yet"),
            Ok(None) => {
                findings.problem(AREA, name, "not installed", "orangery crds | kubectl apply --server-side -f -")
            }
            Err(error) => {
                let next = "give the right to get customresourcedefinitions, or check as somebody who has it";
                findings.warning(AREA, name, format!("cannot be read: {}", said(error)), next);
            }
        }
    }
}

fn compare(name: &str, ours: &CustomResourceDefinition, live: &CustomResourceDefinition, findings: &mut Findings) {
    if live.metadata.deletion_timestamp.is_some() {
        let next = "every set would be deleted with it: restore it, see docs/deploy.md";
        return findings.problem(AREA, name, "it is being deleted", next);
    }
    let schema = |definition: &CustomResourceDefinition| -> Option<Value> {
        let version = definition.spec.versions.iter().find(|version| version.name == "v1" && version.served)?;
        serde_json::to_value(version.schema.as_ref()?.open_api_v3_schema.as_ref()?).ok()
    };
    let Some(theirs) = schema(live) else {
        return findings.problem(AREA, name, "version v1 is not served", "install the definitions of this version");
    };
    let mut missing = Vec::new();
    fields("", &schema(ours).unwrap_or_default(), &theirs, &mut missing);
    if missing.is_empty() {
        return findings.good(AREA, name, "installed, with all fields of this version");
    }
    let more = missing.len().saturating_sub(SHOWN);
    missing.truncate(SHOWN);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    findings.problem(
        AREA,
        name,
        format!(
            "the fields {}{more} are missing: it is of another version, or another chart wrote it back",
            missing.join(", ")
        ),
        "orangery crds | kubectl apply --server-side --force-conflicts -f -",
    );
}

/// The paths that a schema has and another one has not. What keeps unknown fields has them all.
fn fields(path: &str, ours: &Value, theirs: &Value, missing: &mut Vec<String>) {
    if theirs.get("x-kubernetes-preserve-unknown-fields").and_then(Value::as_bool) == Some(true) {
        return;
    }
    for (name, field) in ours.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        match theirs.get("properties").and_then(|properties| properties.get(name)) {
            Some(other) => fields(&path, field, other, missing),
            None => missing.push(path),
        }
    }
    if let Some(items) = ours.get("items") {
        fields(&format!("{path}[]"), items, theirs.get("items").unwrap_or(&Value::Null), missing);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_field_that_is_missing_is_named_by_its_path() {
        let ours =
            json!({"properties": {"spec": {"properties": {"a": {}, "b": {"items": {"properties": {"c": {}}}}}}}});
        let theirs = json!({"properties": {"spec": {"properties": {"b": {"items": {"properties": {}}}}}}});
        let mut missing = Vec::new();
        fields("", &ours, &theirs, &mut missing);
        assert_eq!(missing, ["spec.a", "spec.b[].c"]);
        let open = json!({"x-kubernetes-preserve-unknown-fields": true});
        missing.clear();
        fields("", &ours, &open, &mut missing);
        assert!(missing.is_empty());
    }
}
