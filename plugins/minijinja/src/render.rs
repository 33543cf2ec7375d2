//! Templates and inputs to objects. One bad input does not hide the others; a template is read and compiled once a call.

use crate::config::Config;
use crate::engine::{BlockLines, engine};
use crate::expand::{Expander, Scope};
use crate::failure::Resource;
use crate::inputs;
use crate::leaf::{Leaf, LeafError, Source};
use crate::limits::Budget;
use crate::template::{self, Located, Node, Step, TemplateError};
use minijinja::value::Value;
use orangery_plugin_sdk::{
    Body, Error, Failure, RenderContext, RenderInput, Rendered, Rendering, Template, error::Retry,
};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// The fields of the metadata that are texts for Kubernetes.
const TEXTS: [&str; 2] = ["name", "namespace"];
/// The maps of the metadata whose values are texts.
const MAPS: [&str; 2] = ["labels", "annotations"];

/// One resource, read; or what is wrong with it.
struct Read {
    resource: Resource,
    node: Result<Node<Source>, Located<TemplateError>>,
}

/// One resource, compiled; or what is wrong with it.
struct Compiled<'e> {
    resource: &'e Resource,
    node: Result<Node<Leaf<'e>>, Broken<'e>>,
}

/// What is wrong with a resource whatever the input.
enum Broken<'e> {
    Template(&'e Located<TemplateError>),
    Leaf(Located<LeafError>),
}

/// Renders every template with every input; without inputs, every template once.
///
/// # Errors
/// `invalid-config` for `resourcesTemplate`, and for a template that is not JSON. What concerns one input is that input's
/// entry.
pub fn render(
    ctx: &RenderContext,
    config: &Config,
    templates: &[Template],
    inputs: &[RenderInput],
) -> Result<Vec<Result<Rendering, Failure>>, Error> {
    let read: Vec<Read> = templates.iter().map(read).collect::<Result<_, _>>()?;
    let engine = engine(if config.keep_blocks { BlockLines::Kept } else { BlockLines::Removed });
    let compiled: Vec<Compiled<'_>> = read
        .iter()
        .map(|read| {
            let node = read.node.as_ref().map_err(Broken::Template);
            let node = node.and_then(|node| node.compile(&engine, &mut Vec::new()).map_err(Broken::Leaf));
            Compiled { resource: &read.resource, node }
        })
        .collect();
    let values = Value::from_serialize(&config.values);
    if ctx.inputless {
        let scope = Scope::new(BTreeMap::from([("values".to_owned(), values)]));
        return Ok(vec![one_input(&compiled, &scope)]);
    }
    let one = |input: &RenderInput| {
        let seen = inputs::values(input).map_err(|error| {
            Failure::new("InvalidInput", format!("input {}: {error}", input.label)).retry(Retry::Never)
        })?;
        let uid = Value::from(input.uid.as_str());
        let names = [("inputs", seen), ("uid", uid), ("values", values.clone())];
        let scope = Scope::new(names.map(|(name, value)| (name.to_owned(), value)).into());
        one_input(&compiled, &scope)
    };
    Ok(inputs.iter().map(one).collect())
}

fn read(template: &Template) -> Result<Read, Error> {
    let Body::Object(text) = &template.body else {
        return Err(Error::invalid_config(
            template.path.clone(),
            format!(
                "{}: the renderer minijinja takes no text templates: text that is read again as YAML lets a value become \
                 structure. Write each document as an entry of spec.resources; one that repeats has `$for`, one that is \
                 conditional has `$if`. Or use spec.renderer.name: gotemplate, which renders text",
                template.path
            ),
        ));
    };
    let object: Json = serde_json::from_str(text).map_err(|error| {
        Error::invalid_config(template.path.clone(), format!("{}: the template is no JSON: {error}", template.path))
    })?;
    Ok(Read { resource: Resource::new(&template.path, &object), node: template::read(&object) })
}

fn one_input(templates: &[Compiled<'_>], scope: &Scope) -> Result<Rendering, Failure> {
    let mut budget = Budget::new();
    let mut rendering = Rendering::default();
    for (nth, Compiled { resource, node }) in templates.iter().enumerate() {
        let node = match node {
            Ok(node) => node,
            Err(Broken::Template((path, _, error))) => {
                return Err(resource.failure("TemplateInvalid", path, None, &error.to_string()));
            }
            Err(Broken::Leaf((path, written, error))) => {
                return Err(resource.unreadable(path, written, error));
            }
        };
        let expanded = Expander::new(&mut budget).expand(node, scope, 0);
        for mut object in expanded.map_err(|blame| resource.blamed(&blame))? {
            check(&object).map_err(|(path, said)| resource.failure("ObjectInvalid", &path, None, &said))?;
            texts(&mut object);
            rendering
                .objects
                .push(Rendered { template: u32::try_from(nth).unwrap_or(u32::MAX), object: object.to_string() });
        }
    }
    Ok(rendering)
}

/// An object has a version and a kind, and they are texts.
fn check(object: &Json) -> Result<(), (Vec<Step>, String)> {
    if !object.is_object() {
        let said = "a resource is a map with apiVersion and kind; this one gave something else".to_owned();
        return Err((Vec::new(), said));
    }
    for field in ["apiVersion", "kind"] {
        if object.get(field).and_then(Json::as_str).is_none_or(str::is_empty) {
            return Err((
                vec![Step::Key(field.to_owned())],
                format!("an object needs {field}, a text that is not empty"),
            ));
        }
    }
    Ok(())
}

/// Names, labels and annotations are texts for Kubernetes: a number or a boolean there becomes the text of it.
fn texts(object: &mut Json) {
    let Some(metadata) = object.get_mut("metadata").and_then(Json::as_object_mut) else { return };
    for field in TEXTS {
        if let Some(value) = metadata.get_mut(field) {
            as_text(value);
        }
    }
    for map in MAPS {
        metadata.get_mut(map).and_then(Json::as_object_mut).into_iter().flatten().for_each(|(_, value)| as_text(value));
    }
}

fn as_text(value: &mut Json) {
    if value.is_number() || value.is_boolean() {
        *value = Json::String(value.to_string());
    }
}
