//! An object as it is sent: without what only the server writes, and with the data of Secrets in one place.

use k8s_openapi::ByteString;
use orangery_core::Object;
use serde_json::{Map, Value};

/// Metadata that only the server writes.
const SERVER_OWNED: [&str; 6] =
    ["creationTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid"];

/// The object to send.
pub(crate) fn normal(object: &Object) -> Object {
    let mut object = object.clone();
    object.0.remove("status");
    if let Some(Value::Object(metadata)) = object.0.get_mut("metadata") {
        for field in SERVER_OWNED {
            metadata.remove(field);
        }
    }
    let gvk = object.gvk();
    if gvk.group.is_empty() && gvk.kind == "Secret" {
        merge_string_data(&mut object.0);
    }
    if gvk.group == "apiextensions.k8s.io" && gvk.kind == "CustomResourceDefinition" {
        drop_empty_ca(&mut object.0);
    }
    object
}

/// `stringData` is write-only: a key that is dropped from it would stay in `data` for ever, so it is sent as `data`.
fn merge_string_data(secret: &mut Map<String, Value>) {
    if !secret
        .get("stringData")
        .is_some_and(|data| data.as_object().is_some_and(|map| map.values().all(Value::is_string)))
    {
        return;
    }
    let Some(Value::Object(text)) = secret.remove("stringData") else { return };
    let data = secret.entry("data").or_insert_with(|| Value::Object(Map::new()));
    if data.is_null() {
        *data = Value::Object(Map::new());
    }
    let Value::Object(data) = data else {
        // Left as it is, so that the API server reports what is wrong.
        secret.insert("stringData".to_owned(), Value::Object(text));
        return;
    };
    for (key, value) in text {
        let bytes = ByteString(value.as_str().unwrap_or_default().as_bytes().to_vec());
        if let Ok(encoded) = serde_json::to_value(bytes) {
            data.insert(key, encoded);
        }
    }
}

/// Generators leave a placeholder where an injector writes the bundle later; the server refuses the placeholder.
fn drop_empty_ca(crd: &mut Map<String, Value>) {
    let client = crd
        .get_mut("spec")
        .and_then(|spec| spec.get_mut("conversion"))
        .and_then(|conversion| conversion.get_mut("webhook"))
        .and_then(|webhook| webhook.get_mut("clientConfig"))
        .and_then(Value::as_object_mut);
    let Some(client) = client else { return };
    let valid = client.get("caBundle").is_none_or(|bundle| {
        serde_json::from_value::<ByteString>(bundle.clone())
            .is_ok_and(|bytes| String::from_utf8_lossy(&bytes.0).contains("-----BEGIN CERTIFICATE-----"))
    });
    if !valid {
        client.remove("caBundle");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(value: Value) -> Value {
        normal(&serde_json::from_value(value).unwrap()).into_value()
    }

    #[test]
    fn what_only_the_server_writes_is_not_sent() {
        let sent =
            of(json!({"kind": "A", "metadata": {"name": "a", "uid": "1", "creationTimestamp": null}, "status": {}}));
        assert_eq!(sent, json!({"kind": "A", "metadata": {"name": "a"}}));
    }

    #[test]
    fn string_data_becomes_data_and_wins() {
        let sent = of(
            json!({"apiVersion": "v1", "kind": "Secret", "data": {"a": "eA==", "b": "eA=="}, "stringData": {"a": "y"}}),
        );
        assert_eq!(sent, json!({"apiVersion": "v1", "kind": "Secret", "data": {"a": "eQ==", "b": "eA=="}}));
    }

    #[test]
    fn string_data_that_is_no_text_is_left_for_the_server_to_refuse() {
        let secret = json!({"apiVersion": "v1", "kind": "Secret", "stringData": {"a": 1}});
        assert_eq!(of(secret.clone()), secret);
    }

    #[test]
    fn a_placeholder_bundle_of_a_definition_is_dropped() {
        let crd = |bundle: &str| {
            json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
                "spec": {"conversion": {"webhook": {"clientConfig": {"caBundle": bundle}}}}})
        };
        assert!(of(crd("Cg==")).pointer("/spec/conversion/webhook/clientConfig/caBundle").is_none());
        let real = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t";
        assert!(of(crd(real)).pointer("/spec/conversion/webhook/clientConfig/caBundle").is_some());
    }
}
