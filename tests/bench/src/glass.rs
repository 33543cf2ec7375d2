//! The sandbox with the default renderer, and the same renderer called natively.

use anyhow::{Context, Result};
use orangery_egress::{Door, Policy};
use orangery_plugin_sdk::renderer as sdk;
use orangery_sandbox::{
    Limits, PluginSource, RenderInput, RenderRequest, Sandbox, SandboxConfig, Template, TemplateBody,
};
use serde_json::{Map, Value, json};
use std::path::Path;
use std::time::Duration;

/// The sandbox with the default renderer.
pub(crate) struct Glass {
    pub(crate) sandbox: Sandbox,
}

impl Glass {
    pub(crate) async fn open(cache: Option<&Path>) -> Result<Self> {
        let door = Door::new(Policy::default())?;
        let config = SandboxConfig { cache_dir: cache.map(|dir| dir.join("plugins")), limits: Limits::default(), door };
        let sandbox = Sandbox::start(config)?;
        let bundled = orangery_bundled::plugin("gotemplate").context("gotemplate is built in")?;
        sandbox.admit(bundled.bytes, PluginSource::bundled("built-in")).await?;
        Ok(Self { sandbox })
    }
}

/// So many inputs as a forge gives them.
pub(crate) fn rows(count: usize) -> Vec<Map<String, Value>> {
    (0..count)
        .map(|index| {
            let row = json!({"id": index.to_string(), "sha": format!("{index:040x}"), "branch": format!("feature/{index}"), "author": "ada"});
            row.as_object().cloned().unwrap_or_default()
        })
        .collect()
}

/// The rendering as the operator asks for it.
pub(crate) fn request(template: &str, inputs: &[Map<String, Value>]) -> RenderRequest {
    RenderRequest {
        consumer: "bench".to_owned(),
        renderer: "gotemplate".to_owned(),
        config: Value::Null,
        templates: vec![Template {
            path: "spec.resourcesTemplate".to_owned(),
            body: TemplateBody::Text(template.to_owned()),
        }],
        inputs: inputs
            .iter()
            .map(|attributes| RenderInput {
                label: "bench".to_owned(),
                uid: String::new(),
                attributes: attributes.clone(),
                untrusted: vec![],
            })
            .collect(),
        inputless: false,
        now_ms: 0,
        seed: 0,
    }
}

/// The same, natively; answers the number of objects, read back from their text as the host does.
pub(crate) fn native(template: &str, inputs: &[Map<String, Value>]) -> Result<usize> {
    let context = sdk::RenderContext { now_ms: 0, seed: 0, inputless: false };
    let templates =
        [sdk::Template { path: "spec.resourcesTemplate".to_owned(), body: sdk::Body::Text(template.to_owned()) }];
    let inputs: Vec<sdk::RenderInput> = inputs
        .iter()
        .map(|attributes| sdk::RenderInput {
            label: "bench".to_owned(),
            uid: String::new(),
            attributes: Value::Object(attributes.clone()).to_string(),
            untrusted: vec![],
        })
        .collect();
    let rendered = orangery_plugin_gotemplate::render(&context, &templates, &inputs)
        .map_err(|error| anyhow::anyhow!("{error:?}"))?;
    let mut objects = 0;
    for entry in rendered {
        for object in entry.map_err(|failure| anyhow::anyhow!("{failure:?}"))?.objects {
            let _: Value = serde_json::from_str(&object.object)?;
            objects += 1;
        }
    }
    Ok(objects)
}

/// The middle one.
pub(crate) fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
