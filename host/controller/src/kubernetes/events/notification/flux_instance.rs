//! Finds the notification-controller that the cluster's only FluxInstance installs.

use kube::api::{Api, ApiResource, DynamicObject, GroupVersionKind, ListParams};
use kube::{Client, ResourceExt};
use std::time::Duration;
use tokio::time::Instant;

/// How long an answer is used.
const EVERY: Duration = Duration::from_secs(60);
/// The component that is looked for.
const COMPONENT: &str = "notification-controller";

/// The address, looked up at most once a minute and only when there is something to send.
pub(super) struct FluxInstanceAddress {
    client: Client,
    known: Option<(Option<String>, Instant)>,
}

impl FluxInstanceAddress {
    pub(super) fn new(client: Client) -> Self {
        Self { client, known: None }
    }

    /// The address; `None` if there is not exactly one FluxInstance with the component, or it cannot be read.
    pub(super) async fn get(&mut self) -> Option<String> {
        if let Some((address, at)) = &self.known
            && at.elapsed() < EVERY
        {
            return address.clone();
        }
        let address = self.read().await;
        if self.known.as_ref().is_none_or(|(known, _)| *known != address) {
            match &address {
                Some(address) => tracing::info!(address, "notifications are sent"),
                None => tracing::info!(
                    "notifications are not sent: no single FluxInstance with {COMPONENT} was found; --events-addr says where \
                     they go"
                ),
            }
        }
        self.known = Some((address.clone(), Instant::now()));
        address
    }

    async fn read(&self) -> Option<String> {
        let kind = ApiResource::from_gvk(&GroupVersionKind::gvk("fluxcd.controlplane.io", "v1", "FluxInstance"));
        let instances: Api<DynamicObject> = Api::all_with(self.client.clone(), &kind);
        match instances.list(&ListParams::default()).await {
            Ok(found) => address(&found.items),
            // There is no such definition.
            Err(kube::Error::Api(status)) if status.code == 404 => None,
            Err(error) => {
                tracing::warn!(%error, "FluxInstances cannot be listed, so notification-controller is not found");
                None
            }
        }
    }
}

fn address(instances: &[DynamicObject]) -> Option<String> {
    let [instance] = instances else { return None };
    let spec = |pointer: &str| instance.data.pointer(&format!("/spec{pointer}"));
    // The definition has a default that contains it.
    let has_it = spec("/components")
        .and_then(serde_json::Value::as_array)
        .is_none_or(|components| components.iter().any(|component| component == COMPONENT));
    let domain = spec("/cluster/domain").and_then(serde_json::Value::as_str).unwrap_or("cluster.local");
    let namespace = instance.namespace()?;
    has_it.then(|| format!("http://{COMPONENT}.{namespace}.svc.{domain}./"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn instance(spec: Value) -> DynamicObject {
        let object = json!({"metadata": {"name": "flux", "namespace": "flux-system"}, "spec": spec});
        serde_json::from_value(object).unwrap()
    }

    #[test]
    fn the_only_instance_with_the_component_says_where_it_is() {
        let components = json!(["source-controller", "notification-controller"]);
        let with = instance(json!({"components": components, "cluster": {"domain": "k8s.example"}}));
        let at = "http://notification-controller.flux-system.svc.k8s.example./";
        assert_eq!(address(std::slice::from_ref(&with)).as_deref(), Some(at));
        let plain = "http://notification-controller.flux-system.svc.cluster.local./";
        assert_eq!(address(&[instance(json!({}))]).as_deref(), Some(plain));
        assert_eq!(address(&[instance(json!({"components": ["source-controller"]}))]), None);
        assert_eq!(address(&[with.clone(), with]), None, "two instances");
        assert_eq!(address(&[]), None);
    }
}
