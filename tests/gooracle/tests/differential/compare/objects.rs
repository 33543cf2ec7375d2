//! Objects of both: equal as YAML to the byte, but for the names and labels that ours keeps as they were written.

use serde_json::Value;

/// What differs, if anything does.
pub(super) fn difference(mine: &[Value], theirs: &Value) -> Option<String> {
    let mut expected = Vec::new();
    for object in theirs.as_array().into_iter().flatten() {
        let text = object["yaml"].as_str().unwrap_or_default();
        let value = object["json"].clone();
        if object["kept"] == true || is_kept_by_ours(&value) {
            expected.push((text, value));
        }
    }
    let shown = |objects: &[Value]| -> String {
        objects
            .iter()
            .map(|o| go_yaml::to_string(o).unwrap_or_else(|e| e.to_string()))
            .collect::<Vec<_>>()
            .join("---\n")
    };
    let theirs: Vec<&str> = expected.iter().map(|(text, _)| *text).collect();
    if mine.len() != expected.len() {
        return Some(format!("go:   {:?}\nours: {:?}", theirs.join("---\n"), shown(mine)));
    }
    for (mine, (text, value)) in mine.iter().zip(&expected) {
        let mut restored = mine.clone();
        restore(&mut restored, value);
        let written = go_yaml::to_string(&restored).unwrap_or_default();
        if written != *text || text.is_empty() && !alike(&restored, value) {
            return Some(format!("go:   {text:?}\nours: {written:?}"));
        }
    }
    None
}

/// Flux Operator drops an object whose name YAML reads as another type; ours keeps it under the name that was written.
fn is_kept_by_ours(value: &Value) -> bool {
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
    let retyped = value.get("metadata").and_then(|m| m.get("name")).is_some_and(is_retyped);
    let kustomization = text("kind").eq_ignore_ascii_case("kustomization")
        && text("apiVersion").starts_with("kustomize.config.k8s.io/");
    retyped && !text("apiVersion").is_empty() && !kustomization
}

/// Equal, numbers by value: JSON text does not say which of them are floats.
fn alike(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| alike(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|((k, a), (l, b))| k == l && alike(a, b))
        }
        _ => a == b,
    }
}

fn is_retyped(value: &Value) -> bool {
    value.is_number() || value.is_boolean()
}

/// Gives names, namespaces, labels and annotations that ours kept as text the value that YAML makes of that text.
fn restore(mine: &mut Value, theirs: &Value) {
    if let (Some(mine), Some(theirs)) = (mine.get_mut("metadata"), theirs.get("metadata")) {
        for field in ["name", "namespace"] {
            restore_one(mine.get_mut(field), theirs.get(field));
        }
        for map in ["labels", "annotations"] {
            let entries = mine.get_mut(map).and_then(Value::as_object_mut);
            for (key, value) in entries.into_iter().flatten() {
                restore_one(Some(value), theirs.get(map).and_then(|map| map.get(key)));
            }
        }
    }
    if let (Some(mine), Some(theirs)) = (mine.get_mut("items").and_then(Value::as_array_mut), theirs.get("items")) {
        for (nth, item) in mine.iter_mut().enumerate() {
            if let Some(theirs) = theirs.get(nth) {
                restore(item, theirs);
            }
        }
    }
}

fn restore_one(mine: Option<&mut Value>, theirs: Option<&Value>) {
    let (Some(mine), Some(theirs)) = (mine, theirs) else { return };
    if let Value::String(text) = mine
        && is_retyped(theirs)
        && go_yaml::from_str(text).is_ok_and(|read| alike(&read, theirs))
    {
        *mine = theirs.clone();
    }
}
