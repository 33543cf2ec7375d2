//! The conditions of local mode: the same as in a cluster, with a fixed generation, because files have none.

use orangery_core::combine::API_VERSION;
use orangery_core::conditions::{
    Abnormal, Condition, ConditionStatus, ConditionType, Conditions, Outcome, Stamp, conclude,
};
use orangery_core::{GroupVersionKind, NamespacedName, Object, ObjectKey, Timestamp};
use serde_json::{Value, json};

/// The generation of manifests that come from files.
const GENERATION: i64 = 1;

/// The message of an outcome; success has none.
pub(super) fn describe(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Progressing { message }
        | Outcome::Applying { message }
        | Outcome::Waiting { message }
        | Outcome::Degraded { message, .. }
        | Outcome::Canceled { message }
        | Outcome::Failed { message, .. }
        | Outcome::Stalled { message, .. }
        | Outcome::Skipped { message, .. } => message.clone(),
        Outcome::Succeeded { .. } => String::new(),
    }
}

/// The conditions after an outcome at `now`.
pub(super) fn concluded(
    before: &Conditions,
    outcome: &Outcome,
    abnormal: Option<&[Abnormal]>,
    now: Timestamp,
) -> Conditions {
    conclude(before, outcome, abnormal, Stamp { generation: GENERATION, now })
}

/// Whether Ready is true.
pub(super) fn is_ready(conditions: &[Condition]) -> bool {
    Conditions::new(conditions.to_vec()).is(ConditionType::Ready, ConditionStatus::True)
}

/// The message of Ready, and of the abnormal conditions.
pub(super) fn message(conditions: &[Condition]) -> String {
    let shown = |condition_type: ConditionType| {
        conditions
            .iter()
            .find(|condition| condition.condition_type == condition_type.as_str())
            .map(|condition| condition.message.as_str())
    };
    let abnormal = [
        ConditionType::PruneHeld,
        ConditionType::InputsNotReady,
        ConditionType::SourceStale,
        ConditionType::LimitReached,
        ConditionType::DuplicateObjects,
        ConditionType::DeletionFailed,
        ConditionType::Warning,
    ];
    let mut parts: Vec<&str> = shown(ConditionType::Ready).into_iter().collect();
    for message in abnormal.into_iter().filter_map(shown) {
        if !parts.contains(&message) {
            parts.push(message);
        }
    }
    parts.join("; ")
}

/// A custom resource as dependencies see it.
pub(super) fn resource(kind: &str, name: &NamespacedName, conditions: &[Condition]) -> Option<(ObjectKey, Object)> {
    let gvk = GroupVersionKind::new(API_VERSION, kind);
    let key =
        ObjectKey { group: gvk.group, kind: gvk.kind, namespace: name.namespace.clone(), name: name.name.clone() };
    let object: Value = json!({
        "apiVersion": API_VERSION,
        "kind": kind,
        "metadata": {"name": name.name, "namespace": name.namespace, "generation": GENERATION},
        "status": {"conditions": conditions},
    });
    Some((key, Object(object.as_object()?.clone())))
}
