//! `config/impersonate/listed.yaml`: the operator may be the accounts that are listed, and no other one, whatever a set names.

use crate::tenant::{PROGRAM, TENANT};
use anyhow::{Result, ensure};
use orangery_test_flow::{Launch, SET, Shipped, World};

/// A set that is applied as this account.
fn set(name: &str, account: &str) -> String {
    format!(
        "
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {{name: {name}}}
spec:
  serviceAccountName: {account}
  resources: [{{apiVersion: v1, kind: ConfigMap, metadata: {{name: of-{name}, namespace: NAMESPACE}}}}]
"
    )
}

/// What `docs/install.md` says of one namespace alone.
const IN_ONE_NAMESPACE: &str = "
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: orangery-impersonate, namespace: NAMESPACE}
rules: [{apiGroups: [''], resources: [serviceaccounts], resourceNames: [other], verbs: [impersonate]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: orangery-impersonate, namespace: NAMESPACE}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: orangery-impersonate}
subjects: [{kind: ServiceAccount, name: orangery, namespace: orangery-system}]
";

#[tokio::test]
async fn with_the_list_the_operator_is_the_listed_accounts_and_no_other() -> Result<()> {
    // The role is one of the whole cluster.
    let world = World::alone("listed").await?;
    let rights = world.shipped_rights().await?;
    let shipped = Shipped::read()?;
    world.apply(&shipped.listed).await?;
    let volumes = tempfile::tempdir()?;
    let arguments = shipped.arguments_with(volumes.path())?;
    let mut launch = Launch::shipped(PROGRAM, &rights, &arguments).variable("ORANGERY_FLOW_AGENT", world.agent());
    for (name, value) in shipped.environment()? {
        launch = launch.variable(&name, value);
    }
    let mut process = launch.start()?;
    world.apply(TENANT).await?;
    // The same rights under another name.
    world.apply(&TENANT.replace("name: flux", "name: other")).await?;

    world.apply(&set("granted", "flux")).await?;
    world.is_ready(SET, "granted").await?;
    world.apply(&set("refused", "other")).await?;
    let said = world.has_condition(SET, "refused", "Ready", "False", "ReconciliationFailed").await?;
    assert!(said.contains("cannot impersonate") && said.contains("\"other\""), "{said}");
    assert_eq!(world.owned("ConfigMap").await?, ["of-granted"]);

    world.apply(IN_ONE_NAMESPACE).await?;
    world.is_ready(SET, "refused").await?;
    assert_eq!(world.owned("ConfigMap").await?, ["of-granted", "of-refused"]);
    ensure!(process.terminate().await?.success(), "{}", process.said()?);
    Ok(())
}
