//! Fields that a built-in kind does not have. Server-side apply refuses the whole object for them; Flux Operator drops
//! them silently. We drop them with a warning.

use crate::kubernetes::client::refusal::Refusal;
use orangery_core::Object;
use serde_json::Value;

const COMPLAINT: &str = ": field not declared in schema";

/// Removes the fields that `refusal` complains about; returns their paths. Empty if there are none, or one is not found.
pub(crate) fn drop_undeclared(object: &mut Object, refusal: &Refusal) -> Vec<String> {
    let paths = undeclared(&refusal.message);
    let mut root = Value::Object(object.0.clone());
    if paths.iter().any(|path| remove(&mut root, path).is_none()) {
        return Vec::new();
    }
    if let Value::Object(map) = root {
        object.0 = map;
    }
    paths
}

/// `.spec.a: field not declared in schema`, each on its own line or after the server's introduction.
fn undeclared(message: &str) -> Vec<String> {
    let mut parts: Vec<&str> = message.split(COMPLAINT).collect();
    parts.pop();
    let path = |text: &str| {
        let line = text.rsplit('\n').next().unwrap_or(text);
        // After the introduction, which ends in `): ` or `: `.
        line.rfind(": .").map_or(line, |at| line.get(at + 2..).unwrap_or(line)).trim().to_owned()
    };
    parts.into_iter().map(path).collect()
}

/// Takes the value at a path of structured-merge-diff out of `value`: `.a.b[name="x"].c`.
fn remove(value: &mut Value, path: &str) -> Option<Value> {
    let step = |text: &str| -> Option<(String, String)> {
        let body = text.strip_prefix('.')?;
        let end = body.find(['.', '[']).unwrap_or(body.len());
        Some((body.get(..end)?.to_owned(), body.get(end..)?.to_owned()))
    };
    if path.starts_with('[') {
        let end = path.find(']')?;
        let (selector, rest) = (path.get(1..end)?, path.get(end + 1..)?);
        let item = value.as_array_mut()?.iter_mut().find(|item| matches(item, selector))?;
        return remove(item, rest);
    }
    let (field, rest) = step(path)?;
    let map = value.as_object_mut()?;
    if rest.is_empty() {
        return map.remove(&field);
    }
    remove(map.get_mut(&field)?, &rest)
}

/// Whether a list item has all keys of `name="x",port=80`. A key that the item lacks is one that the server defaulted.
fn matches(item: &Value, selector: &str) -> bool {
    let mut held = false;
    let fits = selector.split(',').all(|pair| {
        let Some((key, wanted)) = pair.split_once('=') else { return false };
        item.get(key).is_none_or(|value| {
            held = true;
            serde_json::from_str::<Value>(wanted).is_ok_and(|wanted| wanted == *value)
        })
    });
    fits && held
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn dropped(message: &str, value: Value) -> (Vec<String>, Value) {
        let refusal =
            Refusal { code: Some(500), reason: String::new(), message: message.to_owned(), causes: Vec::new() };
        let mut object: Object = serde_json::from_value(value).unwrap();
        let paths = drop_undeclared(&mut object, &refusal);
        (paths, object.into_value())
    }

    #[test]
    fn one_field_is_dropped() {
        let message =
            "failed to create typed patch object (a/b; /v1, Kind=ConfigMap): .dta: field not declared in schema";
        let (paths, left) = dropped(message, json!({"dta": {}, "data": {}}));
        assert_eq!((paths, left), (vec![".dta".to_owned()], json!({"data": {}})));
    }

    #[test]
    fn several_fields_in_lists_are_dropped() {
        let message = "failed to create typed patch object (a/b; apps/v1, Kind=Deployment): errors:\n  .spec.x: field not declared in schema\n  .spec.c[name=\"web\"].y: field not declared in schema";
        let (paths, left) =
            dropped(message, json!({"spec": {"x": 1, "c": [{"name": "db", "y": 1}, {"name": "web", "y": 2}]}}));
        assert_eq!(paths.len(), 2);
        assert_eq!(left, json!({"spec": {"c": [{"name": "db", "y": 1}, {"name": "web"}]}}));
    }

    #[test]
    fn an_unrelated_or_unresolvable_complaint_changes_nothing() {
        assert!(dropped("spec is invalid", json!({"a": 1})).0.is_empty());
        let (paths, left) = dropped("x: .no.such: field not declared in schema", json!({"a": 1}));
        assert_eq!((paths.len(), left), (0, json!({"a": 1})));
    }
}
