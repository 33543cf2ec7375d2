//! One run of a story in a world, cut or whole, and the comparison with a whole one.

use super::fault::{Fault, Scissors};
use super::state::{EndState, KINDS, uids};
use super::story::Story;
use anyhow::{Context as _, Result, bail, ensure};
use kube::api::{DeleteParams, ListParams, Patch, PatchParams};
use orangery_test_apiserver::AuditTail;
use orangery_test_flow::{SET, World};
use serde_json::json;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long an operator may take to end a story, with all its waits and retries.
const PATIENCE: Duration = Duration::from_secs(90);

/// Where a run is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// The work.
    pub story: Story,
    /// What happens.
    pub fault: Fault,
    /// To which request, the first one being 1.
    pub request: u64,
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {} request {}", self.story, self.fault, self.request)
    }
}

/// A world in which one run follows the other.
pub struct Stage {
    world: World,
    audit: AuditTail,
}

impl Stage {
    /// A world of its own, with the plugins of `beside`.
    ///
    /// # Errors
    /// The API server or the forge does not start.
    pub async fn beside(beside: &World) -> Result<Self> {
        let world = beside.neighbour("cut").await?;
        let audit = world.cluster.audit_tail()?;
        Ok(Self { world, audit })
    }

    /// A run that is not cut: its end, and how many requests the work took.
    ///
    /// # Errors
    /// The work is not done in time.
    pub async fn whole(&mut self, story: Story) -> Result<(EndState, u64)> {
        let scissors = Scissors::new(None);
        let end = self.run(story, &scissors, None).await.with_context(|| format!("{story:?}, whole"))?;
        Ok((end, scissors.seen()))
    }

    /// A run that is cut, compared with the end of one that was not. Answers which request was cut; `None` where the work was
    /// done before it came to that.
    ///
    /// # Errors
    /// It ends in another state, or never.
    pub async fn cut(&mut self, cut: Cut, wanted: &EndState) -> Result<Option<String>> {
        let scissors = Scissors::new(Some((cut.fault, cut.request)));
        let end = self.run(cut.story, &scissors, Some(cut.fault)).await;
        let met = scissors.met();
        let told = || format!("{cut}: {}", met.as_deref().unwrap_or("which never came"));
        if let Some(difference) = end.with_context(told)?.differs_from(wanted, cut.fault.kills()) {
            bail!("{}\n{difference}", told());
        }
        Ok(met)
    }

    async fn run(&mut self, story: Story, scissors: &Arc<Scissors>, fault: Option<Fault>) -> Result<EndState> {
        self.clear().await?;
        self.world.start().await?;
        {
            let ready = story.before(&self.world);
            tokio::pin!(ready);
            while tokio::time::timeout(Duration::from_millis(100), &mut ready)
                .await
                .map_or(Ok(true), |done| done.map(|()| false))?
            {
                complete_jobs(&self.world).await?;
            }
        }
        self.world.stop().await?;
        story.wish(&self.world).await?;
        let before = uids(&self.world).await?;
        self.audit.next(&self.world.client()?, &self.world.agent()).await?;

        self.world.start_fated(scissors.layer())?;
        let kills = fault.is_some_and(Fault::kills);
        let begun = Instant::now();
        let mut killed = false;
        while !(story.is_done(&self.world).await? && (!kills || killed || scissors.met().is_none())) {
            if kills && !killed && scissors.met().is_some() {
                self.world.kill();
                self.world.start().await?;
                killed = true;
            }
            complete_jobs(&self.world).await?;
            if begun.elapsed() > PATIENCE {
                let set = self.world.live(SET, "set").await?;
                bail!("not done after {PATIENCE:?}: {:#}", set.get("status").unwrap_or(&set));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.world.stop().await?;
        let deleted = self.deleted().await?;
        EndState::of(&self.world, &before, deleted).await
    }

    /// What was really deleted since the last time, by the audit log.
    async fn deleted(&mut self) -> Result<Vec<String>> {
        let audit = self.audit.next(&self.world.client()?, &self.world.agent()).await?.writes();
        let done = audit.iter().filter(|event| event.verb.starts_with("delete"));
        let done = done.filter(|event| event.response_status.as_ref().is_some_and(|status| status.code < 300));
        let mut names: Vec<String> = done
            .filter_map(|event| event.object_ref.as_ref().map(|object| format!("{}/{}", object.resource, object.name)))
            .collect();
        names.sort();
        Ok(names)
    }

    /// Removes what the last run left, as an administrator.
    async fn clear(&self) -> Result<()> {
        let sets = self.world.api(SET)?;
        let free = Patch::Merge(json!({"metadata": {"finalizers": null}}));
        for set in sets.list_metadata(&ListParams::default()).await? {
            let name = set.metadata.name.unwrap_or_default();
            sets.delete(&name, &DeleteParams::background()).await?;
            drop(sets.patch(&name, &PatchParams::default(), &free).await);
        }
        let owned = ListParams::default().labels("resourceset.fluxcd.controlplane.io/name");
        for kind in KINDS {
            self.world.api(kind)?.delete_collection(&DeleteParams::background(), &owned).await?;
        }
        let begun = Instant::now();
        while !uids(&self.world).await?.is_empty() || !self.world.live(SET, "set").await?.is_null() {
            ensure!(begun.elapsed() < PATIENCE, "what the last run left does not go");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }
}

/// Does what a Job controller would do with Jobs that have run.
async fn complete_jobs(world: &World) -> Result<()> {
    for job in world.api("Job")?.list(&ListParams::default()).await? {
        let name = job.metadata.name.clone().unwrap_or_default();
        if job.data.pointer("/status/conditions").is_some() || job.metadata.deletion_timestamp.is_some() {
            continue;
        }
        let (begun, ended) = ("2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z");
        let status = json!({
            "startTime": begun, "completionTime": ended, "succeeded": 1,
            "conditions": [{"type": "SuccessCriteriaMet", "status": "True"}, {"type": "Complete", "status": "True"}],
        });
        // It may be gone by now.
        if let Err(error) = world.patch_status("Job", &name, status).await
            && !world.live("Job", &name).await?.is_null()
        {
            return Err(error.context(format!("completing Job {name}")));
        }
    }
    Ok(())
}
