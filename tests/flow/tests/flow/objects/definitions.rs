//! What the API server itself refuses, by the rules in our definitions, before any controller sees it.

use anyhow::{Context, Result};
use orangery_test_flow::World;

/// `spec` of a ResourceSet in flow style, and what the refusal says.
const SETS: [(&str, &str); 9] = [
    ("{}", "at least one of steps, resources or resourcesTemplate must be set"),
    (
        "{steps: [{name: a, resourcesTemplate: x}], resourcesTemplate: x}",
        "steps is mutually exclusive with resources and resourcesTemplate",
    ),
    (
        "{steps: [{name: a, resourcesTemplate: x}], resources: []}",
        "steps is mutually exclusive with resources and resourcesTemplate",
    ),
    ("{steps: [{name: a, resourcesTemplate: x}, {name: a, resourcesTemplate: z}]}", "step names must be unique"),
    ("{steps: [{name: a}]}", "at least one of resources or resourcesTemplate must be set"),
    ("{steps: [{name: A_b, resourcesTemplate: x}]}", "should match"),
    (
        "{resourcesTemplate: x, inputStrategy: {name: Flatten, includeEmptyProviders: false}}",
        "includeEmptyProviders only applies when name is Permute",
    ),
    (
        "{resourcesTemplate: x, inputsFrom: [{kind: ResourceSetInputProvider}]}",
        "at least one of name or selector must be set for input provider references",
    ),
    (
        "{resourcesTemplate: x, inputsFrom: [{name: a, selector: {}}]}",
        "cannot set both name and selector for input provider references",
    ),
];

/// `spec` of a ResourceSetInputProvider in flow style, and what the refusal says.
const PROVIDERS: [(&str, &str); 26] = [
    ("{type: Static, url: 'https://x'}", "spec.url must be empty when spec.type is 'Static'"),
    (
        "{type: ExternalArtifact, url: 'https://x', selectors: [{name: a}]}",
        "spec.url must be empty when spec.type is 'ExternalArtifact'",
    ),
    ("{type: GitHubTag}", "spec.url must not be empty when spec.type is not 'Static' or 'ExternalArtifact'"),
    (
        "{type: GitHubTag, url: 'oci://x/y'}",
        "spec.url must start with 'http://' or 'https://' when spec.type is a Git provider",
    ),
    (
        "{type: GiteaTag, url: 'oci://x/y'}",
        "spec.url must start with 'http://' or 'https://' when spec.type is a Git provider",
    ),
    (
        "{type: AzureDevOpsTag, url: 'oci://x/y'}",
        "spec.url must start with 'http://' or 'https://' when spec.type is a Git provider",
    ),
    (
        "{type: AWSCodeCommitTag, url: 'http://x/y'}",
        "spec.url must start with 'https://' when spec.type is an AWS CodeCommit provider",
    ),
    (
        "{type: OCIArtifactTag, url: 'https://x/y'}",
        "spec.url must start with 'oci://' when spec.type is an OCI provider",
    ),
    (
        "{type: OCIArtifactTag, url: 'oci://x'}",
        "spec.url must include the repository path after the registry host when spec.type is an OCI provider",
    ),
    (
        "{type: ExternalService, url: 'oci://x/y'}",
        "spec.url must start with 'http://' or 'https://' when spec.type is 'ExternalService'",
    ),
    (
        "{type: GitHubTag, url: 'https://x', insecure: true}",
        "spec.insecure can only be set when spec.type is 'ExternalService' or 'OCIArtifactTag'",
    ),
    ("{type: ExternalService, url: 'http://x'}", "spec.url must use 'https://' unless spec.insecure is true"),
    (
        "{type: GitHubTag, url: 'https://x', serviceAccountName: a}",
        "cannot specify spec.serviceAccountName when spec.type is not one of AzureDevOps*, AWSCodeCommit*, *ArtifactTag or ExternalArtifact",
    ),
    (
        "{type: Static, certSecretRef: {name: a}}",
        "cannot specify spec.certSecretRef when spec.type is one of Static, ExternalArtifact, AzureDevOps*, AWSCodeCommit*, ACRArtifactTag, ECRArtifactTag or GARArtifactTag",
    ),
    ("{type: AzureDevOpsTag, url: 'https://x', certSecretRef: {name: a}}", "cannot specify spec.certSecretRef when"),
    ("{type: GARArtifactTag, url: 'oci://x/y', certSecretRef: {name: a}}", "cannot specify spec.certSecretRef when"),
    (
        "{type: Static, secretRef: {name: a}}",
        "cannot specify spec.secretRef when spec.type is one of Static, ExternalArtifact, AWSCodeCommit*, ACRArtifactTag, ECRArtifactTag or GARArtifactTag",
    ),
    ("{type: AWSCodeCommitTag, url: 'https://x', secretRef: {name: a}}", "cannot specify spec.secretRef when"),
    ("{type: ExternalArtifact}", "spec.selectors must be set when spec.type is 'ExternalArtifact'"),
    (
        "{type: Static, selectors: [{name: a}]}",
        "spec.selectors must not be set when spec.type is not 'ExternalArtifact'",
    ),
    (
        "{type: Static, proxySecretRef: {name: a}}",
        "cannot specify spec.proxySecretRef when spec.type is one of Static or ExternalArtifact",
    ),
    (
        "{type: ExternalArtifact, selectors: [{name: a, matchLabels: {a: b}}]}",
        "name is mutually exclusive with matchLabels and matchExpressions",
    ),
    ("{type: GitHubTag, url: 'ftp://x'}", "should match"),
    ("{type: GitHubTag, url: 'https://x', filter: {limit: 10001}}", "should be less than or equal to 10000"),
    ("{type: Static, schedule: [{cron: '@daily', window: soon}]}", "should match"),
    ("{url: 'https://x'}", "spec.type: Required value"),
];

#[tokio::test]
async fn the_rules_of_a_set_refuse_in_the_words_of_flux_operator() -> Result<()> {
    refuse("ResourceSet", &SETS).await
}

#[tokio::test]
async fn the_rules_of_a_provider_refuse_in_the_words_of_flux_operator() -> Result<()> {
    refuse("ResourceSetInputProvider", &PROVIDERS).await
}

async fn refuse(kind: &str, table: &[(&str, &str)]) -> Result<()> {
    let world = World::new("rules").await?;
    let mut wrong = Vec::new();
    for (spec, wanted) in table {
        let manifest =
            format!("apiVersion: fluxcd.controlplane.io/v1\nkind: {kind}\nmetadata: {{name: bad}}\nspec: {spec}\n");
        match world.apply(&manifest).await {
            Ok(()) => {
                wrong.push(format!("{spec} was accepted"));
                world.delete(kind, "bad").await?;
            }
            Err(error) if format!("{error:#}").contains(wanted) => {}
            Err(error) => wrong.push(format!("{spec} was refused with: {error:#}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

#[tokio::test]
async fn what_the_rules_allow_is_taken_with_the_defaults_of_flux_operator() -> Result<()> {
    let world = World::new("defaults").await?;
    world
        .apply(
            "apiVersion: fluxcd.controlplane.io/v1\n\
             kind: ResourceSetInputProvider\n\
             metadata: {name: good}\n\
             spec: {type: GitHubTag, url: 'https://x/y', filter: {semver: '>1'}, schedule: [{cron: '@daily'}]}\n\
             ---\n\
             apiVersion: fluxcd.controlplane.io/v1\n\
             kind: ResourceSet\n\
             metadata: {name: good}\n\
             spec: {inputs: [{any: {thing: [1, x]}}], resources: [{kind: << inputs.any >>}]}\n",
        )
        .await?;
    let provider = world.live("ResourceSetInputProvider", "good").await?;
    let found = |pointer: &str| provider.pointer(pointer).with_context(|| format!("no {pointer} in {provider:#}"));
    assert_eq!(found("/spec/filter/limit")?, 100);
    assert_eq!(found("/spec/schedule/0/timeZone")?, "UTC");
    assert_eq!(found("/spec/schedule/0/window")?, "0s");
    let set = world.live("ResourceSet", "good").await?;
    assert_eq!(set.pointer("/spec/inputs/0/any/thing/1").and_then(|value| value.as_str()), Some("x"));
    Ok(())
}
