//! The answer to a `SelfSubjectRulesReview`: everything that an identity may do in one namespace.

use super::verb::Verb;
use crate::kubernetes::client::discovery::Kind;
use serde::Deserialize;

/// What an identity may do in one namespace, or everywhere.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Rules {
    resource_rules: Vec<Rule>,
    /// An authorizer of the API server cannot list its rules, so a right may exist that is not among them.
    pub(crate) incomplete: bool,
    evaluation_error: String,
}

/// One rule, in the shape of the API.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Rule {
    verbs: Vec<String>,
    api_groups: Vec<String>,
    resources: Vec<String>,
    /// The objects that the rule is about; all of them if it is empty.
    resource_names: Vec<String>,
}

impl Rule {
    fn covers(&self, verb: Verb, kind: &Kind) -> bool {
        let has = |list: &[String], one: &str| list.iter().any(|entry| entry == "*" || entry == one);
        has(&self.verbs, verb.as_str()) && has(&self.api_groups, &kind.gvk.group) && has(&self.resources, &kind.plural)
    }
}

impl Rules {
    /// What is known where the API server lists no rules.
    pub(crate) fn unknown() -> Self {
        Self { incomplete: true, ..Self::default() }
    }

    /// Whether the identity may do this to the object of this name; to all objects of the kind if `name` is empty.
    pub(crate) fn grant(&self, verb: Verb, kind: &Kind, name: &str) -> bool {
        self.resource_rules.iter().filter(|rule| rule.covers(verb, kind)).any(|rule| {
            rule.resource_names.is_empty() || (!name.is_empty() && rule.resource_names.iter().any(|one| one == name))
        })
    }

    /// Whether these are all rules, so that what they do not grant is not allowed.
    pub(crate) fn are_complete(&self) -> bool {
        !self.incomplete && self.evaluation_error.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use orangery_core::GroupVersionKind;
    use serde_json::json;

    fn kind(api_version: &str, kind: &str, plural: &str) -> Kind {
        Kind { gvk: GroupVersionKind::new(api_version, kind), plural: plural.to_owned(), namespaced: true }
    }

    #[test]
    fn a_rule_counts_for_its_verbs_groups_resources_and_names() {
        let rules: Rules =
            serde_json::from_value(json!({"incomplete": false, "nonResourceRules": [], "resourceRules": [
                {"verbs": ["get", "patch"], "apiGroups": [""], "resources": ["configmaps", "configmaps/status"]},
                {"verbs": ["patch"], "apiGroups": [""], "resources": ["secrets"], "resourceNames": ["a"]},
                {"verbs": ["*"], "apiGroups": ["apps"], "resources": ["*"]},
            ]}))
            .unwrap();
        let (maps, secrets) = (kind("v1", "ConfigMap", "configmaps"), kind("v1", "Secret", "secrets"));
        assert!(rules.grant(Verb::Patch, &maps, "") && rules.grant(Verb::Get, &maps, "any"));
        assert!(!rules.grant(Verb::Create, &maps, ""));
        assert!(rules.grant(Verb::Patch, &secrets, "a"));
        assert!(!rules.grant(Verb::Patch, &secrets, "b") && !rules.grant(Verb::Patch, &secrets, ""));
        assert!(rules.grant(Verb::Delete, &kind("apps/v1", "Deployment", "deployments"), ""));
        assert!(!rules.grant(Verb::Get, &kind("v1", "Pod", "pods"), ""));
        assert!(rules.are_complete());
    }

    #[test]
    fn rules_that_an_authorizer_cannot_list_are_not_complete() {
        let said = |answer: serde_json::Value| serde_json::from_value::<Rules>(answer).unwrap().are_complete();
        assert!(!said(json!({"incomplete": true})));
        assert!(!said(
            json!({"incomplete": false, "evaluationError": "webhook authorizer does not support user rule resolution"})
        ));
    }
}
