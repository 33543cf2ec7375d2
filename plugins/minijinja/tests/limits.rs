//! Templates without end or bounds end in an error, not in an overflow of the stack.

#![expect(clippy::unwrap_used, reason = "a thread that does not start fails the test")]

use orangery_plugin_minijinja::{Config, limits, render};
use orangery_plugin_sdk::{Body, RenderContext, RenderInput, Template};
use serde_json::{Value, json};

/// An unoptimised build needs some four times the stack of a guest's; the sandbox tests run the guest itself.
const STACK: usize = 4 << 20;

/// Why a template could not be rendered.
fn said(spec: Value) -> String {
    let work = move || {
        let body = json!({"apiVersion": "v1", "kind": "A", "spec": spec}).to_string();
        let templates = [Template { path: "spec.resources[0]".to_owned(), body: Body::Object(body) }];
        let input = RenderInput {
            label: "one".to_owned(),
            uid: String::new(),
            attributes: json!({"l": vec![0; 1000]}).to_string(),
            untrusted: Vec::new(),
        };
        let context = RenderContext { now_ms: 0, seed: 0, inputless: false };
        match render(&context, &Config::default(), &templates, &[input]) {
            Ok(entries) => entries.into_iter().find_map(Result::err).map(|failure| failure.message).unwrap_or_default(),
            Err(error) => error.to_string(),
        }
    };
    std::thread::Builder::new().stack_size(STACK).spawn(work).unwrap().join().unwrap()
}

#[test]
fn what_loops_is_out_of_instructions() {
    let loops = "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}";
    assert!(said(json!(loops)).contains(&format!("takes more than {} instructions", limits::FUEL)));
    let many = json!([{"$for": "x in range(1000)", "$value": "{% for a in range(5000) %}{% endfor %}x"}]);
    assert!(said(many).contains("instructions"), "the sum over all leaves counts");
}

#[test]
fn what_repeats_is_out_of_values() {
    let many = json!([{"$for": "x in inputs.l", "a": [{"$for": "y in inputs.l", "b": 1}]}]);
    assert!(said(many).contains(&format!("gives more than {} values", limits::NODES)));
}

#[test]
fn what_grows_is_out_of_bytes() {
    let long = json!(format!("{{% for a in range(9999) %}}{}{{% endfor %}}", "x".repeat(10_000)));
    assert!(said(long).contains(&format!("gives more than {} bytes", limits::BYTES)));
    let many = json!([{"$for": "x in inputs.l", "$value": "x".repeat(10_000)}]);
    assert!(said(many).contains("bytes of text"));
    assert!(said(json!("{{ 'x' * 1000000000 }}")).contains("repeated string is too large"));
    assert!(said(json!("{{ 'x' | indent(1000000) }}")).contains("too wide"));
    assert!(said(json!("{{ range(1000000000) }}")).contains("range has too many elements"));
}

#[test]
fn what_nests_is_too_deep() {
    let deep = |depth: usize| (0..depth).fold(json!(1), |inner, _| json!([inner]));
    assert_eq!(said(deep(90)), "");
    assert!(said(deep(110)).contains(&format!("nested deeper than {}", limits::DEPTH)));
    assert!(said(deep(200)).contains("the template is no JSON"));
    let literal = format!("{{{{ {}1{} }}}}", "[".repeat(60), "]".repeat(60));
    let inside = (0..60).fold(json!(literal), |inner, _| json!([inner]));
    assert!(said(inside).contains("nested deeper"));
}

#[test]
fn no_expression_overflows_the_stack() {
    for (text, told) in [
        (format!("{{{{ {}1{} }}}}", "(".repeat(2000), ")".repeat(2000)), "recursion"),
        (format!("{{{{ {}1{} }}}}", "[".repeat(1900), "]".repeat(1900)), "recursion"),
        (format!("{{{{ {}1 }}}}", "1+".repeat(3000)), "is too long"),
        (format!("x{{{{ {}1 }}}}", "1~".repeat(3000)), "is too long"),
        (format!("{}x{}", "{% if true %}".repeat(1000), "{% endif %}".repeat(1000)), "recursion"),
        (format!("{}x{}", "{% for a in [1] %}".repeat(130), "{% endfor %}".repeat(130)), "deep"),
    ] {
        let said = said(json!(text));
        assert!(said.contains(told), "{}…: {said}", &text[..30]);
    }
    // As long as is allowed.
    assert_eq!(said(json!(format!("{{% if 0 %}}{}{{% endif %}}", "{% elif 0 %}x".repeat(1000)))), "");
    for text in ["1+".repeat(2030) + "1", "not ".repeat(1000) + "true", "1".to_owned() + &" | string".repeat(450)] {
        assert_eq!(said(json!(format!("{{{{ {text} }}}}"))), "", "{}…", &text[..30]);
    }
}
