//! Cases of renderers: templates and inputs, and the objects, notes or failure that they have to give.

use super::case::{self, ExpectedError};
use super::compare;
use crate::manifest::Document;
use orangery_core::combine::{CombineRequest, Combined, Strategy, TemplateRuns, combine};
use orangery_core::{NamespacedName, Timestamp};
use orangery_sandbox::{InputError, RenderInput, RenderRequest, Rendering, Sandbox, Template, TemplateBody};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::path::PathBuf;

/// The document.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RenderCase {
    name: String,
    renderer: String,
    #[serde(default)]
    config: Value,
    #[serde(default)]
    resources: Vec<Value>,
    #[serde(default)]
    resources_template: Option<String>,
    /// In place of `resourcesTemplate`: a file beside the case.
    #[serde(default)]
    resources_template_file: Option<PathBuf>,
    #[serde(default)]
    inputs: Vec<Map<String, Value>>,
    /// The dotted paths whose values an outsider chose.
    #[serde(default)]
    untrusted: Vec<String>,
    expect: Expect,
}

/// What the templates have to give.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    /// The objects of all inputs that rendered, in order.
    #[serde(default)]
    objects: Option<Vec<Value>>,
    /// Not compared if absent.
    #[serde(default)]
    notes: Option<Vec<ExpectedNote>>,
    /// Why the first input that failed did, or all of them.
    #[serde(default)]
    error: Option<ExpectedError>,
}

/// A remark of the renderer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedNote {
    code: String,
    /// A part of the message; not compared if absent.
    #[serde(default)]
    contains: Option<String>,
}

/// Reads a case, with the file of its template.
pub(super) fn read(document: &Document) -> anyhow::Result<RenderCase> {
    let mut case: RenderCase = document.decode()?;
    if case.expect.objects.is_none() && case.expect.error.is_none() {
        return Err(document.wrong("expect", "must have objects, or error, or both").into());
    }
    if let Some(file) = case.resources_template_file.take() {
        if case.resources_template.is_some() {
            let message = "write either resourcesTemplate or resourcesTemplateFile";
            return Err(document.wrong("resourcesTemplateFile", message).into());
        }
        let path = case::folder(&document.file).join(file);
        let text = std::fs::read_to_string(&path).map_err(|error| {
            document.wrong("resourcesTemplateFile", format!("{} cannot be read: {error}", path.display()))
        })?;
        case.resources_template = Some(text);
    }
    if case.resources.is_empty() && case.resources_template.is_none() {
        let message = "a case of a renderer has resources, resourcesTemplate or resourcesTemplateFile";
        return Err(document.wrong("renderer", message).into());
    }
    Ok(case)
}

/// Renders; the answer is what went wrong.
pub(super) async fn run(sandbox: &Sandbox, case: &RenderCase) -> anyhow::Result<Vec<String>> {
    let set = NamespacedName::new("cases", "case");
    let combined = combine(CombineRequest {
        set: &set,
        strategy: Strategy::Flatten,
        inline: &case.inputs,
        reads_providers: false,
        providers: Vec::new(),
    })?;
    let entries = sandbox.render(request(case, combined)).await;
    let difference = match (entries, &case.expect.error) {
        (Err(error), Some(expected)) => compare::compare_failure(expected, &error),
        (Err(error), None) => Err(format!("expected objects, got the error: {error}")),
        (Ok(entries), _) => compare_entries(&case.expect, entries),
    };
    Ok(difference.err().into_iter().collect())
}

/// As the operator asks for a set with these inputs.
fn request(case: &RenderCase, combined: Combined) -> RenderRequest {
    let objects = case.resources.iter().enumerate().map(|(index, object)| Template {
        path: format!("spec.resources[{index}]"),
        body: TemplateBody::Object(object.clone()),
    });
    let text = case
        .resources_template
        .iter()
        .map(|text| Template { path: "spec.resourcesTemplate".to_owned(), body: TemplateBody::Text(text.clone()) });
    let inputless = combined.runs == TemplateRuns::Once;
    let inputs = combined.inputs.into_iter().map(|input| RenderInput {
        label: input.label,
        uid: input.uid,
        attributes: input.attributes,
        untrusted: input.untrusted.into_iter().chain(case.untrusted.iter().cloned()).collect(),
    });
    RenderRequest {
        consumer: format!("case/{}", case.name).into(),
        renderer: case.renderer.clone(),
        config: case.config.clone(),
        templates: objects.chain(text).collect(),
        inputs: inputs.collect(),
        inputless,
        now: Timestamp::default(),
        seed: 0,
    }
}

fn compare_entries(expect: &Expect, entries: Vec<Result<Rendering, InputError>>) -> Result<(), String> {
    let (mut objects, mut notes, mut failure) = (Vec::new(), Vec::new(), None);
    for entry in entries {
        match entry {
            Ok(rendering) => {
                let parsed = rendering.objects.iter().map(|rendered| serde_json::from_str::<Value>(&rendered.object));
                objects.extend(parsed.map(|object| object.unwrap_or_else(|error| json!(error.to_string()))));
                notes.extend(rendering.notes);
            }
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    match (&expect.error, failure) {
        (None, None) => {}
        (None, Some(error)) => return Err(format!("expected objects, got the error: {error}")),
        (Some(expected), None) => {
            let (name, count) = (compare::name_of(expected), objects.len());
            return Err(format!("expected the error {name}, got {count} objects"));
        }
        (Some(expected), Some(InputError::Answered { said, .. })) => compare::compare_error(expected, &said)?,
        (Some(expected), Some(error)) => {
            let name = compare::name_of(expected);
            return Err(format!("expected the plugin to answer {name}, but the host says: {error}"));
        }
    }
    let mut expected = Map::new();
    let mut actual = Map::new();
    if let Some(wanted) = &expect.objects {
        expected.insert("objects".to_owned(), json!(wanted));
        actual.insert("objects".to_owned(), json!(objects));
    }
    if let Some(wanted) = &expect.notes {
        let shown = notes.iter().enumerate().map(|(index, note)| {
            let part = wanted.get(index).map(|expected| expected.contains.as_deref());
            let message = note.message.as_str();
            // What a case leaves out of a note is not compared.
            let contains = match part {
                Some(None) => None,
                Some(Some(part)) if message.contains(part) => Some(part),
                Some(Some(_)) | None => Some(message),
            };
            json!({"code": note.code.as_str(), "contains": contains})
        });
        let wanted = wanted.iter().map(|note| json!({"code": note.code, "contains": note.contains}));
        expected.insert("notes".to_owned(), wanted.collect());
        actual.insert("notes".to_owned(), shown.collect());
    }
    compare::diff(&Value::Object(expected), &Value::Object(actual))
}
