//! The objects that a Receiver names, and whether a delivery is about them.

use super::CrossNamespace;
use super::listing::{Listings, ObjectMetadata};
use super::request::Target;
use kube::api::ApiResource;
use kube::core::GroupVersionKind;
use orangery_api::{Receiver, ReceiverResource};
use orangery_core::NamespacedName;
use orangery_sandbox::{EvaluationError, ExpressionProblem, Sandbox};
use serde_json::{Map, Value, json};

/// API versions that need not be written: those of Flux, and ours.
const KNOWN: [(&str, &str, &str); 10] = [
    ("Bucket", "source.toolkit.fluxcd.io", "v1"),
    ("HelmChart", "source.toolkit.fluxcd.io", "v1"),
    ("HelmRepository", "source.toolkit.fluxcd.io", "v1"),
    ("GitRepository", "source.toolkit.fluxcd.io", "v1"),
    ("OCIRepository", "source.toolkit.fluxcd.io", "v1"),
    ("ImageRepository", "image.toolkit.fluxcd.io", "v1"),
    ("ArtifactGenerator", "source.extensions.fluxcd.io", "v1beta1"),
    ("ResourceSet", "fluxcd.controlplane.io", "v1"),
    ("ResourceSetInputProvider", "fluxcd.controlplane.io", "v1"),
    ("FluxInstance", "fluxcd.controlplane.io", "v1"),
];

/// A resource of a Receiver that cannot be asked to reconcile.
#[derive(Debug, thiserror::Error)]
pub(super) enum ResourceError {
    #[error("cross-namespace references are not allowed: {kind}/{namespace}/{name}")]
    OtherNamespace { kind: String, namespace: String, name: String },
    #[error("apiVersion must be specified for kind {0:?}")]
    UnknownKind(String),
    #[error("matchLabels field not set when using wildcard '*' as name")]
    NoLabels,
    #[error("unable to read {what}: {message}")]
    Unreadable { what: String, message: String },
    #[error("the filter {filter:?} cannot be evaluated: {why}")]
    Filter { filter: String, why: String },
}

/// What is needed to find objects.
pub(super) struct Lookup<'a> {
    pub(super) listings: &'a Listings,
    pub(super) sandbox: &'a Sandbox,
    pub(super) references: CrossNamespace,
}

/// Whether a Receiver looks into what was delivered.
pub(super) fn has_filters(receiver: &Receiver) -> bool {
    !filters(receiver, None).is_empty()
        || receiver.spec.resources.iter().any(|resource| !filters(receiver, Some(resource)).is_empty())
}

/// The filters that must all hold for an entry.
fn filters<'a>(receiver: &'a Receiver, resource: Option<&'a ReceiverResource>) -> Vec<&'a str> {
    let own = resource.and_then(|resource| resource.filter.as_deref());
    let all = receiver.spec.resource_filter.as_deref().into_iter().chain(own);
    all.filter(|filter| !filter.is_empty()).collect()
}

/// The objects that one entry of `spec.resources` names, of which the filters hold.
pub(super) async fn selected(
    lookup: &Lookup<'_>,
    receiver: &Receiver,
    resource: &ReceiverResource,
    document: &Map<String, Value>,
) -> Result<Vec<Target>, ResourceError> {
    let target = target(receiver, resource, lookup.references)?;
    let filters = filters(receiver, Some(resource));
    if resource.name != "*" && filters.is_empty() {
        return Ok(vec![target]);
    }
    let labels = match (resource.name.as_str(), &resource.match_labels) {
        ("*", None) => return Err(ResourceError::NoLabels),
        ("*", Some(labels)) => Some(labels),
        _ => None,
    };
    let unreadable = |message| ResourceError::Unreadable { what: target.to_string(), message };
    let mut selected = Vec::new();
    for object in lookup.listings.read(&target, labels).await.map_err(unreadable)?.iter() {
        let name = object.metadata.name.clone().unwrap_or_default();
        let target = Target { name: NamespacedName { name, ..target.name.clone() }, ..target.clone() };
        if holds(lookup.sandbox, receiver, &filters, &target, object, document).await? {
            selected.push(target);
        }
    }
    Ok(selected)
}

/// What an entry names; for `*` the name is still that.
fn target(
    receiver: &Receiver,
    resource: &ReceiverResource,
    references: CrossNamespace,
) -> Result<Target, ResourceError> {
    let own = receiver.metadata.namespace.clone().unwrap_or_default();
    let namespace = resource.namespace.clone().filter(|namespace| !namespace.is_empty()).unwrap_or_else(|| own.clone());
    if references == CrossNamespace::Forbidden && namespace != own {
        let (kind, name) = (resource.kind.clone(), resource.name.clone());
        return Err(ResourceError::OtherNamespace { kind, namespace, name });
    }
    let kind = match resource.api_version.as_deref().filter(|version| !version.is_empty()) {
        Some(version) => {
            let (group, version) = version.split_once('/').unwrap_or(("", version));
            GroupVersionKind::gvk(group, version, &resource.kind)
        }
        None => KNOWN
            .iter()
            .find(|(kind, ..)| *kind == resource.kind)
            .map(|(kind, group, version)| GroupVersionKind::gvk(group, version, kind))
            .ok_or_else(|| ResourceError::UnknownKind(resource.kind.clone()))?,
    };
    Ok(Target { kind, name: NamespacedName { namespace, name: resource.name.clone() } })
}

async fn holds(
    sandbox: &Sandbox,
    receiver: &Receiver,
    filters: &[&str],
    target: &Target,
    object: &ObjectMetadata,
    document: &Map<String, Value>,
) -> Result<bool, ResourceError> {
    let resource = ApiResource::from_gvk(&target.kind);
    let variables = json!({
        "res": {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": object.metadata},
        "req": document,
    });
    let mut evaluations = sandbox.evaluations(consumer(receiver));
    for filter in filters {
        let failed = |why| ResourceError::Filter { filter: (*filter).to_owned(), why };
        match evaluations.holds(filter, &variables).await {
            Ok(Ok(true)) => {}
            Ok(Ok(false)) => return Ok(false),
            Ok(Err(problem)) => return Err(failed(problem_text(problem))),
            Err(error) => return Err(failed(error.to_string())),
        }
    }
    Ok(true)
}

/// On whose behalf filters are evaluated.
pub(super) fn consumer(receiver: &Receiver) -> String {
    let metadata = &receiver.metadata;
    let (namespace, name) =
        (metadata.namespace.as_deref().unwrap_or_default(), metadata.name.as_deref().unwrap_or_default());
    format!("Receiver/{namespace}/{name}")
}

fn problem_text(problem: ExpressionProblem) -> String {
    match problem {
        ExpressionProblem::Unparsable(message) | ExpressionProblem::Unevaluable(message) => message,
        ExpressionProblem::NotBoolean => "its value is neither true nor false".to_owned(),
    }
}

/// Why the filters of a Receiver cannot be used, where they do not parse.
pub(super) async fn check_filters(
    sandbox: &Sandbox,
    receiver: &Receiver,
) -> Result<Result<(), String>, EvaluationError> {
    let top = receiver.spec.resource_filter.iter().map(|filter| ("resourceFilter expression".to_owned(), filter));
    let each = receiver.spec.resources.iter().enumerate().filter_map(|(index, resource)| {
        let whose =
            format!("filter expression for resources[{index}] (kind={:?}, name={:?})", resource.kind, resource.name);
        resource.filter.as_ref().map(|filter| (whose, filter))
    });
    let (whose, filters): (Vec<String>, Vec<String>) =
        top.chain(each).filter(|(_, filter)| !filter.is_empty()).map(|(whose, filter)| (whose, filter.clone())).unzip();
    let checked = sandbox.evaluations(consumer(receiver)).check_expressions(filters).await?;
    Ok(checked.map_err(|(index, message)| {
        format!("invalid {}: {message}", whose.get(index).map_or("filter", String::as_str))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use orangery_api::ReceiverSpec;

    fn receiver() -> Receiver {
        let mut receiver = Receiver::new("gitlab", ReceiverSpec::default());
        receiver.metadata.namespace = Some("apps".into());
        receiver
    }

    fn resource(kind: &str, namespace: Option<&str>) -> ReceiverResource {
        ReceiverResource {
            kind: kind.into(),
            name: "app".into(),
            namespace: namespace.map(Into::into),
            ..ReceiverResource::default()
        }
    }

    #[test]
    fn row_e11_the_namespace_and_the_version_have_defaults() {
        let ours = target(&receiver(), &resource("ResourceSetInputProvider", None), CrossNamespace::Forbidden).unwrap();
        assert_eq!(ours.to_string(), "ResourceSetInputProvider/apps/app");
        assert_eq!(ours.kind.api_version(), "fluxcd.controlplane.io/v1");
        let refused = target(&receiver(), &resource("Kustomization", None), CrossNamespace::Allowed).unwrap_err();
        assert_eq!(refused.to_string(), "apiVersion must be specified for kind \"Kustomization\"");
    }

    #[test]
    fn row_e11_other_namespaces_can_be_forbidden() {
        let other = resource("GitRepository", Some("flux-system"));
        let allowed = target(&receiver(), &other, CrossNamespace::Allowed).unwrap();
        assert_eq!(allowed.name.namespace, "flux-system");
        let refused = target(&receiver(), &other, CrossNamespace::Forbidden).unwrap_err();
        assert!(refused.to_string().starts_with("cross-namespace references are not allowed"), "{refused}");
    }
}
