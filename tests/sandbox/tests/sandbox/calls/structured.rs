//! The built-in structured renderer in the sandbox: types that stay, refusals, and bombs that end in words.

use crate::bench;
use anyhow::{Context, Result, bail};
use orangery_core::Timestamp;
use orangery_sandbox::{
    CallError, Entries, InputError, Limits, PluginSource, RenderInput, RenderRequest, Sandbox, Template, TemplateBody,
};
use serde_json::{Value, json};

async fn sandbox() -> Result<Sandbox> {
    let sandbox = bench::sandbox(Limits::default())?;
    let plugin = orangery_bundled::plugin("minijinja").context("minijinja is built in")?;
    sandbox.admit(plugin.bytes, PluginSource::given(plugin.name)).await?;
    Ok(sandbox)
}

fn request(spec: Value, config: Value, inputs: &[Value]) -> RenderRequest {
    let body = json!({"apiVersion": "v1", "kind": "A", "metadata": {"name": "a"}, "spec": spec});
    let inputs = inputs.iter().enumerate().map(|(nth, attributes)| RenderInput {
        label: format!("input {nth}"),
        uid: "0123456789abcdef".into(),
        attributes: attributes.as_object().cloned().unwrap_or_default().into(),
        untrusted: vec!["labels".into()],
    });
    RenderRequest {
        consumer: "ResourceSet/test/one".into(),
        renderer: "minijinja".into(),
        config,
        templates: vec![Template { path: "spec.resources[0]".into(), body: TemplateBody::Object(body) }],
        inputs: inputs.collect(),
        inputless: false,
        now: Timestamp::default(),
        seed: 0,
    }
}

/// What stands at `spec` in the only object of each input, or why there is none.
fn specs(entries: Entries) -> Vec<Result<Value, InputError>> {
    let spec = |object: Option<&orangery_sandbox::RenderedObject>| {
        serde_json::from_str::<Value>(&object?.object).ok()?.get("spec").cloned()
    };
    entries
        .into_iter()
        .map(|entry| entry.map(|rendering| spec(rendering.objects.first()).unwrap_or_default()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn types_stay_and_one_bad_input_does_not_stop_the_others() -> Result<()> {
    let sandbox = sandbox().await?;
    let spec = json!({"n": "{{ inputs.n }}", "of": "{{ values.of }}", "labels": [{"$for": "label in inputs.labels", "$value": "{{ label | slugify }}"}]});
    let inputs = [json!({"n": 1, "labels": ["A b"]}), json!({"labels": []}), json!({"n": 2, "labels": []})];
    let entries = sandbox.render(request(spec, json!({"values": {"of": [true]}}), &inputs)).await?;
    let mut specs = specs(entries).into_iter();
    assert_eq!(specs.next().context("three")??, json!({"n": 1, "of": [true], "labels": ["a-b"]}));
    let said = specs.next().context("three")?.err().map(|error| error.to_string()).unwrap_or_default();
    assert!(
        said.contains(
            "input 1: spec.resources[0].spec.n: A a: `{{ inputs.n }}`: undefined value: there is no inputs.n"
        ),
        "{said}"
    );
    assert_eq!(specs.next().context("three")??, json!({"n": 2, "of": [true], "labels": []}));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn its_configuration_knows_no_other_key() -> Result<()> {
    let sandbox = sandbox().await?;
    let outcome = sandbox.render(request(json!(1), json!({"valeus": {}}), &[json!({})])).await;
    let said = outcome.err().map(|error| error.to_string()).unwrap_or_default();
    assert!(said.starts_with("spec.renderer.config") && said.contains("valeus"), "{said}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_template_is_the_manifests_fault() -> Result<()> {
    let sandbox = sandbox().await?;
    let mut request = request(json!(1), json!({}), &[json!({})]);
    request.templates =
        vec![Template { path: "spec.resourcesTemplate".into(), body: TemplateBody::Text("a: 1".into()) }];
    let Err(CallError::Answered { said, .. }) = sandbox.render(request).await else { bail!("it rendered") };
    assert_eq!(said.field.map(|field| field.to_string()).as_deref(), Some("spec.resourcesTemplate"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn templates_without_end_or_bottom_are_answered_not_trapped() -> Result<()> {
    let sandbox = sandbox().await?;
    for (text, told) in [
        (format!("{{{{ {}1 }}}}", "1+".repeat(2030)), None),
        (format!("{{{{ {}true }}}}", "not ".repeat(1000)), None),
        (format!("{{{{ 1{} }}}}", " | string".repeat(450)), None),
        (format!("{{{{ {}1 }}}}", "1+".repeat(9000)), Some("is too long")),
        (format!("{{{{ {}1{} }}}}", "(".repeat(2000), ")".repeat(2000)), Some("recursion")),
        (format!("{{{{ {}1{} }}}}", "[".repeat(1900), "]".repeat(1900)), Some("recursion")),
        (format!("{}x{}", "{% if true %}".repeat(1000), "{% endif %}".repeat(1000)), Some("recursion")),
        (format!("{}x{}", "{% for a in [1] %}".repeat(130), "{% endfor %}".repeat(130)), Some("deep")),
        (
            "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}".to_owned(),
            Some("instructions"),
        ),
        (format!("{{% for a in range(9999) %}}{}{{% endfor %}}", "x".repeat(10_000)), Some("bytes of text")),
    ] {
        let entries = sandbox.render(request(json!(text), json!({}), &[json!({})])).await;
        let entry = specs(entries.with_context(|| text.chars().take(30).collect::<String>())?).into_iter().next();
        match (entry.context("one entry")?, told) {
            (Ok(_), None) => (),
            (Err(InputError::Answered { said, .. }), Some(told)) if said.message.as_str().contains(told) => (),
            (other, _) => bail!("{}…: {other:?}", text.chars().take(30).collect::<String>()),
        }
    }
    Ok(())
}
