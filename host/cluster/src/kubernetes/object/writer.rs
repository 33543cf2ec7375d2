//! Who wrote the fields of a live object last, besides us: what `metadata.managedFields` tells.

use orangery_core::{Object, keys};
use serde_json::{Map, Value};

/// Fields that are named; more are counted.
const SHOWN: usize = 3;

/// Which field manager wrote which of the rendered fields, and when: `the field manager NAME wrote data.a at TIME`. Writers of a status are
/// left out.
pub(crate) fn last_writer(live: &Object, rendered: &Object) -> String {
    let managers = live.0.get("metadata").and_then(|metadata| metadata.get("managedFields")).and_then(Value::as_array);
    let text = |entry: &Value, field: &str| entry.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let others = managers
        .into_iter()
        .flatten()
        .filter(|entry| text(entry, "manager") != keys::FIELD_MANAGER && text(entry, "subresource").is_empty());
    // Fields that nobody renders are not fought over, but better than nothing.
    let fields = |entry: &Value| {
        let (mut found, none) = (Vec::new(), Map::new());
        walk(entry.get("fieldsV1").and_then(Value::as_object).unwrap_or(&none), &rendered.0, "", &mut found);
        found
    };
    let last = others
        .map(|entry| (fields(entry), entry))
        .max_by_key(|(fields, entry)| (!fields.is_empty(), text(entry, "time")));
    let Some((mut fields, entry)) = last else {
        return format!("another program that also calls itself {} wrote it", keys::FIELD_MANAGER);
    };
    let more = fields.len().saturating_sub(SHOWN);
    fields.truncate(SHOWN);
    let what = match (fields.as_slice(), more) {
        ([], _) => "it".to_owned(),
        (_, 0) => fields.join(", "),
        (_, more) => format!("{} and {more} more fields", fields.join(", ")),
    };
    format!("the field manager {} wrote {what} at {}", text(entry, "manager"), text(entry, "time"))
}

/// Collects the paths of fields, in the notation of `managedFields`, that are rendered too.
fn walk(fields: &Map<String, Value>, rendered: &Map<String, Value>, path: &str, found: &mut Vec<String>) {
    for (field, below) in fields {
        let Some(name) = field.strip_prefix("f:") else { continue };
        let Some(value) = rendered.get(name) else { continue };
        let path = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        descend(below, value, path, found);
    }
}

fn descend(below: &Value, rendered: &Value, path: String, found: &mut Vec<String>) {
    let below = below.as_object().filter(|below| !below.is_empty());
    match (below, rendered) {
        (None, _) => found.push(path),
        (Some(below), Value::Object(rendered)) => walk(below, rendered, &path, found),
        (Some(below), Value::Array(rendered)) => items(below, rendered, &path, found),
        (Some(_), _) => found.push(path),
    }
}

/// Items of a list are named by their keys: `k:{"name":"app"}`.
fn items(fields: &Map<String, Value>, rendered: &[Value], path: &str, found: &mut Vec<String>) {
    for (field, below) in fields {
        let key = field.strip_prefix("k:").and_then(|key| serde_json::from_str::<Map<String, Value>>(key).ok());
        let Some(key) = key else { continue };
        let is_it = |item: &&Value| key.iter().all(|(name, value)| item.get(name) == Some(value));
        let Some(item) = rendered.iter().find(is_it) else { continue };
        let names: Vec<String> = key.iter().map(|(name, value)| format!("{name}={}", plain(value))).collect();
        descend(below, item, format!("{path}[{}]", names.join(",")), found);
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(value: Value) -> Object {
        serde_json::from_value(value).unwrap()
    }

    fn entry(manager: &str, second: u32, fields: Value) -> Value {
        json!({"manager": manager, "operation": "Update", "time": format!("2026-01-01T00:00:{second:02}Z"), "fieldsV1": fields})
    }

    fn deployment() -> Object {
        object(json!({"spec": {"replicas": 1, "template": {"spec": {"containers": [{"name": "app", "image": "a"}]}}}}))
    }

    #[test]
    fn the_last_writer_of_a_rendered_field_is_named_with_the_field_and_the_time() {
        let status = json!({"manager": "its-controller", "subresource": "status", "time": "2026-01-01T00:00:10Z"});
        let image =
            json!({"f:spec": {"f:template": {"f:spec": {"f:containers": {"k:{\"name\":\"app\"}": {"f:image": {}}}}}}});
        let live = object(json!({"metadata": {"managedFields": [
            entry(keys::FIELD_MANAGER, 9, json!({"f:spec": {}})),
            entry("earlier", 1, image.clone()),
            entry("scaler", 5, json!({"f:spec": {"f:replicas": {}, "f:paused": {}}})),
            entry("annotator", 8, json!({"f:metadata": {"f:annotations": {"f:x": {}}}})),
            status,
        ]}}));
        let said = last_writer(&live, &deployment());
        assert_eq!(said, "the field manager scaler wrote spec.replicas at 2026-01-01T00:00:05Z");
        let live = object(json!({"metadata": {"managedFields": [entry("setter", 2, image)]}}));
        let said = last_writer(&live, &deployment());
        assert!(said.contains("wrote spec.template.spec.containers[name=app].image at"), "{said}");
    }

    #[test]
    fn many_fields_are_counted_and_a_writer_of_our_own_name_is_told_apart() {
        let data = json!({"data": {"a": "", "b": "", "c": "", "d": "", "e": ""}});
        let fields = json!({"f:data": {"f:a": {}, "f:b": {}, "f:c": {}, "f:d": {}, "f:e": {}}});
        let live = object(json!({"metadata": {"managedFields": [entry("x", 2, fields)]}}));
        assert!(last_writer(&live, &object(data.clone())).contains("data.a, data.b, data.c and 2 more fields"));
        let live = object(json!({"metadata": {"managedFields": [entry(keys::FIELD_MANAGER, 2, json!({}))]}}));
        assert!(last_writer(&live, &object(data)).contains("also calls itself flux-operator"));
    }
}
