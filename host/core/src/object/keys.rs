//! Names of labels, annotations and finalizers. Those of `fluxcd.controlplane.io` and `reconcile.fluxcd.io` are Flux Operator's. No
//! other file spells them out.

/// Label on every applied object: name of the ResourceSet that owns it.
pub const OWNER_NAME: &str = "resourceset.fluxcd.controlplane.io/name";
/// Label on every applied object: namespace of the ResourceSet that owns it.
pub const OWNER_NAMESPACE: &str = "resourceset.fluxcd.controlplane.io/namespace";
/// Finalizer on both custom resources.
pub const FINALIZER: &str = "fluxcd.controlplane.io/finalizer";
/// Second finalizer on a custom resource that [`OWN_RECONCILE`] leaves to this operator: another one that considers the object
/// suspended removes [`FINALIZER`] when it is deleted, and its objects would be left behind.
pub const OWN_FINALIZER: &str = "orangery.dev/finalizer";
/// Field manager of server-side apply: the same as Flux Operator's, so that an installation can be taken over and handed back.
pub const FIELD_MANAGER: &str = "flux-operator";

/// `disabled` suspends a custom resource, excludes a rendered object, or freezes a live one.
pub const RECONCILE: &str = "fluxcd.controlplane.io/reconcile";
/// Like [`RECONCILE`], for this operator alone, and stronger: `enabled` makes it act although [`RECONCILE`] says `disabled`,
/// `suspended` suspends it without regard to the other, and `disabled` leaves a custom resource to another operator.
pub const OWN_RECONCILE: &str = "orangery.dev/reconcile";
/// Go duration between two re-checks.
pub const RECONCILE_EVERY: &str = "fluxcd.controlplane.io/reconcileEvery";
/// Go duration that bounds health checks (sets) or polls (providers).
pub const RECONCILE_TIMEOUT: &str = "fluxcd.controlplane.io/reconcileTimeout";
/// `enabled` allows re-creation on immutable fields.
pub const FORCE: &str = "fluxcd.controlplane.io/force";
/// `disabled` on an object keeps it from garbage collection.
pub const PRUNE: &str = "fluxcd.controlplane.io/prune";
/// `enabled` on a Job deletes a failed one before it is applied again.
pub const RECREATE_ON_FAILURE: &str = "fluxcd.controlplane.io/recreateOnFailure";
/// `namespace/name` of a ConfigMap or Secret whose data is copied.
pub const COPY_FROM: &str = "fluxcd.controlplane.io/copyFrom";
/// `namespace/name[:key]` of a kubeconfig Secret to convert.
pub const CONVERT_KUBE_CONFIG_FROM: &str = "fluxcd.controlplane.io/convertKubeConfigFrom";
/// Comma-separated `Kind/namespace/name` whose content is hashed into [`CHECKSUM`].
pub const CHECKSUM_FROM: &str = "fluxcd.controlplane.io/checksumFrom";
/// The hash that [`CHECKSUM_FROM`] asks for.
pub const CHECKSUM: &str = "fluxcd.controlplane.io/checksum";
/// Annotation that triggers a reconciliation when its value changes.
pub const REQUESTED_AT: &str = "reconcile.fluxcd.io/requestedAt";
/// Manual trigger of a provider outside its schedule.
pub const FORCE_AT: &str = "reconcile.fluxcd.io/forceAt";

/// On an event: the revision that it is about.
pub const EVENT_REVISION: &str = "fluxcd.controlplane.io/revision";
/// On an event: something that no other event has, so that notification-controller does not take it for a repetition.
pub const EVENT_TOKEN: &str = "fluxcd.controlplane.io/token";
/// Annotations of a custom resource that are in each of its notifications begin so.
pub const EVENT_METADATA_PREFIX: &str = "event.toolkit.fluxcd.io/";

/// `off` turns the prune guard off for one set, `SHARE/FLOOR` gives it other thresholds.
pub const PRUNE_GUARD: &str = "orangery.dev/prune-guard";
/// `true` allows a source to become empty.
pub const ALLOW_EMPTY: &str = "orangery.dev/allow-empty";
/// Digest of the held list that may be deleted now; used once.
pub const APPROVE_PRUNE: &str = "orangery.dev/approve-prune";
/// UID of a set whose deletion is held and that may be deleted now, with all its objects.
pub const APPROVE_DELETION: &str = "orangery.dev/approve-deletion";
/// `true` on a rendered object takes it over from the other set that owns it. On a live object that no set owns it allows any set
/// to take it over, whatever its name is made of.
pub const TAKE_OWNERSHIP: &str = "orangery.dev/take-ownership";
/// `true` on a set allows it to take over every existing object that no set owns, as if it had created them.
pub const ADOPT: &str = "orangery.dev/adopt";
/// `error` turns duplicate objects into a build error.
pub const ON_DUPLICATE: &str = "orangery.dev/on-duplicate";

/// On a provider: the Secret in its namespace whose key `token` signs the webhooks that request a poll.
pub const WEBHOOK_SECRET: &str = "orangery.dev/webhook-secret";

/// On a Secret: the origins that its credential may be sent to, such as `https://gitlab.example.com`; several are separated by commas.
pub const SECRET_ORIGINS: &str = "orangery.dev/origins";

/// Labels and annotations that only the host writes: a template that sets one of these is refused.
pub const HOST_OWNED_PREFIX: &str = "internal.orangery.dev/";

/// Whether a label may be written by the host only.
#[must_use]
pub fn is_host_owned_label(key: &str) -> bool {
    key == OWNER_NAME || key == OWNER_NAMESPACE || key.starts_with(HOST_OWNED_PREFIX)
}

/// Whether an annotation may be written by the host only.
#[must_use]
pub fn is_host_owned_annotation(key: &str) -> bool {
    key.starts_with(HOST_OWNED_PREFIX)
}
