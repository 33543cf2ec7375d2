//! `spec.dependsOn`: what must exist, and be ready, before a set is built.
//!
//! # Guarantees
//! Dependencies are read with the rights of the set, not with those of the operator, so that `readyExpr` cannot be used to
//! look at what the set may not see. The data of Secrets in other namespaces is not shown to expressions.

use crate::expression::{ExpressionError, ReadyExpression};
use orangery_cluster::{ReadError, Target};
use orangery_core::combine::source::{PROVIDER_KIND, SET_KIND};
use orangery_core::readiness::{Purpose, readiness};
use orangery_core::spec::{Dependency, SetSpec};
use orangery_core::{Disposition, Explain, GroupVersionKind, Object, ObjectKey, Owner, Reason};
use serde_json::Value;

/// The condition that our own kinds must have; true if there is no Ready condition yet, as in the reference.
const OUR_KINDS_READY: &str = "status.conditions.filter(c, c.type == 'Ready').all(c, c.status == 'True' && c.observedGeneration == metadata.generation)";

/// Why a set has to wait.
#[derive(Debug, thiserror::Error)]
pub enum DependencyError {
    /// It does not exist.
    #[error("dependency {what} not found")]
    Missing {
        /// `apiVersion/Kind/namespace/name`.
        what: String,
    },
    /// It cannot be read.
    #[error("dependency {what} not found: {cause}")]
    Unreadable {
        /// `apiVersion/Kind/namespace/name`.
        what: String,
        /// What the target said.
        #[source]
        cause: Box<ReadError>,
    },
    /// It is there and not ready.
    #[error("dependency {what} not ready: {why}")]
    NotReady {
        /// `apiVersion/Kind/namespace/name`.
        what: String,
        /// What is missing.
        why: String,
    },
    /// The expression cannot be used.
    #[error("dependency {what}: {cause}")]
    Expression {
        /// `apiVersion/Kind/namespace/name`.
        what: String,
        /// Why.
        #[source]
        cause: ExpressionError,
    },
}

impl Explain for DependencyError {
    fn reason(&self) -> Reason {
        match self {
            Self::Missing { .. } | Self::Unreadable { .. } | Self::NotReady { .. } => Reason::DependencyNotReady,
            Self::Expression { cause, .. } => cause.reason(),
        }
    }

    fn disposition(&self) -> Disposition {
        match self {
            Self::Missing { .. } | Self::NotReady { .. } => Disposition::Retry,
            Self::Unreadable { cause, .. } => cause.disposition(),
            Self::Expression { cause, .. } => cause.disposition(),
        }
    }
}

/// Checks all dependencies in order; the first that is not ready ends it. All expressions are parsed first, so that a bad
/// one is told at once.
///
/// # Errors
/// See [`DependencyError`].
pub async fn check(set: &SetSpec, owner: &Owner, target: &dyn Target, now: u64) -> Result<(), DependencyError> {
    let mut parsed = Vec::with_capacity(set.depends_on.len());
    for dependency in &set.depends_on {
        let expression = expression(dependency)
            .transpose()
            .map_err(|cause| DependencyError::Expression { what: describe(dependency), cause })?;
        parsed.push((dependency, expression));
    }
    for (dependency, expression) in parsed {
        check_one(set, dependency, expression.as_ref(), owner, target, now).await?;
    }
    Ok(())
}

fn expression(dependency: &Dependency) -> Option<Result<ReadyExpression, ExpressionError>> {
    if !dependency.ready {
        return None;
    }
    let ours = dependency.kind == SET_KIND || dependency.kind == PROVIDER_KIND;
    let given = dependency.ready_expr.as_deref().filter(|expression| !expression.is_empty());
    given.or_else(|| ours.then_some(OUR_KINDS_READY)).map(ReadyExpression::parse)
}

async fn check_one(
    set: &SetSpec,
    dependency: &Dependency,
    expression: Option<&ReadyExpression>,
    owner: &Owner,
    target: &dyn Target,
    now: u64,
) -> Result<(), DependencyError> {
    let what = describe(dependency);
    let gvk = GroupVersionKind::new(&dependency.api_version, &dependency.kind);
    let key = ObjectKey {
        group: gvk.group,
        kind: gvk.kind,
        namespace: dependency.namespace.clone().unwrap_or_default(),
        name: dependency.name.clone(),
    };
    let found = target
        .read(owner, &dependency.api_version, &key)
        .await
        .map_err(|cause| DependencyError::Unreadable { what: what.clone(), cause: Box::new(cause) })?;
    let seen = found.as_ref().and_then(version);
    let judged = match found {
        None => Err(DependencyError::Missing { what }),
        Some(_) if !dependency.ready => Ok(()),
        Some(found) => {
            let object = visible(found.into_value(), &key, &set.name.namespace);
            is_ready(what, dependency, expression, object, now)
        }
    };
    if judged.is_err() {
        target.await_change(owner, &dependency.api_version, &key, seen).await;
    }
    judged
}

fn version(object: &Object) -> Option<String> {
    object.0.get("metadata")?.get("resourceVersion")?.as_str().map(ToOwned::to_owned)
}

/// Judges a dependency that is there.
fn is_ready(
    what: String,
    dependency: &Dependency,
    expression: Option<&ReadyExpression>,
    object: Value,
    now: u64,
) -> Result<(), DependencyError> {
    let not_ready = |why: String| DependencyError::NotReady { what: what.clone(), why };
    match expression {
        Some(expression) => match expression.holds(&object) {
            Ok(true) => Ok(()),
            Ok(false) => Err(not_ready(match dependency.ready_expr.as_deref() {
                Some(expression) if !expression.is_empty() => format!("expression '{expression}'"),
                _ => "its Ready condition is not True for its present generation".to_owned(),
            })),
            Err(cause) => Err(DependencyError::Expression { what, cause }),
        },
        None => {
            let state =
                readiness(Some(&Object(object.as_object().cloned().unwrap_or_default())), Purpose::Dependency, now);
            if state.is_current() { Ok(()) } else { Err(not_ready(format!("status {}", state.as_str()))) }
        }
    }
}

/// What an expression may see.
fn visible(mut object: Value, key: &ObjectKey, namespace: &str) -> Value {
    if let Some(annotations) = object.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut) {
        annotations.remove("kubectl.kubernetes.io/last-applied-configuration");
    }
    if key.group.is_empty()
        && key.kind == "Secret"
        && key.namespace != namespace
        && let Some(secret) = object.as_object_mut()
    {
        secret.remove("data");
    }
    object
}

fn describe(dependency: &Dependency) -> String {
    let Dependency { api_version, kind, namespace, name, .. } = dependency;
    match namespace {
        Some(namespace) => format!("{api_version}/{kind}/{namespace}/{name}"),
        None => format!("{api_version}/{kind}/{name}"),
    }
}
