//! The rights of whoever installs, and those of the operator's service account.

use super::finding::Findings;
use super::operator_rights::{OPTIONAL, REQUIRED, Right, of_the_lease, right};
use crate::cli::cluster::CheckOptions;
use crate::cluster::connection::{Connection, said};
use k8s_openapi::api::authorization::v1::{
    ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec, SubjectAccessReview,
    SubjectAccessReviewSpec,
};
use kube::Api;
use kube::api::PostParams;

const AREA: &str = "rights";

/// What an installation creates.
const INSTALLER: [Right<'static>; 5] = [
    right("apiextensions.k8s.io", "customresourcedefinitions", "create"),
    right("", "namespaces", "create"),
    right("rbac.authorization.k8s.io", "clusterroles", "create"),
    right("rbac.authorization.k8s.io", "clusterrolebindings", "create"),
    right("apps", "deployments", "create"),
];

impl Right<'_> {
    fn attributes(&self) -> ResourceAttributes {
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        ResourceAttributes {
            group: Some(self.group.to_owned()),
            resource: Some(self.resource.to_owned()),
            subresource: given(self.subresource),
            verb: Some(self.verb.to_owned()),
            namespace: self.namespace.map(str::to_owned),
            name: self.name.map(str::to_owned),
            ..ResourceAttributes::default()
        }
    }

    fn named(&self) -> String {
        let group = if self.group.is_empty() { String::new() } else { format!(".{}", self.group) };
        let sub = if self.subresource.is_empty() { String::new() } else { format!("/{}", self.subresource) };
        let name = self.name.map(|name| format!(" {name}")).unwrap_or_default();
        let place = self.namespace.map(|namespace| format!(" in {namespace}")).unwrap_or_default();
        format!("{} {}{sub}{group}{name}{place}", self.verb, self.resource)
    }
}

/// Whether the caller may install.
pub(super) async fn installer(connection: &Connection, findings: &mut Findings) {
    let reviews: Api<SelfSubjectAccessReview> = Api::all(connection.client.clone());
    let mut missing = Vec::new();
    for right in INSTALLER {
        let spec = SelfSubjectAccessReviewSpec { resource_attributes: Some(right.attributes()), ..Default::default() };
        let review = SelfSubjectAccessReview { spec, ..Default::default() };
        match reviews.create(&PostParams::default(), &review).await {
            Ok(answer) if answer.status.as_ref().is_some_and(|status| status.allowed) => {}
            Ok(_) => missing.push(right.named()),
            Err(error) => {
                let text = format!("cannot be asked for: {}", said(error));
                return findings.warning(AREA, "installer", text, "");
            }
        }
    }
    if missing.is_empty() {
        findings.good(AREA, "installer", "may install");
    } else {
        let text = format!("may not {}", missing.join(", "));
        findings.problem(AREA, "installer", text, "install as a cluster administrator");
    }
}

/// Whether the operator's account may do what it needs.
pub(super) async fn operator(connection: &Connection, options: &CheckOptions, findings: &mut Findings) {
    let reviews: Api<SubjectAccessReview> = Api::all(connection.client.clone());
    let namespace = options.operator_namespace.as_str();
    let account = format!("system:serviceaccount:{namespace}:{}", options.operator_account);
    let needed = REQUIRED.into_iter().chain(of_the_lease(namespace));
    let mut missing = Vec::new();
    for right in needed {
        match allowed(&reviews, &account, namespace, &right).await {
            Ok(true) => {}
            Ok(false) => missing.push(right.named()),
            Err(error) => {
                let next = "check as somebody who may create subjectaccessreviews";
                return findings.warning(AREA, account, format!("cannot be asked for: {error}"), next);
            }
        }
    }
    if missing.is_empty() {
        findings.good(AREA, account.as_str(), "has the operator's rights");
    } else {
        let next = "apply the roles of the chart, or of config/deploy/rbac.yaml";
        findings.problem(AREA, account.as_str(), format!("may not {}", missing.join(", ")), next);
    }
    for optional in OPTIONAL {
        let mut missing = Vec::new();
        for right in optional.rights {
            if let Ok(false) = allowed(&reviews, &account, namespace, right).await {
                missing.push(right.named());
            }
        }
        if !missing.is_empty() {
            findings.warning(AREA, account.as_str(), format!("may not {}", missing.join(", ")), optional.without);
        }
    }
}

async fn allowed(
    reviews: &Api<SubjectAccessReview>,
    account: &str,
    namespace: &str,
    right: &Right<'_>,
) -> anyhow::Result<bool> {
    let groups = [
        "system:serviceaccounts".to_owned(),
        format!("system:serviceaccounts:{namespace}"),
        "system:authenticated".to_owned(),
    ];
    let spec = SubjectAccessReviewSpec {
        resource_attributes: Some(right.attributes()),
        user: Some(account.to_owned()),
        groups: Some(groups.to_vec()),
        ..Default::default()
    };
    let review = SubjectAccessReview { spec, ..Default::default() };
    let answer = reviews.create(&PostParams::default(), &review).await.map_err(said)?;
    Ok(answer.status.is_some_and(|status| status.allowed))
}
