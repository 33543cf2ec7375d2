//! The custom resource `ResourceSetInputProvider`.

use crate::condition::Condition;
use crate::reference::{LabelRequirement, LocalReference, Schedule};
use crate::schema;
use kube::CustomResource;
use orangery_core::InputList;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// ResourceSetInputProviderSpec defines where inputs come from.
///
/// Types that Flux Operator does not have belong to plugins: for them the URL may be left out where `config` is set.
#[derive(CustomResource, Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "fluxcd.controlplane.io",
    version = "v1",
    kind = "ResourceSetInputProvider",
    plural = "resourcesetinputproviders",
    singular = "resourcesetinputprovider",
    shortname = "rsip",
    category = "all",
    category = "fluxcd",
    category = "fluxcd-sources",
    namespaced,
    status = "ResourceSetInputProviderStatus",
    derive = "PartialEq",
    doc = "ResourceSetInputProvider lists inputs for ResourceSets: change requests, branches, tags, environments, or anything else.",
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].status"),
    printcolumn(name = "Status", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].message")
)]
#[expect(clippy::duplicated_attributes, reason = "two printer columns have one type")]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = crate::provider::rules()))]
pub struct ResourceSetInputProviderSpec {
    /// Secret with the certificates for TLS: ca.crt, tls.crt, tls.key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cert_secret_ref: Option<LocalReference>,
    /// Configuration of the plugin that serves the type, validated by the plugin's own schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::free_object")]
    pub config: Option<Map<String, Value>>,
    /// Values for keys that an input does not have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::free_map")]
    pub default_values: Option<Map<String, Value>>,
    /// Filter that decides which inputs are exported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<Filter>,
    /// Whether plain http is allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub insecure: Option<bool>,
    /// Secret with the proxy for all requests: address, and username with password if the proxy asks for them. Other proxies are not used then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy_secret_ref: Option<LocalReference>,
    /// When polls are allowed or triggered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Vec<Schedule>>,
    /// Secret with the credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalReference>,
    /// Selectors that decide which ExternalArtifacts are exported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selectors: Option<Vec<Selector>>,
    /// Service account for workload identity and image pull secrets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_account_name: Option<String>,
    /// Inputs that are frozen as they were last exported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skip: Option<Skip>,
    /// Type of the inputs that are listed, for example GitHubPullRequest. Types that Flux Operator does not have belong to plugins.
    #[serde(rename = "type")]
    #[schemars(length(max = 63), extend("pattern" = "^[A-Z][A-Za-z0-9]*$"))]
    pub type_: String,
    /// Address of the repository, project or service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("pattern" = "^((http|https|oci)://.*){0,1}$"))]
    pub url: Option<String>,
}

/// Filter defines which inputs are exported. Each field applies to names of its own kind only.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Filter {
    /// Regular expression of branches to leave out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exclude_branch: Option<String>,
    /// Regular expression of environments to leave out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exclude_environment: Option<String>,
    /// Regular expression of tags to leave out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exclude_tag: Option<String>,
    /// Regular expression of branches to keep.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub include_branch: Option<String>,
    /// Regular expression of environments to keep.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub include_environment: Option<String>,
    /// Regular expression of tags to keep.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub include_tag: Option<String>,
    /// Labels that must all be present.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<Vec<String>>,
    /// How many inputs are exported. Change requests, branches and environments that are exported stay, new ones wait; of tags the best ones count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = 100, "maximum" = 10000))]
    pub limit: Option<i64>,
    /// Range of semantic versions of tags to keep.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub semver: Option<String>,
}

/// Skip defines which inputs are frozen as they were last exported, or left out if they never were.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Skip {
    /// Labels that freeze an input; with a leading ! their absence does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<Vec<String>>,
}

/// Selector selects ExternalArtifacts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-map-type" = "atomic", "x-kubernetes-validations" = schema::rules([
    (
        "!has(self.name) || (!has(self.matchLabels) && !has(self.matchExpressions))",
        "name is mutually exclusive with matchLabels and matchExpressions",
    ),
])))]
pub struct Selector {
    /// Further requirements on labels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub match_expressions: Option<Vec<LabelRequirement>>,
    /// Labels with their values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::strings")]
    pub match_labels: Option<BTreeMap<String, String>>,
    /// Name of the artifact; * matches any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Namespace of the artifact; * matches any. Defaults to the namespace of the provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
}

/// ResourceSetInputProviderStatus defines the observed state of a provider.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResourceSetInputProviderStatus {
    /// Conditions, in the order Stalled, Reconciling, Ready, then those that need attention.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// Inputs of the last good answer.
    #[serde(default, skip_serializing_if = "InputList::is_empty")]
    #[schemars(schema_with = "schema::free_maps")]
    pub exported_inputs: InputList,
    /// Digest of the exported inputs; absent until the first answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_exported_revision: Option<String>,
    /// The last value of the annotation reconcile.fluxcd.io/forceAt that was acted on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_handled_force_at: Option<String>,
    /// The last value of the annotation reconcile.fluxcd.io/requestedAt that was acted on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,
    /// The next poll by the schedule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_schedule: Option<NextSchedule>,
    /// The generation that was last acted on. An addition to what Flux Operator writes: tools that know no condition compare it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Items of the last answer that could not be read: their id, or id/name where the id is a checksum of the name; * stands for any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<String>,
    /// Set while the exported inputs cannot be confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stale: Option<Stale>,
    /// Inputs that wait because the limit is reached: their id, or id/name where the id is a checksum of the name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<String>,
    /// Where a forge may announce changes, as a path below the address of the hooks; with the annotation orangery.dev/webhook-secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook_path: Option<String>,
}

/// NextSchedule is the next poll by the schedule.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct NextSchedule {
    /// Entry of the schedule.
    #[serde(flatten)]
    pub schedule: Schedule,
    /// Time of the poll.
    #[schemars(extend("format" = "date-time"))]
    pub when: String,
}

/// Stale says since when and why the exported inputs cannot be confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Stale {
    /// Reason in CamelCase.
    pub reason: String,
    /// Time of the first failure.
    #[schemars(extend("format" = "date-time"))]
    pub since: String,
}

/// The validation rules between fields. A type of another plugin may do without a URL.
fn rules() -> Value {
    let known: Vec<String> = orangery_core::spec::KNOWN_TYPES.iter().map(|name| format!("'{name}'")).collect();
    let needs_url = format!(
        "self.type == 'Static' || self.type == 'ExternalArtifact' || (has(self.url) && self.url != '') || (has(self.config) && !(self.type in [{}]))",
        known.join(", ")
    );
    let has_url = "has(self.url) && self.url";
    let rules: Vec<(String, &str)> = vec![
        ("self.type != 'Static' || !has(self.url) || self.url == ''".into(), "spec.url must be empty when spec.type is 'Static'"),
        (
            "self.type != 'ExternalArtifact' || !has(self.url) || self.url == ''".into(),
            "spec.url must be empty when spec.type is 'ExternalArtifact'",
        ),
        (needs_url, "spec.url must not be empty when spec.type is not 'Static' or 'ExternalArtifact'"),
        (
            "!self.type.startsWith('Git') || !has(self.url) || self.url == '' || self.url.startsWith('http')".into(),
            "spec.url must start with 'http://' or 'https://' when spec.type is a Git provider",
        ),
        (
            format!("!self.type.startsWith('AzureDevOps') || ({has_url}.startsWith('http'))"),
            "spec.url must start with 'http://' or 'https://' when spec.type is a Git provider",
        ),
        (
            format!("!self.type.startsWith('AWSCodeCommit') || ({has_url}.startsWith('https://'))"),
            "spec.url must start with 'https://' when spec.type is an AWS CodeCommit provider",
        ),
        (
            format!("!self.type.endsWith('ArtifactTag') || ({has_url}.startsWith('oci'))"),
            "spec.url must start with 'oci://' when spec.type is an OCI provider",
        ),
        (
            format!("!self.type.endsWith('ArtifactTag') || ({has_url}.startsWith('oci://') && self.url.substring(6).contains('/'))"),
            "spec.url must include the repository path after the registry host when spec.type is an OCI provider",
        ),
        (
            format!("self.type != 'ExternalService' || ({has_url}.startsWith('http'))"),
            "spec.url must start with 'http://' or 'https://' when spec.type is 'ExternalService'",
        ),
        (
            "!has(self.insecure) || !self.insecure || self.type == 'ExternalService' || self.type == 'OCIArtifactTag'".into(),
            "spec.insecure can only be set when spec.type is 'ExternalService' or 'OCIArtifactTag'",
        ),
        (
            format!("self.type != 'ExternalService' || ({has_url}.startsWith('https://')) || (has(self.insecure) && self.insecure)"),
            "spec.url must use 'https://' unless spec.insecure is true",
        ),
        (
            "!has(self.serviceAccountName) || self.type.startsWith('AzureDevOps') || self.type.startsWith('AWSCodeCommit') || self.type.endsWith('ArtifactTag') || self.type == 'ExternalArtifact'".into(),
            "cannot specify spec.serviceAccountName when spec.type is not one of AzureDevOps*, AWSCodeCommit*, *ArtifactTag or ExternalArtifact",
        ),
        (
            "!has(self.certSecretRef) || !(self.type in ['Static', 'ExternalArtifact', 'ACRArtifactTag', 'ECRArtifactTag', 'GARArtifactTag'] || self.type.startsWith('AzureDevOps') || self.type.startsWith('AWSCodeCommit'))".into(),
            "cannot specify spec.certSecretRef when spec.type is one of Static, ExternalArtifact, AzureDevOps*, AWSCodeCommit*, ACRArtifactTag, ECRArtifactTag or GARArtifactTag",
        ),
        (
            "!has(self.secretRef) || !(self.type in ['Static', 'ExternalArtifact', 'ACRArtifactTag', 'ECRArtifactTag', 'GARArtifactTag'] || self.type.startsWith('AWSCodeCommit'))".into(),
            "cannot specify spec.secretRef when spec.type is one of Static, ExternalArtifact, AWSCodeCommit*, ACRArtifactTag, ECRArtifactTag or GARArtifactTag",
        ),
        (
            "self.type != 'ExternalArtifact' || (has(self.selectors) && size(self.selectors) > 0)".into(),
            "spec.selectors must be set when spec.type is 'ExternalArtifact'",
        ),
        (
            "self.type == 'ExternalArtifact' || !has(self.selectors) || size(self.selectors) == 0".into(),
            "spec.selectors must not be set when spec.type is not 'ExternalArtifact'",
        ),
        (
            "!has(self.proxySecretRef) || !(self.type in ['Static', 'ExternalArtifact'])".into(),
            "cannot specify spec.proxySecretRef when spec.type is one of Static or ExternalArtifact",
        ),
    ];
    Value::Array(
        rules.into_iter().map(|(rule, message)| serde_json::json!({"rule": rule, "message": message})).collect(),
    )
}
