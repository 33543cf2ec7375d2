//! What users meet: both forms of templates, known answers, retyped names, untrusted values, endless templates.

use orangery_plugin_gotemplate::render;
use orangery_plugin_sdk::{Body, Failure, RenderContext, RenderInput, Rendering, Template};
use serde_json::{Value, json};

fn one(body: Body, path: &str, inputs: Option<(Value, &[&str])>) -> Result<Rendering, Failure> {
    let ctx = RenderContext { now_ms: 0, seed: 1, inputless: inputs.is_none() };
    let inputs: Vec<RenderInput> = inputs
        .into_iter()
        .map(|(attributes, untrusted)| RenderInput {
            label: "ResourceSetInputProvider/previews id 42".to_owned(),
            uid: "0123456789abcdef".to_owned(),
            attributes: attributes.to_string(),
            untrusted: untrusted.iter().map(|s| (*s).to_owned()).collect(),
        })
        .collect();
    let template = Template { path: path.to_owned(), body };
    match render(&ctx, &[template], &inputs) {
        Ok(mut all) => all.pop().unwrap_or_else(|| Ok(Rendering::default())),
        Err(error) => Err(Failure::new("Whole", error.to_string())),
    }
}

fn object(template: Value, inputs: Value) -> Result<Rendering, Failure> {
    one(Body::Object(template.to_string()), "spec.resources[2]", Some((inputs, &[])))
}

fn text(template: &str, inputs: Value, untrusted: &[&str]) -> Result<Rendering, Failure> {
    one(Body::Text(template.to_owned()), "spec.resourcesTemplate", Some((inputs, untrusted)))
}

fn objects(rendered: Result<Rendering, Failure>) -> Vec<Value> {
    let objects = rendered.map(|r| r.objects).unwrap_or_default();
    objects.iter().map(|o| serde_json::from_str(&o.object).unwrap_or_default()).collect()
}

fn message(rendered: Result<Rendering, Failure>) -> String {
    rendered.err().map(|f| format!("{}: {}", f.code, f.message)).unwrap_or_default()
}

#[test]
fn an_ordinary_preview_renders() {
    let template = json!({"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease", "metadata": {
        "name": "app-<< inputs.slug >>", "namespace": "app-preview", "annotations": {
            "event.toolkit.fluxcd.io/preview-url": "https://app-<< inputs.slug >>.example.com",
            "event.toolkit.fluxcd.io/branch": "<< inputs.branch | quote >>"}},
        "spec": {"chart": {"spec": {"chart": "<< inputs.chart >>"}}, "values": {"image": {"tag": "mr-<< inputs.id >>-<< inputs.sha | trunc 7 >>"}}}});
    let inputs =
        json!({"slug": "feat-1", "branch": "feat/1", "chart": "charts/app", "id": "4", "sha": "bf5d6e01cf802734"});
    assert_eq!(
        objects(object(template, inputs)),
        vec![json!({"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease",
        "metadata": {"name": "app-feat-1", "namespace": "app-preview", "annotations": {
            "event.toolkit.fluxcd.io/preview-url": "https://app-feat-1.example.com", "event.toolkit.fluxcd.io/branch": "feat/1"}},
        "spec": {"chart": {"spec": {"chart": "charts/app"}}, "values": {"image": {"tag": "mr-4-bf5d6e0"}}}})]
    );
}

#[test]
fn yaml_decides_types_after_rendering_but_not_of_names() {
    let template = json!({"apiVersion": "v1", "kind": "A", "metadata": {"name": "<< inputs.id >>", "labels": {"pr": "<< inputs.n >>", "app": "web"}},
        "tag": "<< inputs.sha >>", "on": "<< inputs.b >>"});
    let rendered = object(template, json!({"id": "101", "n": 42, "sha": "12e45", "b": "yes"}));
    assert_eq!(rendered.as_ref().map(|r| r.notes.len()).ok(), Some(2));
    assert!(rendered.as_ref().is_ok_and(|r| r.notes.iter().all(|n| n.code == "RetypedValue"
        && n.message.contains("spec.resources[2]")
        && n.message.contains("| quote"))));
    let found = objects(rendered);
    assert_eq!(
        found.first().map(|o| (&o["metadata"], &o["tag"], &o["on"])),
        Some((&json!({"name": "101", "labels": {"pr": "42", "app": "web"}}), &json!(1.2e46), &json!(true)))
    );
}

#[test]
fn a_misspelt_key_names_line_input_and_the_right_key() {
    let said = message(object(
        json!({"apiVersion": "v1", "kind": "A", "metadata": {"name": "<< inputs.brnch >>"}}),
        json!({"branch": "x"}),
    ));
    for part in [
        "failed to build resources[2]: failed to execute template: ",
        "map has no entry for key \"brnch\"",
        "ResourceSetInputProvider/previews id 42",
        "did you mean `branch`?",
        "name: << inputs.brnch >>",
    ] {
        assert!(said.contains(part), "{part} not in {said}");
    }
    let said = message(text("a: << toYml 1 >>", json!({}), &[]));
    assert!(said.contains("function \"toYml\" not defined") && said.contains("did you mean `toYaml`?"), "{said}");
}

#[test]
fn a_failure_names_entry_field_and_the_text_that_the_user_wrote() {
    let entry = json!({"apiVersion": "v2", "kind": "HelmRelease", "metadata": {"name": "app-<< inputs.slug >>"}, "spec": {
        "values": {"image": {"tag": "<< inputs.tgs >>"}, "a.b": ["x", "y-<< inputs.slug | toYml >>"],
            "script": "set -e\nrun << inputs.nope.deep >>\n"}}});
    let with = |field: &str| {
        let mut entry = entry.clone();
        for other in ["image", "a.b", "script"].iter().filter(|other| **other != field) {
            if let Some(values) = entry.pointer_mut("/spec/values").and_then(Value::as_object_mut) {
                values.remove(*other);
            }
        }
        let failure = object(entry, json!({"slug": "x", "tags": "1"})).err();
        failure.map(|f| (f.field.unwrap_or_default(), f.message)).unwrap_or_default()
    };
    for (field, path, parts) in [
        (
            "image",
            "spec.resources[2].spec.values.image.tag",
            ["`spec.values.image.tag: << inputs.tgs >>`", "did you mean `tags`?"],
        ),
        (
            "a.b",
            "spec.resources[2].spec.values[\"a.b\"][1]",
            ["y-<< inputs.slug | toYml >>`", "did you mean `toYaml`?"],
        ),
        (
            "script",
            "spec.resources[2].spec.values.script",
            ["`spec.values.script: run << inputs.nope.deep >>`", "there are: "],
        ),
    ] {
        let (found, said) = with(field);
        assert_eq!(found, path, "{said}");
        let place = "(spec.resources[2] (HelmRelease/app-<< inputs.slug >>) with input ResourceSetInputProvider/previews id 42;";
        for part in parts.into_iter().chain([place]) {
            assert!(said.contains(part), "{part} not in {said}");
        }
    }
}

#[test]
fn a_failure_of_the_text_names_its_line() {
    let failure = text("a: 1\nb: << inputs.brnch | quote >>\n", json!({"branch": "x"}), &[]).err();
    let (field, said) = failure.map(|f| (f.field.unwrap_or_default(), f.message)).unwrap_or_default();
    assert_eq!(field, "spec.resourcesTemplate");
    for part in [
        "template: resourceset:2:6: ",
        "; line `b: << inputs.brnch | quote >>`; did you mean `branch`?)",
        "previews id 42",
    ] {
        assert!(said.contains(part), "{part} not in {said}");
    }
}

#[test]
fn a_failure_to_read_shows_what_was_rendered() {
    let said = message(object(json!({"kind": "A", "x": "it's << inputs.t >>"}), json!({"t": "a: b"})));
    let wanted = "line 2 of what was rendered is `x: it's a: b`; pipe text values through `| quote`";
    assert!(said.contains(wanted) && said.contains("yaml: line 2: mapping values are not allowed"), "{said}");
    let said = message(text("kind: List\napiVersion: v1\nitems: [{kind: A}, 7]\n", json!({}), &[]));
    assert!(said.contains("items member is not an object") && said.contains("items[1] is 7"), "{said}");
    let said = message(object(json!({"kind": "A", "x": "<< inputs.t | trunc 1 >>"}), json!({"t": "é"})));
    assert!(said.contains("invalid trailing UTF-8 octet") && said.contains("cut in two"), "{said}");
}

#[test]
fn a_name_that_yaml_retypes_is_kept_whatever_follows_its_document() {
    let template = "apiVersion: v1\nkind: A\nmetadata: {name: << inputs.i >>}\n...\nkind: B\n";
    let found = objects(text(template, json!({"i": 5}), &[]));
    assert_eq!(found.first().map(|o| o["metadata"]["name"].clone()), Some(json!("5")));
}

#[test]
fn without_inputs_every_template_is_rendered_once() {
    let body = Body::Object(
        json!({"apiVersion": "v1", "kind": "A", "metadata": {"name": "a"}, "x": "<< inputs >>"}).to_string(),
    );
    assert_eq!(objects(one(body, "spec.resources[0]", None)).first().map(|o| o["x"].clone()), Some(json!("map[]")));
    let body = Body::Object(json!({"apiVersion": "v1", "kind": "A", "x": "<< inputs.a >>"}).to_string());
    assert!(message(one(body, "spec.resources[0]", None)).contains("failed to build resource: "));
}

#[test]
fn an_outsiders_value_cannot_add_keys_or_documents() {
    let template = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  title: << inputs.title >>\n";
    let evil = json!({"title": "x\n  admin: yes"});
    assert_eq!(objects(text(template, evil.clone(), &[])).len(), 1, "the user's own value is trusted");
    let said = message(text(template, evil, &["title"]));
    assert!(
        said.contains("UntrustedStructure") && said.contains("inputs.title") && said.contains("spec.resourcesTemplate"),
        "{said}"
    );
    for title in ["x\n---\nkind: B", "[a, b]", "{a: b}", "x\nmetadata: {name: b}"] {
        assert!(text(template, json!({"title": title}), &["title"]).is_err(), "{title:?}");
    }
    for title in ["it's fine", "main", "a # b", "12:30", "ünïcödé 🚀", "100%d"] {
        assert!(text(template, json!({"title": title}), &["title"]).is_ok(), "{title:?}");
    }
}

/// All paths of a document, whatever stands there.
fn paths(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| paths(value, &format!("{at}/{key}"), found)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(nth, value)| paths(value, &format!("{at}/{nth}"), found));
        }
        _ => {}
    }
}

#[test]
fn an_outsiders_value_cannot_add_keys_or_documents_to_an_entry_of_resources() {
    let template = || {
        json!({"apiVersion": "v1", "kind": "A", "metadata": {"name": "a", "annotations": {"title": "<< inputs.title >>"}},
            "plain": "<< inputs.title >>", "prefixed": "pr: << inputs.title >>", "quoted": "<< inputs.title | quote >>",
            "block": "one\n<< inputs.title >>\ntwo\n", "list": ["<< inputs.title >>", "x"], "nested": {"deep": {"er": "a << inputs.title >> b"}},
            "last": "<< inputs.title >>"})
    };
    let render = |title: &str| {
        one(Body::Object(template().to_string()), "spec.resources[2]", Some((json!({"title": title}), &["title"])))
    };
    let of = |rendered: Vec<Value>| {
        let mut found = Vec::new();
        rendered.iter().for_each(|object| paths(object, "", &mut found));
        found
    };
    let harmless = of(objects(render("Add a cart")));
    assert!(harmless.len() > 12, "{harmless:?}");
    let mut refused = 0;
    for title in [
        "x\nadmin: true",
        "x\n  admin: true",
        "x\n---\napiVersion: v1\nkind: B\nmetadata: {name: b}\n",
        "{admin: true}",
        "[admin]",
        "{}",
        "[]",
        "x', admin: 'true",
        "x\", \"admin\": \"true",
        "x'\nadmin: true\n#",
        "x\"\nadmin: true\n#",
        "? admin",
        "- admin",
        "admin: true",
        "<<: {admin: true}",
        "&a x",
        "*a",
        "!!map {admin: true}",
        "| \n admin: true",
        "> \n admin",
        "# admin",
        "x #",
        "x\r\nadmin: true",
        "x\u{85}admin: true",
        "x\u{2028}admin: true",
        "\tadmin: true",
        "%YAML 1.1",
        "...\n---\nkind: B",
        "--- x",
        "null",
        "true",
        "0x1",
        "1_000",
        "~",
        "\u{feff}{a: b}",
        "<< 1 >>",
    ] {
        match render(title) {
            Ok(rendering) => assert_eq!(of(objects(Ok(rendering))), harmless, "{title:?}"),
            Err(failure) => {
                refused += 1;
                assert!(failure.message.contains("ResourceSetInputProvider/previews id 42"), "{title:?}: {failure:?}");
            }
        }
    }
    assert!(refused > 3, "only {refused} titles were refused");
    // Whoever wrote the value is the user: then it may expand.
    let trusted = objects(object(
        json!({"apiVersion": "v1", "kind": "A", "plain": "<< inputs.title >>"}),
        json!({"title": "{admin: true}"}),
    ));
    assert_eq!(trusted.first().and_then(|object| object.pointer("/plain/admin")), Some(&json!(true)));
}

#[test]
fn functions_do_not_wash_an_outsiders_value() {
    let head = "apiVersion: v1\nkind: A\nmetadata: {name: a}\n";
    let evil = json!({"t": "x\nadmin: yes", "b": "eAphZG1pbjogeWVz"});
    for expression in [
        "printf \"%s\" inputs.t",
        "inputs.t | replace \"q\" \"r\"",
        "list inputs.t | join \",\"",
        "inputs.b | b64dec",
        "index (dict \"a\" inputs.t) \"a\"",
        "(split \",\" inputs.t)._0",
        "cat inputs.t",
        "regexReplaceAll \"z\" inputs.t \"\"",
    ] {
        let said = message(text(&format!("{head}k: << {expression} >>\n"), evil.clone(), &["t", "b"]));
        assert!(said.contains("UntrustedStructure"), "{expression}: {said}");
    }
    let deep = format!("{}\"a: b\"{}", "[".repeat(180), "]".repeat(180));
    let said = message(text(&format!("{head}k: << fromJson inputs.t >>\n"), json!({"t": deep}), &["t"]));
    assert!(said.contains("UntrustedStructure"), "however deep it is hidden: {said}");
    for expression in [
        "inputs.t | quote",
        "inputs.t | toJson",
        "inputs.t | toYaml | nindent 2",
        "inputs.t | slugify",
        "dict \"a\" inputs.t | toJson",
        "eq inputs.t \"x\"",
        "inputs.t | sha256sum",
        "len inputs.t",
    ] {
        let said = message(text(&format!("{head}k: << {expression} >>\n"), evil.clone(), &["t", "b"]));
        assert_eq!(said, "", "{expression}");
    }
}

#[test]
fn decisions_and_loops_by_an_outsiders_value_are_the_users_own() {
    let template = "apiVersion: v1\nkind: A\nmetadata: {name: a}\n<< if eq inputs.branch \"a: b\" >>extra: 1\n<< end >><< range inputs.labels >><< . | quote >>: x\n<< end >>";
    let rendered = text(template, json!({"branch": "a: b", "labels": ["q: r", "z"]}), &["branch", "labels"]);
    assert_eq!(
        objects(rendered),
        vec![json!({"apiVersion": "v1", "kind": "A", "metadata": {"name": "a"}, "extra": 1, "q: r": "x", "z": "x"})]
    );
}

#[test]
fn what_is_set_is_seen_by_later_templates_of_the_same_input() {
    let ctx = RenderContext { now_ms: 0, seed: 1, inputless: false };
    let template =
        |body: Value| Template { path: "spec.resources[0]".to_owned(), body: Body::Object(body.to_string()) };
    let templates = [
        template(json!({"kind": "A", "x": "<< $_ := set inputs \"k\" \"v\" >>"})),
        template(json!({"kind": "B", "x": "<< inputs.k >>-<< uid >>"})),
    ];
    let input =
        RenderInput { label: "i".to_owned(), uid: "u1".to_owned(), attributes: "{}".to_owned(), untrusted: Vec::new() };
    let rendered = render(&ctx, &templates, &[input]).ok().and_then(|mut all| all.pop());
    assert_eq!(rendered.map(objects), Some(vec![json!({"kind": "A", "x": null}), json!({"kind": "B", "x": "v-u1"})]));
}

#[test]
fn endless_templates_end_with_an_error() {
    let said = message(text("<<define \"a\">><<template \"a\">><<end>><<template \"a\">>", json!({}), &[]));
    assert!(said.contains("exceeded maximum template depth (100000)"), "{said}");
    let said = message(text("<< range 9223372036854775807 >><<end>>", json!({}), &[]));
    assert!(said.contains("does a loop never end?"), "{said}");
    let said = message(text("<< repeat 100000000 \"xxxxxxxxxx\" >>", json!({}), &[]));
    assert!(said.contains("larger than 8 MiB"), "{said}");
}

#[test]
fn known_answers() {
    for (expression, wanted) in [
        ("fromJson \"1000000\"", "1e+06"),
        ("fromJson \"1000000\" | toJson", "1000000"),
        ("typeOf inputs.f", "int64"),
        ("add \"1.5\" 1", "1"),
        ("round 1.005 2", "1"),
        ("round -2.5 0", "-3"),
        ("seq -3", "1 0 -1 -2 -3"),
        ("seq 0 10 3", "0"),
        ("toDecimal \"0777\"", "511"),
        ("ceil -0.5", "-0"),
        ("float64 \"0x1p-2\"", "0.25"),
        ("replace \"\" \"-\" \"abc\"", "-a-b-c-"),
        ("cat \"a\" \"\" \"b\"", "a  b"),
        ("html nil", "&lt;no value&gt;"),
        ("upper \"ß\"", "ß"),
        ("title \"it's\"", "It'S"),
        ("1e6", "1e+06"),
        ("'a'", "97"),
        ("017", "15"),
        ("duration 95", "0s"),
        ("durationRound \"24h1s\"", "1d"),
        ("urlJoin (dict \"host\" \"h\" \"path\" \"/a b\")", "//h/a%20b"),
        ("js \"<b>\"", "\\u003Cb\\u003E"),
        ("int 9.99e18", "-9223372036854775808"),
        ("1|", "1"),
        ("(toDate \"2006-01-02\" \"2026-03-09\").Month", "March"),
        ("list 1 nil \"a\" | toStrings", "[1 a]"),
        ("mod 5.9 3", "2"),
        ("toYaml (list 1 2) | quote", "\"- 1\\n- 2\\n\""),
    ] {
        let template = format!("kind: A\napiVersion: v1\nmetadata: {{name: a}}\nx: |-\n  << {expression} >>\n");
        let found = objects(text(&template, json!({"f": 1.0}), &[]));
        assert_eq!(found.first().map(|o| o["x"].clone()), Some(json!(wanted)), "{expression}");
    }
}
