//! Whether a dry run would change the live object.

use orangery_core::Object;
use serde_json::Value;

/// Labels, annotations, or any field outside `metadata` and `status` differ.
pub(crate) fn differs(live: &Object, desired: &Object) -> bool {
    let fields = |object: &'_ Object| -> Vec<(String, Value)> {
        object
            .0
            .iter()
            .filter(|(field, _)| !matches!(field.as_str(), "metadata" | "status" | "apiVersion" | "kind"))
            .map(|(field, value)| (field.clone(), value.clone()))
            .collect()
    };
    metadata_map(live, "labels") != metadata_map(desired, "labels")
        || metadata_map(live, "annotations") != metadata_map(desired, "annotations")
        || fields(live) != fields(desired)
}

/// Labels or annotations; absent and empty are the same.
fn metadata_map<'a>(object: &'a Object, field: &str) -> Option<&'a Value> {
    object.0.get("metadata")?.get(field).filter(|map| map.as_object().is_some_and(|map| !map.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(value: Value) -> Object {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn status_and_server_metadata_are_no_drift() {
        let live =
            object(json!({"metadata": {"resourceVersion": "1", "labels": {}}, "data": {"a": "b"}, "status": {"x": 1}}));
        let same = object(json!({"metadata": {"resourceVersion": "2"}, "data": {"a": "b"}}));
        assert!(!differs(&live, &same));
    }

    #[test]
    fn labels_annotations_and_fields_are_drift() {
        let live = object(json!({"metadata": {"labels": {"a": "b"}}, "data": {"a": "b"}}));
        for other in [
            json!({"metadata": {"labels": {"a": "c"}}, "data": {"a": "b"}}),
            json!({"metadata": {"labels": {"a": "b"}, "annotations": {"x": "y"}}, "data": {"a": "b"}}),
            json!({"metadata": {"labels": {"a": "b"}}, "data": {"a": "c"}}),
            json!({"metadata": {"labels": {"a": "b"}}, "data": {"a": "b"}, "immutable": true}),
        ] {
            assert!(differs(&live, &object(other.clone())), "{other}");
        }
    }
}
