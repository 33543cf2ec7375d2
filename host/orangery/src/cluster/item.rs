//! One custom resource as the API server returns it, so that the fields of newer versions are not lost.

use super::kind::Kind;
use kube::ResourceExt;
use kube::api::DynamicObject;
use orangery_core::NamespacedName;
use orangery_core::spec::Management;
use serde_json::Value;

/// A set or a provider.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) kind: Kind,
    pub(super) object: DynamicObject,
}

/// The condition Ready.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ready<'a> {
    pub(super) status: &'a str,
    pub(super) reason: &'a str,
    pub(super) message: &'a str,
    /// The time of the last transition, in RFC 3339.
    pub(super) since: &'a str,
    /// The generation that it is about.
    pub(super) generation: Option<i64>,
}

impl Item {
    pub(super) fn new(kind: Kind, mut object: DynamicObject) -> Self {
        // As kubectl prints objects.
        object.metadata.managed_fields = None;
        Self { kind, object }
    }

    pub(super) fn name(&self) -> NamespacedName {
        NamespacedName::new(self.object.namespace().unwrap_or_default(), self.object.name_any())
    }

    /// A field below the top level.
    pub(super) fn field(&self, pointer: &str) -> Option<&Value> {
        self.object.data.pointer(pointer)
    }

    /// A text, empty if there is none.
    pub(super) fn text(&self, pointer: &str) -> &str {
        self.field(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    /// The number of entries of a list.
    pub(super) fn count(&self, pointer: &str) -> usize {
        self.field(pointer).and_then(Value::as_array).map_or(0, Vec::len)
    }

    pub(super) fn annotation(&self, key: &str) -> Option<&str> {
        self.object.annotations().get(key).map(String::as_str)
    }

    pub(super) fn is_suspended(&self) -> bool {
        !Management::of(self.object.annotations()).is_active()
    }

    /// A condition by its type.
    pub(super) fn condition(&self, of: &str) -> Option<Ready<'_>> {
        let conditions = self.field("/status/conditions")?.as_array()?;
        let text = |condition: &'_ Value, field: &str| condition.get(field).and_then(Value::as_str).map(str::to_owned);
        let found = conditions.iter().find(|condition| text(condition, "type").as_deref() == Some(of))?;
        let field = |name: &str| found.get(name).and_then(Value::as_str).unwrap_or_default();
        Some(Ready {
            status: field("status"),
            reason: field("reason"),
            message: field("message"),
            since: field("lastTransitionTime"),
            generation: found.get("observedGeneration").and_then(Value::as_i64),
        })
    }

    /// The condition Ready, if it has been reported.
    pub(super) fn ready(&self) -> Option<Ready<'_>> {
        self.condition("Ready")
    }

    /// The column READY: `Suspended`, or the status of the condition.
    pub(super) fn ready_status(&self) -> &str {
        if self.is_suspended() {
            return "Suspended";
        }
        self.ready().map_or("Unknown", |ready| ready.status)
    }
}
