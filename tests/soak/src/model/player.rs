//! Plays a history with the real API server, and compares it with the model at each rest.

use super::history::{History, REQUESTS};
use super::look::{by_hand, difference, found, is_deleted, manifest};
use super::state::{Model, Object};
use super::step::{Set, Step};
use anyhow::{Context as _, Result, bail};
use orangery_test_apiserver::AuditTail;
use orangery_test_flow::{End, PROVIDER, SET, World};
use orangery_test_forge::Fault;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// How long everything may take to come to rest.
const PATIENCE: Duration = Duration::from_secs(60);

const PULLS: &str = "
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSetInputProvider
metadata: {name: pulls}
spec: {type: GitHubPullRequest, url: FORGE/acme/shop}
";

/// Plays a history in a world of its own, beside this one. Answers how many rests were compared.
///
/// # Errors
/// What exists is not what the model says, or something was deleted that the model wanted all the time: with the step.
pub async fn play(beside: &World, history: &History) -> Result<usize> {
    play_after(beside, history, async |_| Ok(())).await
}

/// As [`play`]; before the first step this happens, of which the model does not know.
///
/// # Errors
/// As [`play`].
pub async fn play_after(
    beside: &World,
    history: &History,
    unknown: impl AsyncFnOnce(&World) -> Result<()>,
) -> Result<usize> {
    let world = beside.neighbour("model").await?;
    let world = if history.elects { world.electing() } else { world };
    let mut player = Player::begin(world, history.model()).await?;
    unknown(&player.world).await?;
    for (number, step) in history.steps.iter().enumerate() {
        player.step(*step).await.with_context(|| format!("at step {} ({step:?})", number + 1))?;
    }
    player.end().await.context("at the end")
}

struct Player {
    world: World,
    model: Model,
    audit: AuditTail,
    /// What the model wanted all the time since the last rest.
    wanted: BTreeSet<Object>,
    rests: usize,
}

impl Player {
    async fn begin(mut world: World, model: Model) -> Result<Self> {
        let shop = world.forge.github("acme/shop");
        shop.opens_many(REQUESTS);
        (4..=REQUESTS).for_each(|number| shop.closes(number));
        world.start().await?;
        world.apply(PULLS).await?;
        for set in Set::ALL.into_iter().filter(|set| model.exists(*set)) {
            let (version, inputs) = model.manifest(set);
            world.apply(&manifest(set, version, &inputs)).await?;
        }
        let audit = world.cluster.audit_tail()?;
        let mut player = Self { world, model, audit, wanted: BTreeSet::new(), rests: 0 };
        player.rest().await.context("at the beginning")?;
        Ok(player)
    }

    async fn step(&mut self, step: Step) -> Result<()> {
        if !self.model.allows(step) {
            return Ok(());
        }
        if self.model.rests_before(step) {
            self.rest().await.context("at rest before it")?;
            if !self.model.allows(step) {
                return Ok(());
            }
        }
        self.model.take(step);
        let wanted = self.model.must_exist();
        self.wanted.retain(|object| wanted.contains_key(object));
        self.act(step).await
    }

    /// Does it for real.
    async fn act(&mut self, step: Step) -> Result<()> {
        let shop = self.world.forge.github("acme/shop");
        match step {
            Step::Open(number) => shop.reopens(number.into()),
            Step::Close(number) => shop.closes(number.into()),
            Step::ForgeFails => self.world.forge.fault(Fault::status(500)),
            Step::ForgeRecovers => self.world.forge.clear_faults(),
            Step::Inputs(set, _) | Step::Version(set, _) | Step::Create(set) => {
                let (version, inputs) = self.model.manifest(set);
                self.world.apply(&manifest(set, version, &inputs)).await?;
            }
            Step::Edit(..) | Step::Remove(..) => self.meddle(step).await?,
            Step::Suspend(set) => self.says(set, json!("disabled")).await?,
            Step::Resume(set) => self.says(set, Value::Null).await?,
            Step::Delete(set) => self.world.delete(SET, set.name()).await?,
            Step::Approve => {
                let set = self.world.live(SET, Set::Previews.name()).await?;
                let digest = set.pointer("/status/pendingPrune/digest").context("nothing is held")?.clone();
                self.world.annotate(SET, Set::Previews.name(), "orangery.dev/approve-prune", digest).await?;
            }
            Step::End(End::Asked) => self.world.stop().await?,
            Step::End(End::Killed) => self.world.kill(),
            Step::Start => self.world.start().await?,
            Step::HandOver(end) => self.world.hands_over(end).await?,
            Step::Rest => {}
        }
        Ok(())
    }

    async fn says(&self, set: Set, reconcile: Value) -> Result<()> {
        self.world.annotate(SET, set.name(), "fluxcd.controlplane.io/reconcile", reconcile).await
    }

    /// Somebody edits or deletes an object, if it is there.
    async fn meddle(&self, step: Step) -> Result<()> {
        let Some((kind, name)) = by_hand(&self.world, step) else { return Ok(()) };
        if self.world.live(kind, &name).await?.is_null() {
            return Ok(());
        }
        let done = match step {
            Step::Remove(..) => self.world.delete(kind, &name).await,
            _ => self.world.patch(kind, &name, json!({"data": {"value": "by hand"}})).await,
        };
        // The operator may have been faster.
        if done.is_err() && !self.world.live(kind, &name).await?.is_null() {
            return done;
        }
        Ok(())
    }

    /// Waits until everything is as the model says, and looks at what was deleted meanwhile.
    async fn rest(&mut self) -> Result<()> {
        if !self.model.runs() {
            self.world.start().await?;
            self.model.take(Step::Start);
        }
        self.world.reconciles(PROVIDER, "pulls").await?;
        for set in Set::ALL {
            if self.model.exists(set) && !self.model.is_suspended(set) {
                self.world.reconciles(SET, set.name()).await?;
            }
        }
        let wanted = self.model.must_exist();
        let begun = Instant::now();
        while let Some(difference) = self.difference().await? {
            if begun.elapsed() > PATIENCE {
                bail!("after {PATIENCE:?}: {difference}\n{}", self.conditions().await?);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.count_deletes().await?;
        self.wanted = wanted.into_keys().collect();
        self.model.rests();
        self.rests += 1;
        Ok(())
    }

    /// What is not as the model says.
    async fn difference(&self) -> Result<Option<String>> {
        if let Some(difference) = difference(&self.model.must_exist(), &found(&self.world).await?) {
            return Ok(Some(difference));
        }
        for set in Set::ALL {
            let live = self.world.live(SET, set.name()).await?;
            if live.is_null() == self.model.exists(set) {
                let is = if live.is_null() { "is gone" } else { "is still there" };
                return Ok(Some(format!("set {} {is}", set.name())));
            }
        }
        let [held, ..] = self.world.condition(SET, Set::Previews.name(), "PruneHeld").await?;
        let holds = self.model.holds(Set::Previews);
        let previews = self.model.exists(Set::Previews) && !self.model.is_suspended(Set::Previews);
        if previews && (held == "True") != holds {
            return Ok(Some(format!("PruneHeld is {held:?}, but deletions should be held: {holds}")));
        }
        Ok(None)
    }

    /// No operator deletes what was wanted all the time since the last rest.
    async fn count_deletes(&mut self) -> Result<()> {
        let audit = self.audit.next(&self.world.client()?, &self.world.agent()).await?.writes();
        for event in audit.iter().filter(|event| event.verb.starts_with("delete")) {
            let Some(object) = &event.object_ref else { continue };
            let done = event.response_status.as_ref().is_some_and(|status| status.code < 300);
            let hit = self
                .wanted
                .iter()
                .find(|wanted| is_deleted(&self.world, wanted, &object.resource, &object.namespace, &object.name));
            if let Some(wanted) = hit.filter(|_| done) {
                bail!("{wanted} was deleted, though it was wanted all the time: {} {}", event.verb, event.uri);
            }
        }
        Ok(())
    }

    async fn conditions(&self) -> Result<String> {
        let mut all = String::new();
        for (kind, name) in [(PROVIDER, "pulls"), (SET, "previews"), (SET, "own"), (SET, "spaces")] {
            let live = self.world.live(kind, name).await?;
            all.push_str(&format!("{kind} {name}: {:#}\n", live.get("status").unwrap_or(&live)));
        }
        Ok(all)
    }

    /// Deletes all sets; nothing is left. Answers how many rests were compared.
    async fn end(mut self) -> Result<usize> {
        self.rest().await?;
        for set in Set::ALL {
            for step in [Step::Resume(set), Step::Delete(set)] {
                self.step(step).await?;
            }
        }
        self.rest().await?;
        self.world.stop().await?;
        Ok(self.rests)
    }
}
