//! Finds the first path at which two values differ, which is what a user needs to know about two large objects.

use serde_json::Value;

/// The first differing path, in the order of keys and indexes, for example `data.sha` or `spec.rules[0].host`.
pub(super) fn first_difference(left: &Value, right: &Value) -> Option<String> {
    let mut path = String::new();
    differs(left, right, &mut path).then(|| path.trim_start_matches('.').to_owned())
}

fn differs(left: &Value, right: &Value, path: &mut String) -> bool {
    match (left, right) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: std::collections::BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            keys.into_iter().any(|key| {
                within(path, &format!(".{key}"), |path| match (a.get(key), b.get(key)) {
                    (Some(a), Some(b)) => differs(a, b, path),
                    _ => true,
                })
            })
        }
        (Value::Array(a), Value::Array(b)) => (0..a.len().max(b.len())).any(|index| {
            within(path, &format!("[{index}]"), |path| match (a.get(index), b.get(index)) {
                (Some(a), Some(b)) => differs(a, b, path),
                _ => true,
            })
        }),
        (a, b) => a != b,
    }
}

/// Descends by one element, and restores the path if nothing differs below it.
fn within(path: &mut String, element: &str, below: impl FnOnce(&mut String) -> bool) -> bool {
    let length = path.len();
    path.push_str(element);
    if below(path) {
        return true;
    }
    path.truncate(length);
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_first_differing_path_is_named() {
        let first = |a, b| first_difference(&a, &b);
        assert_eq!(first(json!({"a": 1}), json!({"a": 1})), None);
        assert_eq!(first(json!({"a": {"b": [1, 2]}}), json!({"a": {"b": [1, 3]}})), Some("a.b[1]".into()));
        assert_eq!(first(json!({"a": 1, "c": 1}), json!({"a": 1, "b": 1})), Some("b".into()));
        assert_eq!(first(json!({"a": [1]}), json!({"a": [1, 2]})), Some("a[1]".into()));
    }
}
