//! `kinds.json` says what the generated types say. `ORANGERY_BLESS=1 cargo test -p orangery --lib kinds` writes it anew.

use super::*;
use k8s_openapi::api::{
    admissionregistration::v1 as admission, apps::v1 as apps, autoscaling::v2 as autoscaling, batch::v1 as batch,
    coordination::v1 as coordination, core::v1 as core, discovery::v1 as discovery, flowcontrol::v1 as flowcontrol,
    networking::v1 as networking, node::v1 as node, policy::v1 as policy, rbac::v1 as rbac, resource::v1 as resource,
    scheduling::v1 as scheduling, storage::v1 as storage,
};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1 as apiextensions;
use k8s_openapi::kube_aggregator::pkg::apis::apiregistration::v1 as apiregistration;
use schemars::schema_for;
use serde_json::Map;
use std::collections::BTreeMap;

/// Adds the named types to the kinds and their schemas to the types.
macro_rules! add {
    ($kinds:ident, $types:ident, $($kind_type:ty),+ $(,)?) => {
        $(
            let schema = schema_for!($kind_type).to_value();
            let kind = format!(
                "{} {}",
                <$kind_type as k8s_openapi::Resource>::API_VERSION,
                <$kind_type as k8s_openapi::Resource>::KIND
            );
            let name = schema["title"].as_str().unwrap().to_owned();
            for (name, schema) in schema["$defs"].as_object().into_iter().flatten() {
                $types.insert(name.clone(), pruned(schema));
            }
            $types.insert(name.clone(), pruned(&schema));
            $kinds.insert(kind, Value::String(name));
        )+
    };
}

/// Only what says which fields there are.
fn pruned(schema: &Value) -> Value {
    let mut kept = Map::new();
    if let Some(target) = schema["$ref"].as_str() {
        kept.insert("$ref".to_owned(), target.trim_start_matches("#/$defs/").into());
    }
    if let Some(properties) = schema["properties"].as_object() {
        let properties: Map<String, Value> =
            properties.iter().map(|(name, below)| (name.clone(), pruned(below))).collect();
        kept.insert("properties".to_owned(), properties.into());
    }
    for below in ["items", "additionalProperties"] {
        if schema.get(below).is_some() {
            kept.insert(below.to_owned(), pruned(&schema[below]));
        }
    }
    kept.into()
}

/// One type a line.
fn generated() -> String {
    let (mut kinds, mut types) = (BTreeMap::new(), BTreeMap::new());
    add!(
        kinds,
        types,
        core::ConfigMap,
        core::Endpoints,
        core::LimitRange,
        core::Namespace,
        core::PersistentVolume,
        core::PersistentVolumeClaim,
        core::Pod,
        core::PodTemplate,
        core::ReplicationController,
        core::ResourceQuota,
        core::Secret,
        core::Service,
        core::ServiceAccount,
        apps::DaemonSet,
        apps::Deployment,
        apps::ReplicaSet,
        apps::StatefulSet,
        batch::CronJob,
        batch::Job,
        autoscaling::HorizontalPodAutoscaler,
        k8s_openapi::api::autoscaling::v1::HorizontalPodAutoscaler,
        networking::Ingress,
        networking::IngressClass,
        networking::NetworkPolicy,
        policy::PodDisruptionBudget,
        rbac::ClusterRole,
        rbac::ClusterRoleBinding,
        rbac::Role,
        rbac::RoleBinding,
        scheduling::PriorityClass,
        storage::CSIDriver,
        storage::StorageClass,
        storage::VolumeAttributesClass,
        coordination::Lease,
        discovery::EndpointSlice,
        node::RuntimeClass,
        flowcontrol::FlowSchema,
        flowcontrol::PriorityLevelConfiguration,
        resource::DeviceClass,
        resource::ResourceClaim,
        resource::ResourceClaimTemplate,
        admission::MutatingAdmissionPolicy,
        admission::MutatingAdmissionPolicyBinding,
        admission::MutatingWebhookConfiguration,
        admission::ValidatingAdmissionPolicy,
        admission::ValidatingAdmissionPolicyBinding,
        admission::ValidatingWebhookConfiguration,
        apiextensions::CustomResourceDefinition,
        apiregistration::APIService,
    );
    let lines = |all: BTreeMap<String, Value>| {
        all.into_iter().map(|(name, value)| format!("{}:{value}", Value::String(name))).collect::<Vec<_>>().join(",\n")
    };
    format!("{{\"kinds\":{{\n{}\n}},\"types\":{{\n{}\n}}}}\n", lines(kinds), lines(types))
}

#[test]
fn the_file_says_what_the_generated_types_say() {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/build/kinds.json");
    if std::env::var_os("ORANGERY_BLESS").is_some() {
        std::fs::write(&file, generated()).unwrap();
    }
    assert!(std::fs::read_to_string(file).unwrap() == generated(), "ORANGERY_BLESS=1 writes kinds.json anew");
}

#[test]
fn kinds_of_others_are_unknown_here() {
    let kinds = Kinds::read().unwrap();
    assert!(kinds.schema("apps/v1", "Deployment").is_some());
    assert_eq!(kinds.schema("source.toolkit.fluxcd.io/v1", "GitRepository"), None);
    assert_eq!(kinds.schema("apps/v1beta1", "Deployment"), None);
}
