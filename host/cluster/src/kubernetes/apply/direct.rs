//! Writes with one request, without an inspection before. Whatever is refused is inspected, which also finds the words for it.

use crate::kubernetes::apply::create::{Created, create_only};
use crate::kubernetes::apply::inspect::{Undone, exists, inspect};
use crate::kubernetes::apply::job;
use crate::kubernetes::apply::write::{bound, change, write};
use crate::kubernetes::client::connection::{Mode, Session};
use crate::kubernetes::client::discovery::Kind;
use crate::kubernetes::live::seen::Seen;
use crate::kubernetes::object::normal::normal;
use crate::kubernetes::target::KubernetesTarget;
use orangery_core::{Action, Change, Plan, Planned};

/// What was done to one object, and the server's warnings.
pub(crate) type Written = Result<(Change, Vec<String>), Undone>;

/// Applies an object that is plainly ours.
pub(crate) async fn apply_known(
    target: &KubernetesTarget,
    session: &Session,
    plan: &Plan,
    planned: &Planned,
    kind: &Kind,
    seen: &Seen,
) -> Written {
    let key = planned.object.key();
    let body = bound(&normal(&planned.object), &seen.uid);
    match session.apply(&kind.path(&key.namespace, &key.name), &body, Mode::Real).await {
        Ok(answer) => {
            let warnings: Vec<String> = answer.warnings.into_iter().map(|text| format!("{key}: {text}")).collect();
            target.keep(&plan.owner, &planned.object, &answer.body, &warnings);
            let now = Seen::of(&answer.body, &target.options.override_managers);
            let same = now.is_some_and(|now| now.version == seen.version);
            let action = if same { Action::Unchanged } else { Action::Configured };
            Ok((change(planned, &answer.body, action), warnings))
        }
        Err(_) => inspect_and_write(target, session, plan, planned).await,
    }
}

/// Creates an object that does not exist.
pub(crate) async fn create_new(
    target: &KubernetesTarget,
    session: &Session,
    plan: &Plan,
    planned: &Planned,
    kind: &Kind,
) -> Written {
    let key = planned.object.key();
    match create_only(session, &kind.path(&key.namespace, &key.name), &normal(&planned.object)).await {
        Ok(Created::New(answer)) => {
            let warnings: Vec<String> = answer.warnings.into_iter().map(|text| format!("{key}: {text}")).collect();
            target.keep(&plan.owner, &planned.object, &answer.body, &warnings);
            Ok((change(planned, &answer.body, Action::Created), warnings))
        }
        Ok(Created::WasThere(uid)) => Err(exists(planned, uid).into()),
        // Also a name that is taken: the object may be ours without its labels.
        Err(_) => inspect_and_write(target, session, plan, planned).await,
    }
}

/// Inspects an object first, and then writes it.
pub(crate) async fn inspect_and_write(
    target: &KubernetesTarget,
    session: &Session,
    plan: &Plan,
    planned: &Planned,
) -> Written {
    job::remove_failed(target, session, plan, planned).await?;
    let inspected = inspect(target, session, plan, planned).await?;
    let change = write(target, session, &plan.owner, planned, &inspected).await?;
    Ok((change, inspected.warnings))
}
