//! `spec.dependsOn`: what must exist, and be ready, before a set is built.
//!
//! # Guarantees
//! Dependencies are read with the rights of the set, not with those of the operator, so that `readyExpr` cannot read what the set
//! may not. Expressions do not see the data of Secrets in other namespaces.

use crate::pipeline::build::consumer;
use crate::pipeline::set::expression::{self, ExpressionError};
use orangery_cluster::{ReadError, Target};
use orangery_core::combine::{PROVIDER_KIND, SET_KIND};
use orangery_core::readiness::{Purpose, readiness};
use orangery_core::spec::{Dependency, SetSpec};
use orangery_core::{Disposition, Explain, GroupVersionKind, Object, ObjectKey, Owner, Reason, Timestamp};
use orangery_sandbox::{Evaluations, Sandbox};
use serde_json::Value;

/// The condition that our own kinds must have; true if there is no Ready condition yet, as in Flux Operator.
const OUR_KINDS_READY: &str = "status.conditions.filter(c, c.type == 'Ready').all(c, c.status == 'True' && c.observedGeneration == metadata.generation)";

/// A set has to wait for a dependency.
#[derive(Debug, thiserror::Error)]
pub enum DependencyError {
    /// It does not exist.
    #[error("dependency {what} not found")]
    Missing {
        /// The dependency, as `apiVersion/Kind/namespace/name`.
        what: String,
    },
    /// It cannot be read.
    #[error("dependency {what} not found: {cause}")]
    Unreadable {
        /// The dependency, as `apiVersion/Kind/namespace/name`.
        what: String,
        /// What the target said.
        #[source]
        cause: Box<ReadError>,
    },
    /// It is there and not ready.
    #[error("dependency {what} not ready: {why}")]
    NotReady {
        /// The dependency, as `apiVersion/Kind/namespace/name`.
        what: String,
        /// What is missing.
        why: String,
    },
    /// The expression cannot be used.
    #[error("dependency {what}: {cause}")]
    Expression {
        /// The dependency, as `apiVersion/Kind/namespace/name`.
        what: String,
        /// The problem with the expression.
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

/// Checks the dependencies in order, until one is not ready. All expressions are parsed first, so that a bad one is reported at
/// once.
///
/// # Errors
/// See [`DependencyError`].
pub async fn check(
    sandbox: &Sandbox,
    set: &SetSpec,
    owner: &Owner,
    target: &dyn Target,
    now: Timestamp,
) -> Result<(), DependencyError> {
    let mut evaluations = sandbox.evaluations(consumer(&set.name));
    // Only expressions of the manifest need a check; our own is correct.
    let (given, texts): (Vec<&Dependency>, Vec<&str>) = set
        .depends_on
        .iter()
        .filter_map(|dependency| Some((dependency, own_expression(dependency).filter(|_| dependency.ready)?)))
        .unzip();
    expression::check(&mut evaluations, &texts).await.map_err(|(index, cause)| DependencyError::Expression {
        what: given.get(index).map(|dependency| describe(dependency)).unwrap_or_default(),
        cause,
    })?;
    for dependency in &set.depends_on {
        check_one(&mut evaluations, set, dependency, owner, target, now).await?;
    }
    Ok(())
}

/// The expression of the manifest.
fn own_expression(dependency: &Dependency) -> Option<&str> {
    dependency.ready_expr.as_deref().filter(|expression| !expression.is_empty())
}

fn expression_of(dependency: &Dependency) -> Option<&str> {
    let ours = dependency.kind == SET_KIND || dependency.kind == PROVIDER_KIND;
    own_expression(dependency).or_else(|| ours.then_some(OUR_KINDS_READY))
}

async fn check_one(
    evaluations: &mut Evaluations<'_>,
    set: &SetSpec,
    dependency: &Dependency,
    owner: &Owner,
    target: &dyn Target,
    now: Timestamp,
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
    let checked = match found {
        None => Err(DependencyError::Missing { what }),
        Some(_) if !dependency.ready => Ok(()),
        Some(found) => {
            let object = visible(found.into_value(), &key, &set.name.namespace);
            is_ready(evaluations, what, dependency, object, now).await
        }
    };
    if checked.is_err() {
        target.await_change(owner, &dependency.api_version, &key, seen).await;
    }
    checked
}

fn version(object: &Object) -> Option<String> {
    object.0.get("metadata")?.get("resourceVersion")?.as_str().map(ToOwned::to_owned)
}

/// Whether an existing dependency is ready.
async fn is_ready(
    evaluations: &mut Evaluations<'_>,
    what: String,
    dependency: &Dependency,
    object: Value,
    now: Timestamp,
) -> Result<(), DependencyError> {
    let not_ready = |why: String| DependencyError::NotReady { what: what.clone(), why };
    match expression_of(dependency) {
        Some(expression) => match expression::holds(evaluations, expression, &object).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(not_ready(match own_expression(dependency) {
                Some(expression) => format!("expression '{}'", expression::shown(expression)),
                None => "its Ready condition is not True for its present generation".to_owned(),
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

/// The object without what expressions may not see.
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
