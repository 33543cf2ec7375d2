//! Cases, grown from grammars by a seed: one module a grammar.

pub(crate) mod calls;
pub(crate) mod documents;
pub(crate) mod formats;
pub(crate) mod mutations;
mod random;
pub(crate) mod regexes;
pub(crate) mod resources;
pub(crate) mod soup;
pub(crate) mod template;
pub(crate) mod times;
pub(crate) mod values;
pub(crate) mod words;

pub(crate) use random::Random;

use serde_json::{Value, json};

/// One question to both.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) request: Value,
}

impl Case {
    /// The text of a template with an input.
    pub(crate) fn text(template: String, inputs: Value) -> Self {
        Self { request: json!({"op": "render", "path": "resourcesTemplate", "template": template, "inputs": inputs}) }
    }

    /// The objects of an entry of `resources`; without input if there is none.
    pub(crate) fn resource(template: Value, inputs: Option<Value>) -> Self {
        Self::objects("resources", template, inputs)
    }

    /// The objects of `resourcesTemplate`; without input if there is none.
    pub(crate) fn documents(template: String, inputs: Option<Value>) -> Self {
        Self::objects("resourcesTemplate", Value::String(template), inputs)
    }

    fn objects(path: &str, template: Value, inputs: Option<Value>) -> Self {
        let mut request = json!({"op": "objects", "path": path, "template": template});
        match inputs {
            Some(inputs) => request["inputs"] = inputs,
            None => request["inputless"] = Value::Bool(true),
        }
        Self { request }
    }
}
