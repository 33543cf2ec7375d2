//! What ours answers to a request.

use orangery_plugin_gotemplate::eval::execute;
use orangery_plugin_gotemplate::functions::{Context, find};
use orangery_plugin_gotemplate::parse::parse;
use orangery_plugin_gotemplate::render;
use orangery_plugin_gotemplate::value::Value as Variable;
use orangery_plugin_sdk::{Body, RenderContext, RenderInput, Template};
use serde_json::Value;

/// The digest that the oracle gives every input.
const UID: &str = "0123456789abcdef";

/// A success.
#[derive(Debug)]
pub(super) enum Ours {
    /// The bytes of a template.
    Text(Vec<u8>),
    /// The objects of a template.
    Objects(Vec<Value>),
}

/// A failure.
#[derive(Debug)]
pub(super) struct Failed {
    /// convert, parse, exec or yaml, as the oracle calls the steps.
    pub(super) class: &'static str,
    /// Our text.
    pub(super) message: String,
    /// Whether it is the whole text, or Flux Operator's with ours around it.
    whole: bool,
}

impl Failed {
    /// Whether our text is, or holds at its place, what Go says.
    pub(super) fn says(&self, said: &str) -> bool {
        self.holds(&mended(said), &mended(&self.message))
    }

    /// As [`Failed::says`], whatever line the YAML reader names.
    pub(super) fn says_without_lines(&self, said: &str) -> bool {
        !self.whole && self.holds(&without_line(&mended(said)), &without_line(&mended(&self.message)))
    }

    /// As [`Failed::says`], whatever numbers an object without kind has.
    pub(super) fn says_without_numbers(&self, said: &str) -> bool {
        let without =
            |text: &str| mended(text).replace(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e'), "");
        let missing = "Object 'Kind' is missing in";
        !self.whole && said.contains(missing) && without(&self.message).contains(&without(said))
    }

    fn holds(&self, said: &str, message: &str) -> bool {
        if self.whole {
            return message == said;
        }
        let words = match self.class {
            "convert" => ["failed to convert template to YAML: ", ""],
            "parse" => ["failed to parse template: ", "failed to parse multi-doc YAML template: "],
            "exec" => ["failed to execute template: ", "failed to execute multi-doc YAML template: "],
            _ => ["failed to read object: ", "failed to read objects from multi-doc YAML: "],
        };
        let cause =
            words.iter().filter(|w| !w.is_empty()).find_map(|word| message.split_once(word)).map(|(_, rest)| rest);
        cause.and_then(|rest| rest.strip_prefix(said)).is_some_and(|rest| rest.starts_with([' ', ':']))
    }
}

/// A text without the line in `yaml: line 3: `.
fn without_line(text: &str) -> String {
    let Some((before, rest)) = text.split_once("yaml: line ") else { return text.to_owned() };
    let after = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    format!("{before}yaml: {}", after.strip_prefix(": ").unwrap_or(after))
}

/// Broken UTF-8 becomes one or several replacement characters, depending on who replaces.
fn mended(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c != '\u{fffd}' || !out.ends_with(c) {
            out.push(c);
        }
    }
    out
}

pub(super) fn answer(request: &Value) -> Result<Ours, Failed> {
    if request.get("op").and_then(Value::as_str) == Some("objects") { objects(request) } else { text(request) }
}

fn text(request: &Value) -> Result<Ours, Failed> {
    let template = request.get("template").and_then(Value::as_str).unwrap_or_default();
    let inputs = request.get("inputs").unwrap_or(&Value::Null);
    let Variable::Map(map) = Variable::from_json(inputs) else { return Ok(Ours::Text(Vec::new())) };
    let failed = |class, message| Failed { class, message, whole: true };
    let parsed = parse("resourceset", template, &find).map_err(|e| failed("parse", e.to_string()))?;
    let mut context = Context::new(map, UID.to_owned(), 0, 1);
    let output = execute(&parsed, &mut context).map_err(|e| failed("exec", e.to_string()))?;
    Ok(Ours::Text(output.text))
}

fn objects(request: &Value) -> Result<Ours, Failed> {
    let inputless = request.get("inputless").and_then(Value::as_bool) == Some(true);
    let ctx = RenderContext { now_ms: 0, seed: 1, inputless };
    let template = request.get("template").unwrap_or(&Value::Null);
    let (path, body) = if request.get("path").and_then(Value::as_str) == Some("resources") {
        ("spec.resources[0]", Body::Object(template.to_string()))
    } else {
        ("spec.resourcesTemplate", Body::Text(template.as_str().unwrap_or_default().to_owned()))
    };
    let input = RenderInput {
        label: "ResourceSet/a id 1".to_owned(),
        uid: UID.to_owned(),
        attributes: request.get("inputs").unwrap_or(&Value::Null).to_string(),
        untrusted: Vec::new(),
    };
    let inputs: &[RenderInput] = if inputless { &[] } else { std::slice::from_ref(&input) };
    let failed = |class, message| Failed { class, message, whole: false };
    let rendered = render(&ctx, &[Template { path: path.to_owned(), body }], inputs)
        .map_err(|e| failed("none", e.to_string()))?
        .pop()
        .unwrap_or_else(|| Ok(orangery_plugin_sdk::Rendering::default()))
        .map_err(|failure| {
            let class = match failure.code.as_str() {
                "TemplateConversionFailed" => "convert",
                "TemplateParseFailed" => "parse",
                "TemplateExecutionFailed" => "exec",
                "ObjectInvalid" => "yaml",
                _ => "none",
            };
            failed(class, failure.message)
        })?;
    let objects = rendered.objects.iter().map(|o| serde_json::from_str(&o.object).unwrap_or_default());
    Ok(Ours::Objects(objects.collect()))
}

/// The bytes of a base64 text.
pub(crate) fn decoded(base64: &str) -> Vec<u8> {
    let (mut out, mut bits, mut count) = (Vec::with_capacity(base64.len()), 0_u32, 0);
    for digit in base64.bytes() {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => continue,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count & 0xff) as u8);
        }
    }
    out
}
