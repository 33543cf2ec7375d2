//! `orangery run --local DIR`. The manifests are read again before each pass, so that an edit, an approval or a new file takes
//! effect without a restart.

use super::screen::Screen;
use super::{guard, now, stop};
use crate::cli::RunOptions;
use crate::exit;
use crate::manifest::{self, Resources};
use crate::sandbox::{self, SandboxSetup};
use anyhow::Context;
use orangery_cluster::DirectoryTarget;
use orangery_controller::local::{Local, Manifests, Pass};
use orangery_controller::pipeline::Pipeline;
use orangery_controller::pipeline::provider::poll::Poller;
use orangery_controller::pipeline::requeue::{Jitter, RequeuePolicy, Requeuer};
use orangery_core::combine::PROVIDER_KIND;
use orangery_core::spec::ProviderSpec;
use orangery_core::{NamespacedName, Timestamp};
use orangery_egress::Loopback;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

/// How often manifests and due times are checked.
const TICK: Duration = Duration::from_secs(1);
/// Sets are reconciled at least this often, because somebody may have edited the directory.
const RECHECK: Duration = Duration::from_secs(60);

/// Runs until stopped, or once.
pub(super) async fn run(options: &RunOptions, directory: &Path) -> anyhow::Result<ExitCode> {
    let SandboxSetup { sandbox, .. } = sandbox::open(&options.sandbox, Loopback::Allowed, Vec::new()).await?;
    std::fs::create_dir_all(directory).with_context(|| format!("cannot create {}", directory.display()))?;
    let local = Local {
        poller: Poller::new(sandbox.clone(), sandbox::access(&options.sandbox, options.credentials, Loopback::Allowed)),
        pipeline: Pipeline { sandbox, guard: guard(options) },
        target: DirectoryTarget::open(directory)?,
        remove_missing_sets: options.remove_missing_sets,
    };
    let mut screen = Screen::new();
    if options.once {
        let manifests = read(options)?;
        let all = manifests.providers.iter().map(|provider| provider.name.clone()).collect();
        let pass = local.pass(&manifests, &all, now()).await?;
        screen.show(&pass);
        return Ok(conclude(&pass));
    }
    let stop = stop::on_signal()?;
    let mut schedule = PollSchedule::new(options.requeue_policy()?);
    // The first manifests must be good; later, a bad edit leaves the last good ones in force.
    let mut manifests = read(options)?;
    loop {
        match read(options) {
            Ok(fresh) => manifests = fresh,
            Err(error) => tracing::error!(%error, "the manifests cannot be used; the last good ones stay in force"),
        }
        let at = now();
        let due = schedule.due(&manifests, at);
        if !due.is_empty() || schedule.sets_are_due(&manifests, at) {
            let pass = local.pass(&manifests, &due, at).await?;
            schedule.remember(&manifests, &pass, options.interval, now());
            screen.show(&pass);
        }
        tokio::select! {
            () = stop.cancelled() => return Ok(exit::SUCCESS),
            () = tokio::time::sleep(TICK) => {}
        }
    }
}

/// Exit code 0 if everything is ready; otherwise 3, with the reasons on stderr.
fn conclude(pass: &Pass) -> ExitCode {
    let unready = pass.unready();
    for reason in &unready {
        eprintln!("✗ {reason}");
    }
    if unready.is_empty() { exit::SUCCESS } else { exit::not_ready() }
}

fn read(options: &RunOptions) -> anyhow::Result<Manifests> {
    let resources = Resources::of(manifest::read_all(&options.filename)?, "default")?.not_empty(&options.filename)?;
    let mut manifests = Manifests::default();
    for (name, data) in resources.secrets {
        manifests.secrets.insert(name, data);
    }
    for flag in &options.secrets {
        let (name, data) = manifest::secret::from_environment(flag)?;
        manifests.secrets.insert(name, data);
    }
    manifests.sets = resources.sets.into_iter().map(|(set, _)| set).collect();
    manifests.providers = resources.providers.into_iter().map(|(provider, _)| provider).collect();
    Ok(manifests)
}

/// When each provider is due, and the manifests of the last pass.
struct PollSchedule {
    requeuer: Requeuer,
    providers: BTreeMap<NamespacedName, Entry>,
    sets: Option<(Timestamp, Vec<orangery_core::spec::SetSpec>)>,
}

struct Entry {
    spec: ProviderSpec,
    next: Option<Timestamp>,
}

impl PollSchedule {
    /// A directory has few providers, so their intervals need no jitter.
    fn new(policy: RequeuePolicy) -> Self {
        let requeuer = Requeuer::new(policy.with_jitter(Jitter::NONE));
        Self { requeuer, providers: BTreeMap::new(), sets: None }
    }

    /// The providers to poll now: those that are new or edited, and those whose time has come.
    fn due(&self, manifests: &Manifests, now: Timestamp) -> BTreeSet<NamespacedName> {
        let is_due = |provider: &&ProviderSpec| match self.providers.get(&provider.name) {
            Some(entry) if entry.spec == **provider => entry.next.is_some_and(|next| next <= now),
            _ => true,
        };
        manifests.providers.iter().filter(is_due).map(|provider| provider.name.clone()).collect()
    }

    fn sets_are_due(&self, manifests: &Manifests, now: Timestamp) -> bool {
        self.sets.as_ref().is_none_or(|(next, seen)| *next <= now || *seen != manifests.sets)
    }

    /// `at_least` bounds the time to the next poll, whatever the annotation of the provider says.
    fn remember(&mut self, manifests: &Manifests, pass: &Pass, at_least: Option<Duration>, now: Timestamp) {
        let plus = |wait: Duration| now + wait;
        for row in &pass.providers {
            let Some(spec) = manifests.providers.iter().find(|provider| provider.name == row.name) else { continue };
            let next = self.requeuer.delay(PROVIDER_KIND, &row.name, &spec.uid, row.requeue).map(plus);
            let next = match (next, at_least.map(plus)) {
                (Some(next), Some(bound)) => Some(next.min(bound)),
                (next, bound) => next.or(bound),
            };
            self.providers.insert(row.name.clone(), Entry { spec: spec.clone(), next });
        }
        self.providers.retain(|name, _| manifests.providers.iter().any(|provider| provider.name == *name));
        self.sets = Some((plus(RECHECK), manifests.sets.clone()));
    }
}
