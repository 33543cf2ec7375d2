//! The custom resource `ResourceSet`.

use crate::reference::LabelSelector;
use crate::schema;
use crate::set_status::ResourceSetStatus;
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// ResourceSetSpec defines the templates of a ResourceSet and the inputs that they are rendered with.
#[derive(CustomResource, Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "fluxcd.controlplane.io",
    version = "v1",
    kind = "ResourceSet",
    plural = "resourcesets",
    singular = "resourceset",
    shortname = "rset",
    category = "all",
    category = "fluxcd",
    category = "fluxcd-appliers",
    namespaced,
    status = "ResourceSetStatus",
    derive = "PartialEq",
    doc = "ResourceSet renders templates with a matrix of inputs and keeps the objects in the cluster.",
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].status"),
    printcolumn(name = "Status", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].message")
)]
#[expect(clippy::duplicated_attributes, reason = "two printer columns have one type")]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = schema::rules([
    (
        "!has(self.steps) || (!has(self.resources) && !has(self.resourcesTemplate))",
        "steps is mutually exclusive with resources and resourcesTemplate",
    ),
    (
        "has(self.steps) || has(self.resources) || has(self.resourcesTemplate)",
        "at least one of steps, resources or resourcesTemplate must be set",
    ),
])))]
pub struct ResourceSetSpec {
    /// Labels and annotations written on every object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub common_metadata: Option<CommonMetadata>,
    /// Objects that must exist, or be ready, before the set is reconciled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub depends_on: Option<Vec<Dependency>>,
    /// How the inputs of several providers are combined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_strategy: Option<InputStrategy>,
    /// Inputs written in the set itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::free_maps")]
    pub inputs: Option<Vec<Map<String, Value>>>,
    /// Providers in the same namespace whose inputs are used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inputs_from: Option<Vec<InputProviderReference>>,
    /// Renderer of the templates. Defaults to the Go-template renderer with the delimiters << and >>.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renderer: Option<Renderer>,
    /// Templates of one object each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::objects")]
    pub resources: Option<Vec<Value>>,
    /// A template of YAML documents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resources_template: Option<String>,
    /// Name of the service account that is impersonated to apply the objects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_account_name: Option<String>,
    /// Steps that are applied one after the other. A step is applied after the one before it is ready.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("minItems" = 1, "maxItems" = 20, "x-kubernetes-validations" = schema::rules([
        ("self.all(s, self.exists_one(t, t.name == s.name))", "step names must be unique"),
    ])))]
    pub steps: Option<Vec<Step>>,
    /// Whether to wait until all objects of the last step are ready.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait: Option<bool>,
}

/// CommonMetadata defines labels and annotations for every object.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct CommonMetadata {
    /// Annotations, which replace those of templates.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "schema::strings")]
    pub annotations: BTreeMap<String, String>,
    /// Labels, which replace those of templates, but never the owner labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "schema::strings")]
    pub labels: BTreeMap<String, String>,
}

/// Dependency names an object that must exist, or be ready.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Dependency {
    /// API version of the object.
    pub api_version: String,
    /// Kind of the object.
    pub kind: String,
    /// Name of the object.
    pub name: String,
    /// Namespace of the object. Empty for cluster-scoped objects; it does not default to the namespace of the set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Whether the object must be ready.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ready: Option<bool>,
    /// A CEL expression over the object that says when it is ready.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ready_expr: Option<String>,
}

/// InputStrategy defines how the inputs of several providers are combined.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("required" = ["name"], "x-kubernetes-validations" = schema::rules([
    ("!has(self.includeEmptyProviders) || self.name == 'Permute'", "includeEmptyProviders only applies when name is Permute"),
    ("!has(self.idFrom) || self.name == 'Permute'", "idFrom only applies when name is Permute"),
])))]
pub struct InputStrategy {
    /// Source of the id of a permutation: Position (the default) or Content, with which adding an input does not rename other permutations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = ["Position", "Content"]))]
    pub id_from: Option<String>,
    /// Whether a provider without inputs makes the product empty. Otherwise it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub include_empty_providers: Option<bool>,
    /// Flatten concatenates the inputs, Permute makes their product.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(extend("enum" = ["Flatten", "Permute"]))]
    pub name: String,
}

/// InputProviderReference names or selects providers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = schema::rules([
    ("has(self.name) || has(self.selector)", "at least one of name or selector must be set for input provider references"),
    ("!has(self.name) || !has(self.selector)", "cannot set both name and selector for input provider references"),
])))]
pub struct InputProviderReference {
    /// API version of the provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = ["fluxcd.controlplane.io/v1"]))]
    pub api_version: Option<String>,
    /// Kind of the provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = ["ResourceSetInputProvider"]))]
    pub kind: Option<String>,
    /// Name of the provider. Cannot be set together with a selector.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Selects providers by their labels. Cannot be set together with a name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selector: Option<LabelSelector>,
}

/// Renderer defines what renders the templates.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Renderer {
    /// Configuration of the renderer, validated by its own schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::free_map")]
    pub config: Option<Map<String, Value>>,
    /// Name of the renderer, for example gotemplate.
    #[schemars(length(min = 1, max = 63))]
    pub name: String,
}

/// Step defines objects that are applied together.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("required" = ["name"], "x-kubernetes-validations" = schema::rules([
    ("has(self.resources) || has(self.resourcesTemplate)", "at least one of resources or resourcesTemplate must be set"),
])))]
pub struct Step {
    /// Name of the step, unique in the set.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 63), extend("pattern" = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"))]
    pub name: String,
    /// Templates of one object each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::objects")]
    pub resources: Option<Vec<Value>>,
    /// A template of YAML documents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resources_template: Option<String>,
    /// How long to wait until the objects are ready. Defaults to the reconcileTimeout of the set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("pattern" = schema::DURATION))]
    pub timeout: Option<String>,
}
