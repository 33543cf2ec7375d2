//! An ordinary renderer, unless an input says how it should break: one object for each template and input, or one that is named
//! after a text of the input.
#![cfg(target_arch = "wasm32")]
use orangery_test_guests::guest::{Value, config, json};

orangery_test_guests::renderer!("renders", |context, templates, inputs| -> Rendered {
    if context.inputless {
        return vec![Ok(rendering_of(&templates, "none", &context))];
    }
    if let Some(attribute) = config(&context.config)["names"].as_str() {
        return inputs.iter().map(|input| Ok(one(0, named(attribute, &config(&input.attributes), &context)))).collect();
    }
    inputs
        .iter()
        .map(|input| match config(&input.attributes)["break"].as_str() {
            Some("panic") => panic!("this input is poison"),
            Some("loop") => loop {
                std::hint::black_box(());
            },
            Some("fail") => Err(types::Failure {
                code: "Undefined".into(),
                message: "no such\nkey".into(),
                retry: types::RetryHint::Never,
                field: None,
            }),
            Some("bad-json") => Ok(one(0, "{".to_owned())),
            Some("list") => Ok(one(0, "[]".to_owned())),
            Some("template") => Ok(one(99, "{}".to_owned())),
            Some("huge") => Ok(one(0, json!({"a": "x".repeat(600 * 1024)}).to_string())),
            Some("large") => Ok(one(0, json!({"a": "x".repeat(100 * 1024)}).to_string())),
            _ => Ok(rendering_of(&templates, &input.label, &context)),
        })
        .collect()
});

/// A ConfigMap whose name is a text of the input, written backwards: no host can find the text in it by looking.
fn named(attribute: &str, attributes: &Value, context: &rendering::RenderContext) -> String {
    let name: String = attributes[attribute].as_str().unwrap_or_default().chars().rev().collect();
    let metadata = json!({"name": format!("x-{name}"), "namespace": config(&context.config)["namespace"]});
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"ours": "yes"}}).to_string()
}

fn one(template: u32, object: String) -> rendering::Rendering {
    rendering::Rendering { objects: vec![rendering::Rendered { template, object }], notes: Vec::new() }
}

fn rendering_of(
    templates: &[rendering::Template],
    label: &str,
    context: &rendering::RenderContext,
) -> rendering::Rendering {
    let object = |(at, template): (usize, &rendering::Template)| rendering::Rendered {
        template: at as u32,
        object:
            json!({"path": template.path, "label": label, "now": context.now_ms, "config": config(&context.config)})
                .to_string(),
    };
    let note = types::Note { code: "Seen".into(), message: label.into() };
    rendering::Rendering { objects: templates.iter().enumerate().map(object).collect(), notes: vec![note] }
}
