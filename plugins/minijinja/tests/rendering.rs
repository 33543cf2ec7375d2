//! What users meet: types that stay, parts that are there or not, and errors that say where and what to do.

#![expect(clippy::unwrap_used, clippy::panic, reason = "what does not render fails the test")]

use orangery_plugin_minijinja::{Config, render};
use orangery_plugin_sdk::{Body, Error, Failure, RenderContext, RenderInput, Rendering, Template};
use serde_json::{Value, json};

fn input(attributes: &Value, untrusted: &[&str]) -> RenderInput {
    RenderInput {
        label: "ResourceSetInputProvider/previews id 42".to_owned(),
        uid: "0123456789abcdef".to_owned(),
        attributes: attributes.to_string(),
        untrusted: untrusted.iter().map(|path| (*path).to_owned()).collect(),
    }
}

fn context(inputless: bool) -> RenderContext {
    RenderContext { now_ms: 0, seed: 1, inputless }
}

fn template(body: &Value) -> Template {
    Template { path: "spec.resources[2]".to_owned(), body: Body::Object(body.to_string()) }
}

fn one(body: &Value, config: &Config, input: RenderInput) -> Result<Rendering, Failure> {
    let rendered = render(&context(false), config, &[template(body)], &[input]);
    rendered.unwrap_or_default().pop().unwrap_or_else(|| Ok(Rendering::default()))
}

/// A ConfigMap whose `spec` is the template.
fn object(spec: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "spec": spec})
}

/// What stands at `spec` after rendering.
fn rendered(spec: &Value, inputs: &Value) -> Value {
    let rendering = one(&object(spec), &Config::default(), input(inputs, &[]))
        .unwrap_or_else(|failure| panic!("{}", failure.message));
    let object: Value = serde_json::from_str(&rendering.objects.first().unwrap().object).unwrap();
    object.get("spec").cloned().unwrap_or_default()
}

/// Why `spec` could not be rendered, as `Code: field: message`.
fn refused(spec: &Value, inputs: &Value, untrusted: &[&str]) -> String {
    let said = one(&object(spec), &Config::default(), input(inputs, untrusted)).err();
    said.map(|failure| format!("{}: {}: {}", failure.code, failure.field.unwrap_or_default(), failure.message))
        .unwrap_or_default()
}

#[test]
fn a_leaf_that_is_one_expression_keeps_its_type() {
    let inputs = json!({"n": 3, "f": 1.5, "b": true, "s": "yes", "l": ["a", 1], "m": {"k": null}, "z": null});
    for (leaf, value) in [
        ("{{ inputs.n }}", json!(3)),
        ("{{ inputs.n * 2 + 1 }}", json!(7)),
        ("{{ inputs.f }}", json!(1.5)),
        ("{{ inputs.b }}", json!(true)),
        ("{{ inputs.s }}", json!("yes")),
        ("{{ inputs.l }}", json!(["a", 1])),
        ("{{ inputs.m }}", json!({"k": null})),
        ("{{ inputs.z }}", json!(null)),
        ("{{ inputs.l + ['x'] }}", json!(["a", 1, "x"])),
        ("{{ {'a': inputs.n, 'b': {'c': inputs.b}} }}", json!({"a": 3, "b": {"c": true}})),
        ("{{ range(3) }}", json!([0, 1, 2])),
        ("{{ dict(app='web', **inputs.m) }}", json!({"app": "web", "k": null})),
        ("{{ 'big' if inputs.n > 2 else 'small' }}", json!("big")),
        ("{{ inputs.missing | default(7) }}", json!(7)),
        ("{{ uid }}", json!("0123456789abcdef")),
    ] {
        assert_eq!(rendered(&json!(leaf), &inputs), value, "{leaf}");
    }
}

#[test]
fn any_other_leaf_gives_a_text() {
    let inputs = json!({"n": 3, "b": true, "s": "yes", "l": ["a", "b"]});
    for (leaf, value) in [
        ("no tags: { } %", "no tags: { } %"),
        ("pr-{{ inputs.n }}", "pr-3"),
        ("{{ inputs.b }}{{ inputs.n }}", "true3"),
        ("{{ inputs.n }}\n", "3\n"),
        (" {{ inputs.n }}", " 3"),
        ("{{ inputs.n | string }}", "3"),
        ("{{ inputs.b | string }}", "true"),
        ("{% if inputs.b %}on{% else %}off{% endif %}", "on"),
        ("{% for x in inputs.l %}{{ x }}{% if not loop.last %},{% endif %}{% endfor %}", "a,b"),
        ("a\n{% for x in inputs.l %}\n  - {{ x }}\n  {% endfor %}\nb\n", "a\n  - a\n  - b\nb\n"),
        ("{% raw %}{{ $labels.pod }}{% endraw %}", "{{ $labels.pod }}"),
        ("{# nothing #}x", "x"),
    ] {
        assert_eq!(rendered(&json!(leaf), &inputs), json!(value), "{leaf}");
    }
}

#[test]
fn jinjas_own_line_breaks_are_kept_on_request() {
    let config = Config { keep_blocks: true, ..Config::default() };
    let body = object(&json!("a\n{% if true %}\nb\n{% endif %}\n"));
    let rendering = one(&body, &config, input(&json!({}), &[])).unwrap();
    let object: Value = serde_json::from_str(&rendering.objects.first().unwrap().object).unwrap();
    assert_eq!(object["spec"], json!("a\n\nb\n\n"));
}

#[test]
fn the_constants_of_the_configuration_are_values() {
    let config: Config = serde_json::from_value(json!({"values": {"domain": "example.com"}})).unwrap();
    let body = object(&json!("{{ inputs.a }}.{{ values.domain }}"));
    let rendering = one(&body, &config, input(&json!({"a": "x"}), &[])).unwrap();
    assert!(rendering.objects.first().unwrap().object.contains("x.example.com"));
    assert!(serde_json::from_value::<Config>(json!({"valeus": {}})).is_err());
}

#[test]
fn if_decides_whether_a_part_is_there() {
    let spec = json!({
        "tls": {"$if": "inputs.tls", "secretName": "x"},
        "debug": {"$if": "{{ inputs.debug }}", "level": 1},
        "replicas": {"$if": "inputs.n > 1", "$value": "{{ inputs.n }}"},
        "args": ["a", {"$if": "inputs.debug", "$value": "--debug"}, {"$if": true, "$value": ["nested"]}]
    });
    assert_eq!(
        rendered(&spec, &json!({"tls": true, "debug": false, "n": 1})),
        json!({"tls": {"secretName": "x"}, "args": ["a", ["nested"]]})
    );
    assert_eq!(
        rendered(&spec, &json!({"tls": false, "debug": true, "n": 2})),
        json!({"debug": {"level": 1}, "replicas": 2, "args": ["a", "--debug", ["nested"]]})
    );
}

#[test]
fn for_repeats_an_item() {
    let spec = json!({"ports": [
        {"$for": "port in inputs.ports", "$if": "port.on", "name": "p-{{ port.name }}", "port": "{{ port.number }}", "nth": "{{ loop.index }}"},
        {"name": "last"}
    ], "env": [{"$for": "key, value in inputs.env | items", "$value": "{{ key }}={{ value }}"}],
    "deep": [{"$for": "a in range(2)", "in": [{"$for": "b in range(a + 1)", "$value": "{{ [a, b] }}"}]}]});
    let inputs = json!({"ports": [{"name": "a", "number": 80, "on": true}, {"name": "b", "number": 81, "on": false},
        {"name": "c", "number": 82, "on": true}], "env": {"X": 1, "Y": "z"}});
    assert_eq!(
        rendered(&spec, &inputs),
        json!({
            "ports": [{"name": "p-a", "port": 80, "nth": 1}, {"name": "p-c", "port": 82, "nth": 3}, {"name": "last"}],
            "env": ["X=1", "Y=z"],
            "deep": [{"in": [[0, 0]]}, {"in": [[1, 0], [1, 1]]}]
        })
    );
}

#[test]
fn a_whole_resource_is_there_never_once_or_several_times() {
    let body = json!({"$for": "name in inputs.names", "$if": "name != 'skip'", "apiVersion": "v1", "kind": "Namespace",
        "metadata": {"name": "{{ name | slugify }}"}});
    let names = |inputs: Value| {
        let rendering = one(&body, &Config::default(), input(&inputs, &[])).unwrap();
        let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        rendering.objects.iter().map(|one| read(&one.object)["metadata"]["name"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(json!({"names": ["A b", "skip", "c"]})), [json!("a-b"), json!("c")]);
    assert!(names(json!({"names": []})).is_empty());
}

#[test]
fn names_and_labels_are_texts_for_kubernetes() {
    let body = json!({"apiVersion": "v1", "kind": "A", "metadata": {"name": "{{ inputs.n }}", "labels": {"pr": "{{ inputs.n }}", "on": "{{ inputs.b }}"},
        "generation": "{{ inputs.n }}"}});
    let rendering = one(&body, &Config::default(), input(&json!({"n": 42, "b": true}), &[])).unwrap();
    let object: Value = serde_json::from_str(&rendering.objects.first().unwrap().object).unwrap();
    assert_eq!(object["metadata"], json!({"name": "42", "labels": {"pr": "42", "on": "true"}, "generation": 42}));
}

#[test]
fn the_filters_give_what_the_default_renderer_gives() {
    let inputs = json!({"branch": "Feature/ÄBC & Co.", "sha": "bf5d6e01cf802734", "m": {"b": [1, "yes"], "a": "x: y"}});
    for (leaf, value) in [
        ("{{ inputs.branch | slugify }}", json!("feature-abc-and-co")),
        ("{{ inputs.sha | trunc(7) }}", json!("bf5d6e0")),
        ("{{ 'abc' | sha256 | trunc(8) }}", json!("ba7816bf")),
        ("{{ 'abc' | b64encode }}", json!("YWJj")),
        ("{{ 'YWJj' | b64decode }}", json!("abc")),
        ("{{ inputs.m | tojson }}", json!("{\"a\":\"x: y\",\"b\":[1,\"yes\"]}")),
        ("{{ inputs.m | toyaml }}", json!("a: 'x: y'\nb:\n- 1\n- \"yes\"")),
        ("v:\n  {{ inputs.m | toyaml | indent(2) }}\n", json!("v:\n  a: 'x: y'\n  b:\n  - 1\n  - \"yes\"\n")),
        ("{{ 'a b' | urlencode }}", json!("a%20b")),
        ("{{ 'it\"s' | quote }}", json!("\"it\\\"s\"")),
    ] {
        assert_eq!(rendered(&json!(leaf), &inputs), value, "{leaf}");
    }
}

#[test]
fn a_mistake_is_named_with_its_place_its_words_and_its_remedy() {
    let inputs = json!({"branch": "x", "labels": ["a"], "m": {"k": 1}, "z": null, "s": "on", "n": 1});
    for (spec, code, told) in [
        (
            json!({"a": [{"b": "{{ inputs.brnch }}"}]}),
            "UndefinedValue",
            "spec.resources[2].spec.a[0].b: ConfigMap a: `{{ inputs.brnch }}`: undefined value: there is no inputs.brnch; did you mean `inputs.branch`?",
        ),
        (json!("x{{ inputs.sha }}"), "UndefinedValue", "there is no inputs.sha; there are: branch, labels, m, n, s, z"),
        (json!("{{ input.sha }}"), "UndefinedValue", "there is no input; did you mean `inputs`?"),
        (json!("{{ inputs.m.x.y }}"), "UndefinedValue", "there is no inputs.m.x; did you mean `inputs.m.k`?"),
        (json!("{{ [inputs.sha] }}"), "UndefinedValue", "there is no inputs.sha"),
        (json!("{{ inputs.sha + 1 }}"), "UndefinedValue", "there is no inputs.sha"),
        (json!("{% if inputs.sha %}x{% endif %}"), "UndefinedValue", "there is no inputs.sha"),
        (json!("{{ inputs.branch | slugfy }}"), "TemplateExecutionFailed", "did you mean `slugify`?"),
        (json!("{{ rang(3) }}"), "TemplateExecutionFailed", "did you mean `range`?"),
        (
            json!("a {{ inputs.labels }}"),
            "TemplateExecutionFailed",
            "a list cannot stand in the midst of a text: join it",
        ),
        (json!("a {{ inputs.m }}"), "TemplateExecutionFailed", "a map cannot stand in the midst of a text"),
        (json!("a {{ inputs.z }}"), "TemplateExecutionFailed", "nothing (null) cannot stand in the midst of a text"),
        (json!("{{ inputs.branch"), "TemplateParseFailed", "braces that are not a template are written `{% raw %}"),
        (json!("{% include 'x' %}"), "TemplateParseFailed", "unknown statement include"),
        (json!("{{ 1 / 0 }}"), "TemplateExecutionFailed", "`{{ 1 / 0 }}`: "),
        (
            json!({"a": {"$if": "inputs.s", "b": 1}}),
            "TemplateExecutionFailed",
            "spec.a.$if: ConfigMap a: `inputs.s`: `$if` wants true or false, and this is the string `on`: compare it",
        ),
        (
            json!({"a": [{"$for": "x in inputs.n", "b": 1}]}),
            "TemplateExecutionFailed",
            "`$for` goes through a list or a map, and this is the number `1`",
        ),
        (
            json!({"a": [{"$for": "x, y in inputs.labels", "b": 1}]}),
            "TemplateExecutionFailed",
            "`$for` names 2 parts, but an item is the string `a`",
        ),
        (json!({"a": {"$fi": "x"}}), "TemplateInvalid", "spec.a: ConfigMap a: the key `$fi` is unknown"),
        (json!({"{{ inputs.s }}": 1}), "TemplateInvalid", "keys are fixed, so that no value can choose a field"),
        (json!("{{ {1: 2} }}"), "TemplateExecutionFailed", "the keys of a map are texts"),
        (json!("{{ dict }}"), "TemplateExecutionFailed", "cannot be a value of an object"),
    ] {
        let said = refused(&spec, &inputs, &[]);
        assert!(said.starts_with(code) && said.contains(told), "{spec}: {said}");
    }
}

#[test]
fn the_field_to_blame_is_a_path_of_the_manifest() {
    let body = object(&json!({"a/b": ["{{ nope }}"]}));
    let failure = one(&body, &Config::default(), input(&json!({}), &[])).unwrap_err();
    assert_eq!(failure.field.as_deref(), Some("spec.resources[2].spec[\"a/b\"][0]"));
}

#[test]
fn what_is_no_object_is_refused() {
    for (body, told) in [
        (json!({"$value": "{{ [1] }}"}), "a resource is a map with apiVersion and kind"),
        (json!({"apiVersion": "v1"}), "an object needs kind, a text that is not empty"),
        (json!({"apiVersion": "v1", "kind": "{{ inputs.n }}"}), "an object needs kind"),
    ] {
        let failure = one(&body, &Config::default(), input(&json!({"n": 1}), &[])).unwrap_err();
        assert!(failure.message.contains(told) && failure.code == "ObjectInvalid", "{}", failure.message);
    }
}

#[test]
fn a_text_template_is_refused_with_what_to_write_instead() {
    let text = Template { path: "spec.resourcesTemplate".to_owned(), body: Body::Text("a: 1".to_owned()) };
    let Err(Error::InvalidConfig(failure)) = render(&context(true), &Config::default(), &[text], &[]) else {
        panic!("it rendered")
    };
    assert_eq!(failure.field.as_deref(), Some("spec.resourcesTemplate"));
    assert!(
        failure.message.contains("as an entry of spec.resources") && failure.message.contains("gotemplate"),
        "{}",
        failure.message
    );
}

#[test]
fn one_bad_input_does_not_hide_the_others_and_without_inputs_there_is_one_entry() {
    let inputs = [input(&json!({"n": 1}), &[]), input(&json!({}), &[])];
    let body = template(&object(&json!("{{ inputs.n }}")));
    let entries = render(&context(false), &Config::default(), std::slice::from_ref(&body), &inputs).unwrap();
    assert_eq!(entries.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false]);
    let entries = render(&context(true), &Config::default(), &[template(&object(&json!(1)))], &[]).unwrap();
    assert!(entries.len() == 1 && entries.iter().all(Result::is_ok));
    let entries = render(&context(true), &Config::default(), &[body], &[]).unwrap();
    let said = entries.into_iter().next().unwrap().unwrap_err().message;
    assert!(said.ends_with("there is no inputs; there are: values"), "{said}");
}

#[test]
fn a_map_or_list_that_an_outsider_chose_is_expanded_only_on_request() {
    let inputs = json!({"labels": ["a", "b"], "meta": {"x": {"y": 1}}, "title": "t"});
    let untrusted = ["labels", "meta", "title"];
    for (leaf, told) in [
        ("{{ inputs.labels }}", "inputs.labels is a list that a provider answered"),
        ("{{ inputs.meta }}", "inputs.meta is a map that a provider answered"),
        ("{{ inputs.meta.x }}", "inputs.meta is a map"),
        ("{{ [inputs.labels] }}", "write `| expand` after it"),
    ] {
        let said = refused(&json!(leaf), &inputs, &untrusted);
        assert!(said.starts_with("UntrustedStructure: ") && said.contains(told), "{leaf}: {said}");
    }
    let config = Config::default();
    for leaf in [
        "{{ inputs.labels | expand }}",
        "{{ inputs.meta | expand }}",
        "{{ inputs.title }}",
        "{{ inputs.meta.x.y }}",
        "{{ inputs.labels | join(',') }}",
        "{{ 'a' in inputs.labels }}",
        "{{ inputs.labels | length }}",
        "{{ inputs.meta | tojson }}",
        "{{ inputs.labels[0] }}",
        "{{ inputs.labels | map('upper') | list }}",
    ] {
        let rendering = one(&object(&json!(leaf)), &config, input(&inputs, &untrusted));
        assert!(rendering.is_ok(), "{leaf}: {rendering:?}");
    }
}
