//! The published schemas are those of the types, and every key in them is explained.

use orangery_plugin_documents::{EnvironmentNotice, EventNotice, Facts, Manifest};
use serde_json::Value;

fn schemas() -> [(&'static str, Value); 4] {
    [
        ("manifest", Manifest::schema()),
        ("facts", Facts::schema()),
        ("environment-notice", EnvironmentNotice::schema()),
        ("event-notice", EventNotice::schema()),
    ]
}

#[test]
fn the_published_schemas_are_those_of_the_types() {
    for (name, schema) in schemas() {
        let path = format!("{}/../../wit/{name}.schema.json", env!("CARGO_MANIFEST_DIR"));
        let made = format!("{}\n", serde_json::to_string_pretty(&schema).unwrap());
        if std::env::var_os("ORANGERY_BLESS").is_some() {
            std::fs::write(&path, &made).unwrap();
        }
        let published = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(published == made, "wit/{name}.schema.json differs from the types; write it with ORANGERY_BLESS=1");
    }
}

#[test]
fn every_key_of_the_schemas_has_a_description() {
    for (name, schema) in schemas() {
        let definitions = schema["$defs"].as_object().into_iter().flatten();
        for (of, schema) in definitions.map(|(of, schema)| (of.as_str(), schema)).chain([(name, &schema)]) {
            for (key, property) in schema["properties"].as_object().into_iter().flatten() {
                assert!(property["description"].is_string(), "{of}.{key}");
            }
        }
    }
}

/// A row for each key, deeper ones below it.
fn rows(prefix: &str, schema: &Value, root: &Value, page: &mut String) {
    let follow = |field: &Value| {
        let reference = field["$ref"]
            .as_str()
            .or_else(|| field["anyOf"].as_array().into_iter().flatten().find_map(|one| one["$ref"].as_str()));
        reference.and_then(|path| root.pointer(path.trim_start_matches('#'))).cloned()
    };
    let required =
        |key: &str| schema["required"].as_array().into_iter().flatten().any(|required| required.as_str() == Some(key));
    for (key, field) in schema["properties"].as_object().into_iter().flatten() {
        let (inner, mark) = match follow(field) {
            Some(inner) => (inner, ""),
            None => (follow(&field["items"]).unwrap_or_default(), "[]"),
        };
        let path = format!("{prefix}{key}{}", if inner.is_null() { "" } else { mark });
        let own = field["description"]
            .as_str()
            .or_else(|| inner.get("description").and_then(Value::as_str))
            .unwrap_or_default();
        let needed = if required(key) { " Required." } else { "" };
        let words: Vec<String> =
            inner.get("oneOf").and_then(Value::as_array).into_iter().flatten().flat_map(words).collect();
        let words = if words.is_empty() { String::new() } else { format!(" One of {}.", words.join(", ")) };
        let text = format!("{own}{needed}{words}").split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|");
        page.push_str(&format!("| `{path}` | {text} |\n"));
        rows(&format!("{path}."), &inner, root, page);
    }
}

/// The words that an alternative allows: a constant, or the key of a map with its own keys.
fn words(one: &Value) -> Vec<String> {
    let constants = one["enum"].as_array().into_iter().flatten().chain(one.get("const"));
    let maps = one["properties"].as_object().into_iter().flatten().map(|(key, inner)| {
        let keys: Vec<&str> =
            inner["properties"].as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect();
        if keys.is_empty() { format!("`{key}: …`") } else { format!("`{key}: {{{}}}`", keys.join(", ")) }
    });
    constants.filter_map(|word| Some(format!("`{}`", word.as_str()?))).chain(maps).collect()
}

#[test]
fn the_reference_page_has_every_key_as_the_types_explain_it() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/plugin-manifest.md");
    let page = std::fs::read_to_string(path).unwrap();
    let mut made = page.clone();
    for (name, schema) in schemas() {
        let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->"));
        let (before, rest) = made.split_once(&begin).unwrap();
        let (_, after) = rest.split_once(&end).unwrap();
        let mut table = "| key | |\n|---|---|\n".to_owned();
        rows("", &schema, &schema, &mut table);
        made = format!("{before}{begin}{table}{end}{after}");
    }
    if std::env::var_os("ORANGERY_BLESS").is_some() {
        std::fs::write(path, &made).unwrap();
    }
    let page = std::fs::read_to_string(path).unwrap();
    assert!(page == made, "docs/reference/plugin-manifest.md differs from the types; write it with ORANGERY_BLESS=1");
}
