//! A provider type: one value of `spec.type`, and all that its users need to know.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What the names that a type lists are, which decides which filter fields apply to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum NameKind {
    /// Branches: `includeBranch` and `excludeBranch` apply.
    Branch,
    /// Tags: `includeTag`, `excludeTag` and `semver` apply.
    Tag,
    /// Environments: `includeEnvironment` and `excludeEnvironment` apply.
    Environment,
    /// No names: no name filter applies.
    Unnamed,
}

/// What happens when there are more inputs than `filter.limit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum LimitRule {
    /// Those already exported stay, new ones wait. For change requests, branches and environments.
    Admit,
    /// Sorted (semver, or name, descending) and the best win. For tags.
    Best,
}

/// One value of `spec.type` that a plugin lists inputs for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServedType {
    /// The value of `spec.type`, for example `GitHubPullRequest`.
    pub name: String,
    /// One sentence: what it lists.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// What its names are.
    pub name_kind: NameKind,
    /// The attribute that holds the name, for example `branch`; empty if unnamed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name_attribute: String,
    /// Whether its inputs carry labels (attribute `labels`), so that `filter.labels` and `skip.labels` apply.
    #[serde(default)]
    pub labelled: bool,
    /// What `filter.limit` does.
    pub limit: LimitRule,
    /// JSON Schema of `spec.config`; the host checks it before it calls. Without it, anything is allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<Value>,
    /// What templates see as `inputs.<name>`, besides `id` and `provider`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<Attribute>,
    /// The facts that it fills where it knows them, for example `webUrl`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<String>,
    /// One sentence: how many requests a poll costs.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub cost: String,
    /// A manifest of a `ResourceSetInputProvider` of this type, to copy from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub example: Option<Value>,
}

/// A value that templates see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Attribute {
    /// The key in `inputs`.
    pub name: String,
    /// One sentence about the value.
    pub description: String,
}

impl ServedType {
    /// A type that lists change requests: named by branch, labelled, those admitted stay.
    pub fn change_requests(name: &str) -> Self {
        Self { labelled: true, ..Self::branches(name) }
    }

    /// A type that lists branches.
    pub fn branches(name: &str) -> Self {
        Self::new(name, NameKind::Branch, "branch", LimitRule::Admit)
    }

    /// A type that lists tags: the best win.
    pub fn tags(name: &str) -> Self {
        Self::new(name, NameKind::Tag, "tag", LimitRule::Best)
    }

    /// A type that lists environments whose names are in `name_attribute`.
    pub fn environments(name: &str, name_attribute: &str) -> Self {
        Self::new(name, NameKind::Environment, name_attribute, LimitRule::Admit)
    }

    /// A type without names: no name filter applies.
    pub fn unnamed(name: &str) -> Self {
        Self::new(name, NameKind::Unnamed, "", LimitRule::Admit)
    }

    /// Says in one sentence what it lists.
    #[must_use]
    pub fn description(mut self, sentence: &str) -> Self {
        sentence.clone_into(&mut self.description);
        self
    }

    /// Gives this type a configuration of its own.
    #[must_use]
    pub fn config<C: JsonSchema>(mut self) -> Self {
        self.config = Some(schemars::schema_for!(C).into());
        self
    }

    /// Names an attribute that templates see.
    #[must_use]
    pub fn attribute(mut self, name: &str, sentence: &str) -> Self {
        self.attributes.push(Attribute { name: name.to_owned(), description: sentence.to_owned() });
        self
    }

    /// Names the facts that it fills.
    #[must_use]
    pub fn facts(mut self, names: &[&str]) -> Self {
        self.facts.extend(names.iter().map(|name| (*name).to_owned()));
        self
    }

    /// Says in one sentence how many requests a poll costs.
    #[must_use]
    pub fn cost(mut self, sentence: &str) -> Self {
        sentence.clone_into(&mut self.cost);
        self
    }

    /// Shows a provider of this type whose `spec` holds these fields besides `type`.
    #[must_use]
    pub fn example(mut self, object_name: &str, spec: Value) -> Self {
        let mut whole = serde_json::Map::from_iter([("type".to_owned(), Value::from(self.name.as_str()))]);
        if let Value::Object(spec) = spec {
            whole.extend(spec);
        }
        self.example = Some(serde_json::json!({
            "apiVersion": "fluxcd.controlplane.io/v1",
            "kind": "ResourceSetInputProvider",
            "metadata": {"name": object_name},
            "spec": whole,
        }));
        self
    }

    fn new(name: &str, name_kind: NameKind, name_attribute: &str, limit: LimitRule) -> Self {
        Self {
            name: name.to_owned(),
            description: String::new(),
            name_kind,
            name_attribute: name_attribute.to_owned(),
            labelled: false,
            limit,
            config: None,
            attributes: Vec::new(),
            facts: Vec::new(),
            cost: String::new(),
            example: None,
        }
    }
}
