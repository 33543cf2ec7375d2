//! The status of Receivers: their path, and why they have none.

use super::token::Age;
use super::{Hooks, resources};
use crate::pipeline::requeue::Reader;
use kube::ResourceExt;
use kube::api::{Api, Patch, PatchParams};
use orangery_api::{Condition, Receiver, ReceiverStatus};
use orangery_core::checksum::{DataKind, DataRef};
use orangery_core::{NamespacedName, Timestamp, duration, keys};
use orangery_hooks::{HookKind, HookPath};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};
use tokio::sync::mpsc::UnboundedReceiver;

/// How Receivers are called where readers of Secrets are remembered.
const KIND: &str = "Receiver";
/// `spec.interval` if it is absent.
const INTERVAL: Duration = Duration::from_secs(10 * 60);
/// A Receiver without its Secret is tried again after this time.
const RETRY: Duration = Duration::from_secs(15);
/// How often a copy that stands by looks whether it leads.
const STANDBY: Duration = Duration::from_secs(1);
/// The finalizer that notification-controller puts on each Receiver.
const FLUX_FINALIZER: &str = "finalizers.fluxcd.io";
/// How long notification-controller has for its finalizer on a new Receiver.
const UNCLAIMED: Duration = Duration::from_secs(10);

/// `--serve-receivers`: whether Receivers of Flux are served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ServeReceivers {
    /// Those that notification-controller does not serve: it puts its finalizer on its own.
    #[default]
    Unclaimed,
    /// All Receivers.
    Always,
    /// No Receiver at all.
    Never,
}

/// What happened to Receivers.
#[derive(Debug)]
pub(super) enum ReceiverChange {
    Applied(Arc<Receiver>),
    Deleted(NamespacedName),
    /// All that there are.
    Listed(BTreeSet<NamespacedName>),
}

/// What is known of a Receiver.
struct Known {
    receiver: Arc<Receiver>,
    due: Instant,
}

/// Keeps the status of all Receivers up to date while this copy leads; for ever.
pub(super) async fn reconcile(hooks: &Hooks, mut changes: UnboundedReceiver<ReceiverChange>) {
    let mut told = hooks.context.sources.listen(KIND);
    let mut known: BTreeMap<NamespacedName, Known> = BTreeMap::new();
    loop {
        let next = known.values().map(|known| known.due).min();
        tokio::select! {
            change = changes.recv() => match change {
                Some(change) => take(hooks, &mut known, change),
                // Receivers are not served.
                None => return,
            },
            Some(name) = told.recv() => {
                if let Some(known) = known.get_mut(&name) {
                    known.due = Instant::now();
                }
            }
            () = until(next) => {
                if !hooks.context.fence.is_open() {
                    tokio::time::sleep(STANDBY).await;
                    continue;
                }
                let now = Instant::now();
                for known in known.values_mut().filter(|known| known.due <= now) {
                    known.due = Instant::now() + reconcile_one(hooks, &known.receiver).await;
                }
            }
        }
    }
}

async fn until(next: Option<Instant>) {
    match next {
        Some(next) => tokio::time::sleep_until(next.into()).await,
        None => std::future::pending().await,
    }
}

fn take(hooks: &Hooks, known: &mut BTreeMap<NamespacedName, Known>, change: ReceiverChange) {
    match change {
        ReceiverChange::Applied(receiver) => {
            let name = name_of(&receiver);
            let due = match known.get(&name) {
                // Of our own status nothing follows.
                Some(before) if asks_the_same(&before.receiver, &receiver) => before.due,
                _ => Instant::now(),
            };
            known.insert(name, Known { receiver, due });
        }
        ReceiverChange::Deleted(name) => {
            known.remove(&name);
            hooks.context.sources.forget(&Reader { kind: KIND, name });
        }
        ReceiverChange::Listed(names) => known.retain(|name, _| names.contains(name)),
    }
}

/// Whether what a reconciliation depends on is the same.
fn asks_the_same(before: &Receiver, after: &Receiver) -> bool {
    let (before, after) = (&before.metadata, &after.metadata);
    (&before.uid, before.generation) == (&after.uid, after.generation)
        && before.annotations == after.annotations
        && before.finalizers == after.finalizers
}

/// Reconciles one Receiver; answers when it is due again.
async fn reconcile_one(hooks: &Hooks, receiver: &Receiver) -> Duration {
    if hooks.options.receivers == ServeReceivers::Unclaimed {
        if receiver.finalizers().iter().any(|finalizer| finalizer == FLUX_FINALIZER) {
            return INTERVAL;
        }
        if let Some(wait) = UNCLAIMED.checked_sub(age(receiver)) {
            return wait;
        }
    }
    if receiver.spec.suspend || receiver.metadata.deletion_timestamp.is_some() {
        return INTERVAL;
    }
    let (end, again) = ended(hooks, receiver).await;
    let before = receiver.status.clone().unwrap_or_default();
    let after = status(receiver, &before, &end);
    if after == before {
        return again;
    }
    let name = name_of(receiver);
    let api: Api<Receiver> = Api::namespaced(hooks.context.client.clone(), &name.namespace);
    let patch = json!({"metadata": {"uid": receiver.metadata.uid}, "status": {
        "conditions": after.conditions,
        "webhookPath": after.webhook_path,
        "observedGeneration": after.observed_generation,
        "lastHandledReconcileAt": after.last_handled_reconcile_at,
    }});
    match api.patch_status(&name.name, &PatchParams::default(), &Patch::Merge(&patch)).await {
        Ok(_) => {
            tracing::info!(receiver = %name, reason = end.reason(), message = end.message(), "Receiver reconciled");
            again
        }
        Err(error) => {
            tracing::warn!(receiver = %name, %error, "the status of a Receiver could not be written");
            RETRY
        }
    }
}

/// How a reconciliation ended. Reasons and messages are those of notification-controller.
enum End {
    Ready(HookPath),
    /// The token cannot be read yet; the reconciliation is tried again.
    NoToken(String),
    /// Only a change of the Receiver helps.
    Stalled {
        reason: &'static str,
        message: String,
    },
}

impl End {
    fn reason(&self) -> &'static str {
        match self {
            Self::Ready(_) => "Succeeded",
            Self::NoToken(_) => "TokenNotFound",
            Self::Stalled { reason, .. } => reason,
        }
    }

    fn message(&self) -> String {
        match self {
            Self::Ready(path) => format!("Receiver initialized for path: {path}"),
            Self::NoToken(message) => message.clone(),
            Self::Stalled { message, .. } => {
                format!("Reconciliation failed terminally due to configuration error: {message}")
            }
        }
    }
}

async fn ended(hooks: &Hooks, receiver: &Receiver) -> (End, Duration) {
    let interval = receiver.spec.interval.as_deref().and_then(|text| duration::parse(text).ok()).unwrap_or(INTERVAL);
    match resources::check_filters(&hooks.context.pipeline.sandbox, receiver).await {
        Ok(Ok(())) => {}
        Ok(Err(message)) => return (End::Stalled { reason: "InvalidCELExpression", message }, INTERVAL),
        Err(error) => return (End::Stalled { reason: "InvalidCELExpression", message: error.to_string() }, RETRY),
    }
    if let Err(unknown) = receiver.spec.type_.parse::<HookKind>() {
        return (End::Stalled { reason: "ValidationFailed", message: unknown.to_string() }, INTERVAL);
    }
    let name = name_of(receiver);
    let Some(secret) = receiver.spec.secret_ref.as_ref() else {
        let message = format!("secretRef is required for a receiver of type {}", receiver.spec.type_);
        return (End::Stalled { reason: "ValidationFailed", message }, INTERVAL);
    };
    let secret = NamespacedName { namespace: name.namespace.clone(), name: secret.name.clone() };
    let source = DataRef { kind: DataKind::Secret, namespace: secret.namespace.clone(), name: secret.name.clone() };
    let reader = Reader { kind: KIND, name: name.clone() };
    hooks.context.sources.record(reader, BTreeSet::from([source]), Instant::now());
    match hooks.tokens.read(&secret, Age::Now).await {
        Ok(token) => (End::Ready(HookPath::of_receiver(&token, &name.name, &name.namespace)), interval),
        Err(error) => (End::NoToken(error.to_string()), RETRY),
    }
}

fn status(receiver: &Receiver, before: &ReceiverStatus, end: &End) -> ReceiverStatus {
    let generation = receiver.metadata.generation;
    let condition = |type_: &str, status: &str| {
        let known = before.conditions.iter().find(|condition| condition.type_ == type_ && condition.status == status);
        Condition {
            type_: type_.to_owned(),
            status: status.to_owned(),
            observed_generation: generation,
            last_transition_time: known.map_or_else(
                || Timestamp::from(SystemTime::now()).to_string(),
                |condition| condition.last_transition_time.clone(),
            ),
            reason: end.reason().to_owned(),
            message: end.message(),
        }
    };
    let conditions = match end {
        End::Ready(_) => vec![condition("Ready", "True")],
        End::NoToken(_) => vec![condition("Ready", "False")],
        End::Stalled { .. } => vec![condition("Stalled", "True"), condition("Ready", "False")],
    };
    ReceiverStatus {
        conditions,
        webhook_path: match end {
            End::Ready(path) => Some(path.to_string()),
            End::NoToken(_) => None,
            // It answers 503 there.
            End::Stalled { .. } => before.webhook_path.clone(),
        },
        observed_generation: match end {
            End::Ready(_) | End::Stalled { .. } => generation,
            End::NoToken(_) => before.observed_generation,
        },
        last_handled_reconcile_at: receiver.annotations().get(keys::REQUESTED_AT).cloned(),
    }
}

fn age(receiver: &Receiver) -> Duration {
    let created = receiver.creation_timestamp().map(|created| SystemTime::from(created.0));
    created.and_then(|created| created.elapsed().ok()).unwrap_or_default()
}

fn name_of(receiver: &Receiver) -> NamespacedName {
    NamespacedName { namespace: receiver.namespace().unwrap_or_default(), name: receiver.name_any() }
}
