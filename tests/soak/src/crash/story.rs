//! The kinds of work that are cut.

use super::manifests::{SOURCE, flat, of_flux_operator, stepped};
use anyhow::{Context as _, Result};
use kube::api::{Patch, PatchParams};
use orangery_test_flow::{SET, World};
use serde_json::{Value, json};

/// Work with a state before it, a wish, and a state in which the wish is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Story {
    /// A set is applied for the first time: steps, waiting, a copy, a Job.
    FirstApply,
    /// The same set changes: two objects are made anew by force, one input comes, one goes.
    Update,
    /// Inputs go.
    Prune,
    /// A held deletion is approved.
    Approval,
    /// A set and its objects were made by Flux Operator.
    TakeOver,
    /// The set is deleted.
    Uninstall,
}

/// All of them.
pub const STORIES: [Story; 6] =
    [Story::FirstApply, Story::Update, Story::Prune, Story::Approval, Story::TakeOver, Story::Uninstall];

impl Story {
    /// Brings about the state before; an operator runs.
    pub(super) async fn before(self, world: &World) -> Result<()> {
        match self {
            Self::FirstApply => world.apply(SOURCE).await,
            Self::Update => {
                world.apply(SOURCE).await?;
                self.established(world, &stepped("one", &["a", "b"])).await
            }
            Self::Prune => self.established(world, &flat("one", &["a", "b", "c", "d"])).await,
            Self::Approval => {
                self.established(world, &flat("one", &["a", "b"])).await?;
                world.apply(&flat("one", &["c"])).await?;
                world.has_objects("ConfigMap", &["app-a", "app-b", "app-c"]).await?;
                world.has_condition(SET, "set", "PruneHeld", "True", "PruneHeld").await.map(drop)
            }
            Self::TakeOver => Ok(()),
            Self::Uninstall => self.established(world, &stepped("one", &["a"])).await,
        }
    }

    async fn established(self, world: &World, manifest: &str) -> Result<()> {
        if self == Self::Uninstall {
            world.apply(SOURCE).await?;
        }
        world.apply(manifest).await?;
        world.is_ready(SET, "set").await
    }

    /// Asks for the work; no operator runs.
    pub(super) async fn wish(self, world: &World) -> Result<()> {
        match self {
            Self::FirstApply => world.apply(&stepped("one", &["a", "b"])).await,
            Self::Update => world.apply(&stepped("two", &["b", "c"])).await,
            Self::Prune => world.apply(&flat("one", &["a", "c"])).await,
            Self::Approval => {
                let set = world.live(SET, "set").await?;
                let digest = set.pointer("/status/pendingPrune/digest").and_then(Value::as_str).context("a digest")?;
                world.annotate(SET, "set", "orangery.dev/approve-prune", digest).await
            }
            Self::TakeOver => left_by_flux_operator(world).await,
            Self::Uninstall => world.delete(SET, "set").await,
        }
    }

    /// Whether the work is done.
    pub(super) async fn is_done(self, world: &World) -> Result<bool> {
        let set = world.live(SET, "set").await?;
        if self == Self::Uninstall {
            return Ok(set.is_null());
        }
        let conditions = set.pointer("/status/conditions").and_then(Value::as_array).cloned().unwrap_or_default();
        let is = |of: &str, status: &str| {
            conditions.iter().any(|condition| {
                condition.get("type") == Some(&json!(of))
                    && condition.get("status") == Some(&json!(status))
                    && condition.get("observedGeneration") == set.pointer("/metadata/generation")
            })
        };
        let names: &[&str] = match self {
            Self::FirstApply => &["app-a", "app-b", "copy", "fixed"],
            Self::Update => &["app-b", "app-c", "copy", "fixed"],
            Self::Prune => &["app-a", "app-c"],
            Self::Approval => &["app-c"],
            Self::Uninstall => &[],
            Self::TakeOver => &["app-a", "app-b"],
        };
        let inventory = set.pointer("/status/inventory/entries").and_then(Value::as_array).map_or(0, Vec::len);
        let jobs = usize::from(matches!(self, Self::FirstApply | Self::Update));
        let rest = !is("PruneHeld", "True") && !is("Reconciling", "True");
        Ok(is("Ready", "True")
            && rest
            && inventory == names.len() + jobs
            && world.owned("ConfigMap").await? == names
            && world.owned("Job").await?.len() == jobs)
    }
}

/// A set that Flux Operator has applied and that nobody looks after now.
async fn left_by_flux_operator(world: &World) -> Result<()> {
    let theirs = PatchParams::apply("flux-operator").force();
    for name in ["a", "b"] {
        let object = of_flux_operator(name, world.namespace());
        world.api("ConfigMap")?.patch(&format!("app-{name}"), &theirs, &Patch::Apply(&object)).await?;
    }
    world.apply(&flat("one", &["a", "b"])).await?;
    let finalizer = json!({"metadata": {"finalizers": ["fluxcd.controlplane.io/finalizer"]}});
    world.patch(SET, "set", finalizer).await?;
    let entry = |name: &str| json!({"id": format!("{}_app-{name}__ConfigMap", world.namespace()), "v": "v1"});
    let status = json!({
        "inventory": {"entries": [entry("a"), entry("b")]},
        "conditions": [{
            // Of a generation before: a set that is ready has been looked at by us.
            "type": "Ready", "status": "True", "reason": "ReconciliationSucceeded", "observedGeneration": 0,
            "message": "Reconciliation finished in 17ms", "lastTransitionTime": "2026-01-01T00:00:00Z",
        }],
    });
    world.patch_status(SET, "set", status).await
}
