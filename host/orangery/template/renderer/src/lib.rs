//! `my-plugin`: a renderer that puts the values of an input where a template says `${name}`.
//!
//! To make it yours, change [`Config`] (what users may set) and [`filled`] (what a template may say).

use orangery_plugin_sdk::json::{Value, decode_item};
use orangery_plugin_sdk::{
    Body, Error, Failure, RenderContext, RenderInput, Rendered, Renderer, Rendering, Template,
};
use schemars::JsonSchema;
use serde::Deserialize;

/// `spec.renderer.config`. The host checks it against the JSON Schema of this type before the plugin is asked.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// What a template writes for an attribute that an input does not have. Without it that is an error.
    missing: Option<String>,
}

/// The renderer.
pub struct Plugin;

impl Renderer for Plugin {
    type Config = Config;
    const NAME: &'static str = "my-plugin";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");

    fn render(
        ctx: &RenderContext,
        config: Config,
        templates: &[Template],
        inputs: &[RenderInput],
    ) -> Result<Vec<Result<Rendering, Failure>>, Error> {
        if ctx.inputless {
            return Ok(vec![rendering(templates, "{}", &config)]);
        }
        // One entry for each input, so that a bad one does not hide the others.
        Ok(inputs.iter().map(|input| rendering(templates, &input.attributes, &config)).collect())
    }
}

fn rendering(templates: &[Template], attributes: &str, config: &Config) -> Result<Rendering, Failure> {
    let attributes: Value = decode_item(attributes).map_err(|problem| Failure::new("BadInput", problem))?;
    let mut rendering = Rendering::default();
    for (index, template) in (0..).zip(templates) {
        let failed = |problem: String| Failure::new("BadTemplate", format!("{}: {problem}", template.path));
        let Body::Object(object) = &template.body else {
            return Err(failed("this renderer reads spec.resources only".to_owned()));
        };
        let object = decode_item(object).and_then(|object| filled(object, &attributes, config)).map_err(failed)?;
        rendering.objects.push(Rendered { template: index, object: object.to_string() });
    }
    Ok(rendering)
}

/// A template with every `${name}` in its texts replaced. Values of an input become parts of texts and nothing else: whoever
/// chooses a branch name must not be able to add keys or objects.
fn filled(template: Value, attributes: &Value, config: &Config) -> Result<Value, String> {
    Ok(match template {
        Value::String(text) => Value::String(replaced(&text, attributes, config)?),
        Value::Array(items) => {
            Value::Array(items.into_iter().map(|item| filled(item, attributes, config)).collect::<Result<_, _>>()?)
        }
        Value::Object(fields) => {
            let fields = fields.into_iter().map(|(key, value)| Ok((key, filled(value, attributes, config)?)));
            Value::Object(fields.collect::<Result<_, String>>()?)
        }
        other => other,
    })
}

fn replaced(text: &str, attributes: &Value, config: &Config) -> Result<String, String> {
    let mut written = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (name, after) = after.split_once('}').ok_or_else(|| format!("{text:?} has a ${{ that is not closed"))?;
        written.push_str(before);
        match (attributes.get(name), &config.missing) {
            (Some(Value::String(value)), _) => written.push_str(value),
            (Some(value), _) => written.push_str(&value.to_string()),
            (None, Some(missing)) => written.push_str(missing),
            (None, None) => return Err(format!("the input has no attribute {name:?}")),
        }
        rest = after;
    }
    written.push_str(rest);
    Ok(written)
}

orangery_plugin_sdk::export_renderer!(Plugin);

#[cfg(test)]
mod tests {
    use super::*;

    fn render(object: &str, attributes: &[&str], config: &str) -> Vec<Result<Rendering, Failure>> {
        let config = orangery_plugin_sdk::json::decode_config("spec.renderer.config", config).unwrap();
        let ctx = RenderContext { now_ms: 0, seed: 0, inputless: false };
        let template = Template { path: "spec.resources[0]".into(), body: Body::Object(object.into()) };
        let input = |attributes: &&str| RenderInput {
            label: "inputs[0]".into(),
            uid: "0".into(),
            attributes: (*attributes).into(),
            untrusted: Vec::new(),
        };
        let inputs: Vec<RenderInput> = attributes.iter().map(input).collect();
        Plugin::render(&ctx, config, &[template], &inputs).unwrap()
    }

    #[test]
    fn every_input_gives_an_object() {
        let entries = render(r#"{"name": "app-${id}"}"#, &[r#"{"id": "7"}"#, r#"{"id": 8}"#], "{}");
        let objects: Vec<String> =
            entries.into_iter().map(|entry| entry.unwrap().objects.swap_remove(0).object).collect();
        assert_eq!(objects, [r#"{"name":"app-7"}"#, r#"{"name":"app-8"}"#]);
    }

    #[test]
    fn a_bad_input_does_not_hide_the_others() {
        let entries = render(r#"{"name": "${sha}"}"#, &["{}", r#"{"sha": "4f5c"}"#], "{}");
        let failure = entries[0].as_ref().unwrap_err();
        assert!(failure.message.contains("spec.resources[0]: the input has no attribute \"sha\""), "{failure:?}");
        assert!(entries[1].is_ok());
        assert!(render(r#"{"name": "${sha}"}"#, &["{}"], r#"{"missing": "none"}"#)[0].is_ok());
    }

    #[test]
    fn a_value_cannot_add_a_key() {
        let entries = render(r#"{"name": "${title}"}"#, &[r#"{"title": "a\", \"kind\": \"Secret"}"#], "{}");
        let object: Value = decode_item(&entries[0].as_ref().unwrap().objects[0].object).unwrap();
        assert_eq!(object.as_object().unwrap().len(), 1);
    }
}
