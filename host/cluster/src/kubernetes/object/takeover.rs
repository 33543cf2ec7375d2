//! Takes over objects that kubectl, Helm or kustomize-controller applied before: their fields become ours, so that a field which is
//! no longer rendered is removed, and their labels and annotations are removed.

use orangery_core::{Object, keys};
use serde_json::{Map, Value, json};

const ANNOTATIONS: [&str; 3] =
    ["kubectl.kubernetes.io/last-applied-configuration", "meta.helm.sh/release-name", "meta.helm.sh/release-namespace"];
const LABELS: [&str; 2] = ["kustomize.toolkit.fluxcd.io/name", "kustomize.toolkit.fluxcd.io/namespace"];

/// The JSON patch that cleans `live`, or nothing if it is clean. What `desired` itself sets is left alone. Bound to the
/// resource version: whoever wrote in between is not overwritten.
pub(crate) fn clean(live: &Object, desired: &Object, overrides: &[String]) -> Option<Value> {
    let mut operations = Vec::new();
    let mut remove = |field: &str, key: &str, theirs: Option<&str>, ours: Option<&str>| {
        if theirs.is_some() && ours.is_none() {
            operations.push(json!({"op": "remove", "path": format!("/metadata/{field}/{}", escape(key))}));
        }
    };
    for key in ANNOTATIONS {
        remove("annotations", key, live.annotation(key), desired.annotation(key));
    }
    for key in LABELS {
        remove("labels", key, live.label(key), desired.label(key));
    }
    if let Some(fields) = taken_over(live, overrides) {
        operations.push(json!({"op": "replace", "path": "/metadata/managedFields", "value": fields}));
    }
    if operations.is_empty() {
        return None;
    }
    let version = live.0.get("metadata")?.get("resourceVersion")?;
    operations.push(json!({"op": "replace", "path": "/metadata/resourceVersion", "value": version}));
    Some(Value::Array(operations))
}

/// A key as a segment of a JSON pointer.
fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// The managed fields after the take-over, or nothing if there is nobody to take over from.
fn taken_over(live: &Object, overrides: &[String]) -> Option<Vec<Value>> {
    let entries = live.0.get("metadata")?.get("managedFields")?.as_array()?;
    let (theirs, mut rest): (Vec<Value>, Vec<Value>) =
        entries.iter().cloned().partition(|entry| is_taken_over(entry, overrides));
    if theirs.is_empty() {
        return None;
    }
    let is_ours = |entry: &Value| {
        text(entry, "manager") == keys::FIELD_MANAGER
            && text(entry, "operation") == "Apply"
            && text(entry, "subresource").is_empty()
    };
    let mut fields = Map::new();
    for entry in &theirs {
        merge(&mut fields, entry.get("fieldsV1"));
    }
    if let Some(ours) = rest.iter_mut().find(|entry| is_ours(entry)) {
        merge(&mut fields, ours.get("fieldsV1"));
        if let Some(ours) = ours.as_object_mut() {
            ours.insert("fieldsV1".to_owned(), Value::Object(fields));
        }
    } else if let Some(Value::Object(mut entry)) = theirs.into_iter().next() {
        entry.insert("manager".to_owned(), json!(keys::FIELD_MANAGER));
        entry.insert("operation".to_owned(), json!("Apply"));
        entry.insert("fieldsV1".to_owned(), Value::Object(fields));
        rest.push(Value::Object(entry));
    }
    Some(rest)
}

fn text<'a>(entry: &'a Value, field: &str) -> &'a str {
    entry.get(field).and_then(Value::as_str).unwrap_or_default()
}

fn is_taken_over(entry: &Value, overrides: &[String]) -> bool {
    let (manager, operation) = (text(entry, "manager"), text(entry, "operation"));
    // A status belongs to its controller, whatever the name of its field manager.
    text(entry, "subresource").is_empty()
        && match operation {
            "Apply" => manager == "kustomize-controller" || manager.starts_with("kubectl"),
            "Update" => {
                manager == "helm" || manager.starts_with("kubectl") || manager.starts_with("before-first-apply")
            }
            _ => false,
        }
        || overrides.iter().any(|name| name == manager) && text(entry, "subresource").is_empty()
}

/// The union of two field sets.
fn merge(into: &mut Map<String, Value>, more: Option<&Value>) {
    let Some(more) = more.and_then(Value::as_object) else { return };
    for (key, value) in more {
        match into.entry(key.clone()).or_insert_with(|| Value::Object(Map::new())) {
            Value::Object(inner) => merge(inner, Some(value)),
            other => *other = value.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(value: Value) -> Object {
        serde_json::from_value(value).unwrap()
    }

    fn live(managers: Value) -> Object {
        object(json!({"metadata": {"resourceVersion": "7", "managedFields": managers}}))
    }

    #[test]
    fn an_object_of_ours_is_clean() {
        let live = live(json!([
            {"manager": "flux-operator", "operation": "Apply", "fieldsV1": {"f:data": {}}},
            {"manager": "kube-controller-manager", "operation": "Update", "fieldsV1": {"f:status": {}}},
            {"manager": "kubectl-edit", "operation": "Update", "subresource": "status", "fieldsV1": {}},
        ]));
        assert_eq!(clean(&live, &object(json!({})), &[]), None);
    }

    #[test]
    fn fields_of_kubectl_and_helm_become_ours() {
        let live = live(json!([
            {"manager": "kubectl-client-side-apply", "operation": "Update", "fieldsV1": {"f:data": {"f:a": {}}}},
            {"manager": "helm", "operation": "Update", "fieldsV1": {"f:data": {"f:b": {}}}},
            {"manager": "someone", "operation": "Update", "fieldsV1": {"f:data": {"f:c": {}}}},
        ]));
        let fields = taken_over(&live, &[]).unwrap();
        assert_eq!(fields.len(), 2);
        assert_eq!(fields[1]["manager"], "flux-operator");
        assert_eq!(fields[1]["fieldsV1"], json!({"f:data": {"f:a": {}, "f:b": {}}}));
        assert_eq!(taken_over(&live, &["someone".to_owned()]).unwrap().len(), 1);
    }

    #[test]
    fn labels_and_annotations_of_others_leave_unless_rendered() {
        let live = object(json!({"metadata": {"resourceVersion": "7",
            "annotations": {"meta.helm.sh/release-name": "x"}, "labels": {"kustomize.toolkit.fluxcd.io/name": "y"}}}));
        let patch = clean(&live, &object(json!({})), &[]).unwrap();
        assert_eq!(patch[0]["path"], "/metadata/annotations/meta.helm.sh~1release-name");
        assert_eq!(patch[2], json!({"op": "replace", "path": "/metadata/resourceVersion", "value": "7"}));
        let kept = object(
            json!({"metadata": {"annotations": {"meta.helm.sh/release-name": "x"}, "labels": {"kustomize.toolkit.fluxcd.io/name": "y"}}}),
        );
        assert_eq!(clean(&live, &kept, &[]), None);
    }
}
