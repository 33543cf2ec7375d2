//! The flags of `orangery run`.

use super::{
    Address, CarriedOptions, CredentialOptions, HookFlags, LeaderElectionOptions, RetryOptions, SandboxOptions,
    address, duration,
};
use clap::{Args, ValueEnum};
use orangery_controller::kubernetes::LabelSelector;
use orangery_controller::pipeline::requeue::{InvalidRequeuePolicy, RequeuePolicy};
use orangery_core::keys;
use std::path::PathBuf;
use std::time::Duration;

/// The flags of `orangery run`.
#[derive(Debug, Clone, Args)]
pub struct RunOptions {
    /// Work on a directory instead of a cluster: one YAML file for each object
    #[arg(long, value_name = "DIR", requires = "filename", help_heading = "Local mode")]
    pub local: Option<PathBuf>,
    /// Manifests to read: a file or a folder; may be repeated (local mode)
    #[arg(short, long, value_name = "PATH", requires = "local", help_heading = "Local mode")]
    pub filename: Vec<PathBuf>,
    /// Make one pass and stop: exit 0 if all is ready, 3 with the reasons else (local mode)
    #[arg(long, requires = "local", help_heading = "Local mode")]
    pub once: bool,
    /// A Secret from an environment variable: NAMESPACE/NAME=VARIABLE gives username `git` and the variable's value as password and token; may be repeated (local mode)
    #[arg(long = "secret-from-env", value_name = "NS/NAME=VAR", requires = "local", help_heading = "Local mode")]
    pub secrets: Vec<String>,
    /// Poll every provider at least this often, whatever its annotation says (local mode)
    #[arg(long, value_name = "DURATION", value_parser = duration, requires = "local", help_heading = "Local mode")]
    pub interval: Option<Duration>,

    /// Delete sets with all their objects when none of the manifests has them any more (local mode)
    #[arg(long, requires = "local", help_heading = "Local mode")]
    pub remove_missing_sets: bool,

    /// Kubeconfig file; the default is the in-cluster configuration, then KUBECONFIG, then ~/.kube/config
    #[arg(long, value_name = "FILE", env = "ORANGERY_KUBECONFIG", help_heading = "Cluster mode")]
    pub kubeconfig: Option<PathBuf>,
    /// Only objects of this namespace; may be repeated, or a list with commas; the default is all
    #[arg(long, value_name = "NAMESPACE", value_delimiter = ',', help_heading = "Cluster mode")]
    pub watch_namespace: Vec<String>,
    /// Only objects with these labels, as `kubectl -l` takes them; ResourceSets may read every provider
    #[arg(long, value_name = "SELECTOR", help_heading = "Cluster mode")]
    pub watch_label_selector: Option<LabelSelector>,
    /// The namespace that the operator runs in: where its lease is, and whose ResourceSets may use its own rights
    #[arg(
        long,
        value_name = "NAMESPACE",
        env = "ORANGERY_NAMESPACE",
        default_value = "orangery-system",
        help_heading = "Cluster mode"
    )]
    pub operator_namespace: String,
    /// The service account that a ResourceSet without spec.serviceAccountName is applied with
    #[arg(long, value_name = "NAME", env = "DEFAULT_SERVICE_ACCOUNT", help_heading = "Cluster mode")]
    pub default_service_account: Option<String>,
    /// Where ResourceSets that neither name a service account nor have a default one are applied with the operator's own rights
    #[arg(long, value_enum, value_name = "WHERE", default_value_t = OwnRightsFlag::OwnNamespace, help_heading = "Cluster mode")]
    pub own_rights: OwnRightsFlag,
    /// How a leader is elected.
    #[command(flatten)]
    pub leader_election: LeaderElectionOptions,
    /// Objects of each kind that are worked on at once
    #[arg(long, value_name = "N", default_value_t = 10, help_heading = "Cluster mode")]
    pub concurrent: u16,
    /// Time between checks of a dependency that is not ready, where it cannot be watched
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "5s", help_heading = "Cluster mode")]
    pub requeue_dependency: Duration,
    /// Longest time between two full comparisons of an applied object with the cluster; what is watched is repaired at once anyway
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "12h", help_heading = "Cluster mode")]
    pub verify_every: Duration,
    /// How long a deleted object may take to be gone before the condition DeletionFailed names it and its finalizers
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "10m", help_heading = "Cluster mode")]
    pub terminating_deadline: Duration,
    /// Another field manager whose fields on applied objects are taken over, besides those of kubectl, Helm and kustomize-controller: what the templates do not set is removed; may be repeated, or a list with commas
    #[arg(
        long = "override-manager",
        value_name = "NAME",
        env = "OVERRIDE_MANAGERS",
        value_delimiter = ',',
        value_parser = field_manager,
        help_heading = "Cluster mode"
    )]
    pub override_managers: Vec<String>,
    /// How failures are retried and intervals are spread.
    #[command(flatten)]
    pub retry: RetryOptions,
    /// Where /healthz, /readyz and /leaderz answer; `none` turns it off
    #[arg(long, value_name = "ADDR", default_value = "0.0.0.0:8081", value_parser = address::parse, help_heading = "Cluster mode")]
    pub health_addr: Address,
    /// Where /metrics answers; `none` turns it off
    #[arg(long, value_name = "ADDR", default_value = "0.0.0.0:8080", value_parser = address::parse, help_heading = "Cluster mode")]
    pub metrics_addr: Address,

    /// The label of ConfigMaps and Secrets whose changes reach at once the sets and providers that read them; `none` watches none
    #[arg(
        long,
        value_name = "SELECTOR",
        default_value = "reconcile.fluxcd.io/watch=Enabled",
        help_heading = "Cluster mode"
    )]
    pub watch_configs_label_selector: String,

    /// Where Flux's notification-controller takes events, such as `http://notification-controller.flux-system.svc.cluster.local./`; the
    /// default is that of the cluster's only FluxInstance, `none` turns it off
    #[arg(long, value_name = "URL", env = "NOTIFICATION_CONTROLLER_ADDRESS", help_heading = "Cluster mode")]
    pub events_addr: Option<String>,

    /// Webhooks.
    #[command(flatten)]
    pub hooks: HookFlags,

    /// What happens to deletions that look like an accident when the object does not say: hold them or not
    #[arg(long, value_enum, default_value_t = GuardDefault::On, help_heading = "Safety")]
    pub prune_guard: GuardDefault,
    /// What happens when whole ResourceSets are deleted and it looks like an accident: their definition is deleted, or half of them within a minute (cluster mode)
    #[arg(long, value_enum, default_value_t = GuardDefault::On, help_heading = "Safety")]
    pub deletion_guard: GuardDefault,
    /// Deletions of fewer ResourceSets than this within a minute are never held (cluster mode)
    #[arg(long, value_name = "N", default_value_t = 5, help_heading = "Safety")]
    pub deletion_guard_floor: usize,
    /// The share of a set's inputs, in percent, whose loss is held unless the set says otherwise
    #[arg(long, value_name = "PERCENT", default_value_t = 50, value_parser = clap::value_parser!(u8).range(1..=100), help_heading = "Safety")]
    pub prune_guard_share: u8,
    /// The number of inputs up to which a loss is everyday, whatever their share
    #[arg(long, value_name = "N", default_value_t = 5, help_heading = "Safety")]
    pub prune_guard_floor: u32,
    /// Where Secrets may go.
    #[command(flatten)]
    pub credentials: CredentialOptions,
    /// Which plugins are loaded, and what they may reach.
    #[command(flatten)]
    pub sandbox: SandboxOptions,
    /// Of Flux Operator.
    #[command(flatten)]
    pub carried: CarriedOptions,
}

impl RunOptions {
    /// When objects are reconciled again.
    ///
    /// # Errors
    /// The delays contradict each other.
    pub fn requeue_policy(&self) -> Result<RequeuePolicy, InvalidRequeuePolicy> {
        self.retry.policy(self.requeue_dependency)
    }

    /// Whether copies elect a leader.
    #[must_use]
    pub fn elects_a_leader(&self) -> bool {
        let election = self.leader_election;
        !election.no_leader_election && election.enable_leader_election.unwrap_or(true)
    }
}

/// The name of a field manager whose fields may be taken over.
fn field_manager(given: &str) -> Result<String, String> {
    match given.trim() {
        "" => Err("give the name of a field manager, as `kubectl get --show-managed-fields` prints it".to_owned()),
        keys::FIELD_MANAGER => {
            Err(format!("{} is the field manager of Orangery itself; name another one", keys::FIELD_MANAGER))
        }
        name => Ok(name.to_owned()),
    }
}

/// Whether deletions that look like an accident are held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GuardDefault {
    /// Hold them until they are approved.
    On,
    /// Delete at once, as Flux Operator does.
    Off,
}

/// Where the operator's own rights are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OwnRightsFlag {
    /// In the operator's own namespace.
    OwnNamespace,
    /// Everywhere, as Flux Operator does without multi-tenancy: whoever may write a ResourceSet has the rights of the operator.
    AllNamespaces,
}
