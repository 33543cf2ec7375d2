//! The pages of `docs/reference` against what they describe: fields against `config/crd`, numbers against the sandbox's limits.

use crate::bench::root;
use orangery_sandbox::Limits;
use serde_json::Value;

fn page(name: &str) -> String {
    std::fs::read_to_string(root().join("docs/reference").join(name)).unwrap()
}

/// `spec.filter.limit` and its like, with their descriptions.
fn fields(schema: &Value, prefix: &str, found: &mut Vec<(String, String)>) {
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        let description = field["description"].as_str().unwrap_or_default().replace('\n', " ").replace('|', "\\|");
        found.push((path.clone(), description));
        fields(field, &path, found);
        fields(&field["items"], &format!("{path}[]"), found);
    }
}

fn tables() -> String {
    let mut text = String::new();
    for kind in ["resourcesets", "resourcesetinputproviders"] {
        let file = root().join(format!("config/crd/fluxcd.controlplane.io_{kind}.yaml"));
        let crd = go_yaml::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        let schema = &crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"];
        let name = crd["spec"]["names"]["kind"].as_str().unwrap();
        for part in ["spec", "status"] {
            let mut found = Vec::new();
            fields(&schema[part], part, &mut found);
            assert!(!found.is_empty(), "{name}.{part}");
            text.push_str(&format!("## {name} {part}\n\n| field | |\n|---|---|\n"));
            for (path, description) in found {
                text.push_str(&format!("| `{path}` | {description} |\n"));
            }
            text.push('\n');
        }
    }
    text
}

/// `ORANGERY_BLESS=1` writes the tables anew below this line.
const MARK: &str = "<!-- The tables below are written from config/crd by the tests. -->\n\n";

#[test]
fn the_page_of_the_resources_has_every_field_of_the_definitions() {
    let text = page("resources.md");
    let (above, below) = text.split_once(MARK).unwrap();
    let tables = tables();
    if std::env::var_os("ORANGERY_BLESS").is_some() {
        std::fs::write(root().join("docs/reference/resources.md"), format!("{above}{MARK}{tables}")).unwrap();
        return;
    }
    assert_eq!(below, tables, "docs/reference/resources.md is old; ORANGERY_BLESS=1 writes it anew");
}

fn bytes(count: usize) -> String {
    if count.is_multiple_of(1024 * 1024) {
        format!("{} MiB", count / 1024 / 1024)
    } else {
        format!("{} KiB", count / 1024)
    }
}

#[test]
fn the_page_of_the_limits_has_the_numbers_of_the_sandbox() {
    let text = page("limits.md");
    let limits = Limits::default();
    let seconds = |time: std::time::Duration| format!("{} s", time.as_secs());
    for (what, value) in [
        ("Size of a component", bytes(limits.component_bytes)),
        ("Memory of a call", bytes(limits.memory_bytes)),
        ("Processor time: of the plugin, and of what the host computes for it", seconds(limits.cpu)),
        ("Wall clock of one poll, at most", seconds(limits.poll_wall)),
        ("Wall clock of one rendering", seconds(limits.render_wall)),
        ("Wall clock of describing and validating", seconds(limits.validate_wall)),
        ("Bytes from plugin to host in one call", bytes(limits.crossing_bytes)),
        ("Stack", bytes(limits.stack_bytes)),
        ("Inputs in one answer", limits.inputs.to_string()),
        ("Bytes of all inputs", bytes(limits.inputs_bytes)),
        ("Bytes of one input", bytes(limits.input_bytes)),
        ("Bytes of one rendered object", bytes(limits.object_bytes)),
        ("Bytes of all rendered objects", bytes(limits.objects_bytes)),
        ("Bytes of all objects of one set", bytes(limits.rendered_bytes)),
        ("Rendered objects remembered, all sets", bytes(limits.remembered_bytes)),
        ("Log lines kept of one call", limits.log_lines.to_string()),
        ("Bytes of one log line", bytes(limits.log_line_bytes)),
        ("Standard output and error, each", bytes(limits.stdio_bytes)),
        ("Calls at once for one provider or set", limits.calls_per_consumer.to_string()),
        ("Calls of one plugin that compute at once", limits.calls_per_plugin.to_string()),
        ("Calls with a network under way at once, all plugins", limits.calls_open.to_string()),
        ("Of these, for one namespace", limits.calls_open_per_namespace.to_string()),
        ("Of these, to one origin", limits.calls_open_per_origin.to_string()),
        ("Processor time of compiling", seconds(limits.compile_cpu)),
        ("Wall clock of compiling", seconds(limits.compile_wall)),
        ("Address space of the process that compiles", bytes(limits.compile_memory_bytes)),
        ("Faults in a row that open the circuit", limits.faults_to_open.to_string()),
        ("First pause of an open circuit", seconds(limits.circuit_first)),
        ("Longest pause of an open circuit", seconds(limits.circuit_longest)),
        ("Host resources held", limits.resources.to_string()),
        ("Table elements", limits.table_elements.to_string()),
        ("Core instances", limits.instances.to_string()),
        ("Globals, functions, imports and segments of all instances", bytes(limits.instance_bytes)),
    ] {
        let row = format!("| {what} | {value} |");
        assert!(text.contains(&row), "docs/reference/limits.md should have the row\n{row}");
    }
}
