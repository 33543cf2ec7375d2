//! The sandbox with the default renderer, and the same renderer called natively.

use crate::set::Form;
use anyhow::{Context, Result};
use orangery_core::Timestamp;
use orangery_egress::{Egress, Policy};
use orangery_plugin_sdk::renderer as sdk;
use orangery_sandbox::{
    Compiler, EvaluatorSource, Limits, PluginSource, Precompiled, RenderInput, RenderRequest, Sandbox, SandboxConfig,
    Template, TemplateBody,
};
use serde::de::IgnoredAny;
use serde_json::{Map, Value};
use std::path::Path;
use std::time::Duration;

/// Names a file with another build of the renderer, to compare the two.
const RENDERER: &str = "ORANGERY_BENCH_RENDERER";

/// The sandbox with the default renderer.
pub struct BenchSandbox {
    /// The sandbox.
    pub sandbox: Sandbox,
}

impl BenchSandbox {
    /// Opens it as the operator does; compiled plugins are kept in the folder.
    ///
    /// # Errors
    /// The renderer cannot be loaded.
    pub async fn open(cache: Option<&Path>) -> Result<Self> {
        Self::limited(cache, Limits::default()).await
    }

    /// One that renders one batch after another.
    ///
    /// # Errors
    /// The renderer cannot be loaded.
    pub async fn serial(cache: Option<&Path>) -> Result<Self> {
        Self::limited(cache, Limits { calls_per_plugin: 1, ..Limits::default() }).await
    }

    async fn limited(cache: Option<&Path>, limits: Limits) -> Result<Self> {
        let egress = Egress::new(Policy::default())?;
        // Every round renders.
        let limits = Limits { remembered_bytes: 0, ..limits };
        let config = SandboxConfig {
            cache_dir: cache.map(|dir| dir.join("plugins")),
            limits,
            egress,
            evaluator: EvaluatorSource {
                bytes: orangery_bundled::evaluator().bytes,
                digest: orangery_bundled::evaluator().digest,
            },
            compiler: Compiler::InProcess,
            precompiled: Precompiled::default(),
        };
        let sandbox = Sandbox::start(config)?;
        match std::env::var_os(RENDERER) {
            Some(file) => sandbox.admit(&std::fs::read(file)?, PluginSource::bundled("file")).await?,
            None => {
                let bundled = orangery_bundled::plugin("gotemplate").context("gotemplate is built in")?;
                sandbox.admit(bundled.bytes, PluginSource::bundled("built-in")).await?
            }
        };
        Ok(Self { sandbox })
    }
}

/// The rendering as the operator asks for it; the values of `untrusted` keys are marked as chosen by an outsider.
///
/// # Errors
/// The templates of the form cannot be read.
pub fn request(form: Form, inputs: &[Map<String, Value>], untrusted: &[&str]) -> Result<RenderRequest> {
    let templates = form.templates()?.into_iter().map(|template| Template {
        path: path(form),
        body: match template {
            Value::String(text) => TemplateBody::Text(text),
            object => TemplateBody::Object(object),
        },
    });
    Ok(RenderRequest {
        consumer: "bench".into(),
        renderer: "gotemplate".to_owned(),
        config: Value::Null,
        templates: templates.collect(),
        inputs: inputs
            .iter()
            .map(|attributes| RenderInput {
                label: "bench".to_owned(),
                uid: String::new(),
                attributes: attributes.into(),
                untrusted: untrusted.iter().map(|key| (*key).to_owned()).collect(),
            })
            .collect(),
        inputless: false,
        now: Timestamp::default(),
        seed: 0,
    })
}

fn path(form: Form) -> String {
    match form {
        Form::Text => "spec.resourcesTemplate".to_owned(),
        Form::Structured => "spec.resources[0]".to_owned(),
    }
}

/// The same, natively; answers the number of objects, their text looked through as the host does.
///
/// # Errors
/// The renderer refuses the set.
pub fn native(form: Form, inputs: &[Map<String, Value>]) -> Result<usize> {
    let context = sdk::RenderContext { now_ms: 0, seed: 0, inputless: false };
    let templates: Vec<sdk::Template> = form
        .templates()?
        .into_iter()
        .map(|template| sdk::Template {
            path: path(form),
            body: match template {
                Value::String(text) => sdk::Body::Text(text),
                object => sdk::Body::Object(object.to_string()),
            },
        })
        .collect();
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
            let _: IgnoredAny = serde_json::from_str(&object.object)?;
            objects += 1;
        }
    }
    Ok(objects)
}

/// The middle one of the ratios within each round: what slows the machine down for a while slows down both.
pub fn ratio(these: &[Duration], those: &[Duration]) -> f64 {
    let mut ratios: Vec<f64> = these.iter().zip(those).map(|(this, that)| this.div_duration_f64(*that)).collect();
    ratios.sort_unstable_by(f64::total_cmp);
    ratios.get(ratios.len() / 2).copied().unwrap_or_default()
}

/// The middle one.
pub fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
