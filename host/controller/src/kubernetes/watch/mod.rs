//! The watches: which change triggers which reconciliation.
//!
//! | what changes | what is reconciled |
//! |---|---|
//! | generation, annotations, deletion of a provider | that provider |
//! | generation, annotations, deletion of a set | that set |
//! | objects that a set applied, by somebody else; a dependency that it waits for | that set |
//! | ConfigMaps and Secrets with the label of `--watch-configs-label-selector` | the sets and providers that read them |
//! | labels and revision of an ExternalArtifact; its creation and deletion | the providers that select it |
//! | exported inputs, labels, freshness of a provider; its creation and deletion | the sets in its namespace that read it |
//!
//! Changes of status that we write ourselves trigger nothing.

mod artifacts;
mod fair_share;
mod initial_list;
mod leading;
pub(super) mod namespaces;
mod provider_changes;
mod readers;
mod retry;
mod scheduler;
mod sources;
mod task;

use super::context::Context;
use super::deletion::DeletionProtection;
use super::lease::Term;
use super::object::{ManagedObject, name_of};
use super::providers::{CachedProviders, ProviderNames, ProviderReconciler};
use super::sets::SetReconciler;
use super::shell::{self, Reconciler};
use artifacts::SelectingProviders;
use futures::{Stream, StreamExt, stream};
use initial_list::{InitialList, ListObserver};
use kube::runtime::controller::{Config as ControllerConfig, Controller};
use kube::runtime::reflector::store::Writer;
use kube::runtime::reflector::{self, ObjectRef};
use kube::runtime::watcher::{self, Event};
use kube::runtime::{PredicateConfig, WatchStreamExt};
use kube::{Resource, ResourceExt};
use leading::watch_while_leading;
use orangery_api::{ResourceSet, ResourceSetInputProvider};
use orangery_core::NamespacedName;
use provider_changes::{ProviderChange, ProviderTracker};
use readers::Readers;
use scheduler::Scheduler;
use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio_util::task::AbortOnDropHandle;

/// Changes of one object within this time trigger one reconciliation.
const DEBOUNCE: Duration = Duration::from_millis(200);

/// How long reconciliations that are under way at the end may go on. One that is cut off is done again by the next copy: a kubelet
/// and a rollout must not wait for a server that does not answer.
const DRAIN: Duration = Duration::from_secs(2);

/// Runs both controllers until `stop` is ready; reconciliations under way may end, for a short time. `ready` is called when the
/// caches are complete for the first time. Nothing is reconciled while this copy does not lead.
pub async fn run(
    context: Arc<Context>,
    stop: impl Future<Output = ()> + Clone + Send + Sync + 'static,
    ready: impl FnOnce() + Send + 'static,
) {
    let (provider_store, provider_writer) = reflector::store::<ResourceSetInputProvider>();
    let (set_store, set_writer) = reflector::store::<ResourceSet>();
    let (provider_list, providers_listed) = initial_list::channel();
    let (set_list, sets_listed) = initial_list::channel();

    // One watch and one cache of the providers serve both controllers. Which providers changed for sets goes through a channel, by
    // name, after the cache has taken the change in.
    let (changed_providers, provider_changes) = mpsc::unbounded_channel();
    let (provider_names, readers) = (ProviderNames::default(), Arc::new(Readers::default()));
    let (selecting, (tell_selecting, told_selecting)) =
        (Arc::new(SelectingProviders::default()), mpsc::unbounded_channel());
    let observe_providers =
        provider_observer(&context, provider_names.clone(), Arc::clone(&selecting), changed_providers);
    // A set may read a provider that another copy polls.
    let every = watcher::Config::default();
    let selected = match &context.options.watch.labels {
        Some(selector) => every.clone().labels(&selector.to_string()),
        None => every.clone(),
    };
    let provider_triggers = triggers(&context, every, provider_writer, provider_list, observe_providers);
    let observe_sets = set_observer(&context, Arc::clone(&readers));
    let set_triggers = triggers(&context, selected, set_writer, set_list, observe_sets);

    let config = ControllerConfig::default().debounce(DEBOUNCE);
    let fresh = vec![providers_listed.clone()];
    let provider_scheduler = Arc::new(Scheduler::new(&context, ProviderReconciler, provider_store.clone(), fresh));
    let stopped = stop.clone();
    let provider_controller = Controller::for_stream(provider_triggers, provider_store.clone())
        // How many are reconciled at once is decided by namespace.
        .with_config(config.clone().concurrency(0))
        .reconcile_on(told::<ProviderReconciler>(&context))
        .reconcile_on(named(told_selecting))
        .graceful_shutdown_on(stop.clone())
        .run(
            move |provider, context| Arc::clone(&provider_scheduler).reconcile(provider, context, stopped.clone()),
            shell::on_error::<ProviderReconciler>,
            Arc::clone(&context),
        )
        .for_each(|_| std::future::ready(()));

    // With old caches, every new provider would look missing.
    let caches = vec![providers_listed.clone(), sets_listed.clone()];
    let providers = CachedProviders { store: provider_store, names: provider_names };
    let sets = SetReconciler { providers, deletions: DeletionProtection::of(set_store.clone()) };
    let scheduler = Arc::new(Scheduler::new(&context, sets, set_store.clone(), caches));
    let stopped = stop.clone();
    let set_controller = Controller::for_stream(set_triggers, set_store)
        .with_config(config.concurrency(0))
        .reconcile_on(readers_of(provider_changes, readers))
        .reconcile_on(changed_by_others(&context))
        .reconcile_on(told::<SetReconciler>(&context))
        .graceful_shutdown_on(stop.clone())
        .run(
            move |set, context| Arc::clone(&scheduler).reconcile(set, context, stopped.clone()),
            shell::on_error::<SetReconciler>,
            Arc::clone(&context),
        )
        .for_each(|_| std::future::ready(()));

    let _watched = AbortOnDropHandle::new(tokio::spawn(sources::watch(Arc::clone(&context))));
    let artifacts = artifacts::watch(Arc::clone(&context), selecting, tell_selecting);
    let _artifacts = AbortOnDropHandle::new(tokio::spawn(artifacts));
    let provider_controller = until_stopped_early(provider_controller, providers_listed.clone(), stop.clone());
    let set_controller = until_stopped_early(set_controller, sets_listed.clone(), stop.clone());
    let drained = async {
        stop.await;
        tokio::time::sleep(DRAIN).await;
        tracing::warn!(after = ?DRAIN, "reconciliations under way are cut off; they are done again");
    };
    let report_ready = async {
        let term = context.fence.leads().await;
        tokio::join!(providers_listed.complete(term), sets_listed.complete(term));
        ready();
        // The controllers go on after that.
        std::future::pending().await
    };
    tokio::select! {
        _ = async { tokio::join!(provider_controller, set_controller) } => {}
        () = report_ready => {}
        () = drained => {}
    }
}

/// Watches one kind into its cache, and yields objects whose generation, annotations or deletion changed; all of them in a new term,
/// because the deadlines that another copy set are not known here.
fn triggers<K: ManagedObject>(
    context: &Context,
    config: watcher::Config,
    writer: Writer<K>,
    list: ListObserver,
    mut observe: impl FnMut(&Result<Event<K>, watcher::Error>) + Send + 'static,
) -> impl Stream<Item = Result<K, watcher::Error>> + Send + 'static {
    let (client, namespaces) = (context.watches.clone(), context.options.watch.namespaces.clone());
    let (fence, list) = (context.fence.clone(), Arc::new(Mutex::new(list)));
    let watch = move || namespaces::watch(&client, &namespaces, &config);
    watch_while_leading(fence.clone(), Arc::clone(&list), watch)
        .reflect(writer)
        .inspect(move |event| {
            observe(event);
            list.lock().unwrap_or_else(PoisonError::into_inner).observe(event);
        })
        .applied_objects()
        .predicate_filter(move |object: &K| Some(desired_state(object, fence.term())), PredicateConfig::default())
}

/// A hash of what users ask for, in a term; status is not part of it.
fn desired_state<K: Resource>(object: &K, term: Term) -> u64 {
    let meta = object.meta();
    let mut hasher = DefaultHasher::new();
    (meta.generation, &meta.annotations, meta.deletion_timestamp.is_some(), term).hash(&mut hasher);
    hasher.finish()
}

/// Reports the providers that changed for the sets that read them, and forgets those that were deleted.
fn provider_observer(
    context: &Arc<Context>,
    names: ProviderNames,
    selecting: Arc<SelectingProviders>,
    changed: UnboundedSender<ProviderChange>,
) -> impl FnMut(&Result<Event<ResourceSetInputProvider>, watcher::Error>) + Send + use<> {
    let (mut tracker, context) = (ProviderTracker::default(), Arc::clone(context));
    move |event| {
        let Ok(event) = event else { return };
        names.observe(event);
        selecting.observe(event);
        let changes = tracker.observe(event);
        for (provider, uid) in &changes.deleted {
            shell::forget::<ProviderReconciler>(&context, provider, uid);
        }
        for provider in changes.changed {
            // Nobody receives any more once the controller of the sets has ended.
            let _ = changed.send(provider);
        }
    }
}

/// Forgets sets that were deleted, also those that a list does not name any more. A set whose finalizer somebody removed is deleted
/// without a reconciliation.
fn set_observer(
    context: &Arc<Context>,
    readers: Arc<Readers>,
) -> impl FnMut(&Result<Event<ResourceSet>, watcher::Error>) + Send + use<> {
    let context = Arc::clone(context);
    let (mut known, mut listed) = (BTreeMap::new(), BTreeSet::new());
    move |event| {
        if let Ok(event) = event {
            readers.observe(event);
        }
        let mut gone: Vec<(NamespacedName, String)> = Vec::new();
        match event {
            Ok(Event::Init) => listed.clear(),
            Ok(Event::InitApply(set) | Event::Apply(set)) => {
                let (name, uid) = (name_of(set), set.uid().unwrap_or_default());
                listed.insert(name.clone());
                let before = known.insert(name.clone(), uid.clone());
                gone.extend(before.filter(|before| *before != uid).map(|before| (name, before)));
            }
            Ok(Event::InitDone) => gone.extend(known.extract_if(.., |name, _| !listed.contains(name))),
            Ok(Event::Delete(set)) => {
                let name = name_of(set);
                known.remove(&name);
                gone.push((name, set.uid().unwrap_or_default()));
            }
            Err(_) => {}
        }
        for (name, uid) in gone {
            shell::forget::<SetReconciler>(&context, &name, &uid);
        }
    }
}

/// The sets that read a provider, for each provider that changed.
fn readers_of(
    changed: UnboundedReceiver<ProviderChange>,
    readers: Arc<Readers>,
) -> impl Stream<Item = ObjectRef<ResourceSet>> + Send + 'static {
    let providers = stream::unfold(changed, |mut changed| async move {
        let change = changed.recv().await?;
        Some((change, changed))
    });
    providers.flat_map(move |ProviderChange { provider, labels }| {
        let sets = readers.of(&provider, &labels);
        stream::iter(sets.into_iter().map(|set| ObjectRef::new(&set.name).within(&set.namespace)))
    })
}

/// Objects that read a ConfigMap or Secret which changed.
fn told<R: Reconciler>(context: &Context) -> impl Stream<Item = ObjectRef<R::Object>> + Send + use<R> {
    named(context.sources.listen(R::KIND))
}

/// Objects that are reconciled by name.
fn named<K: ManagedObject>(told: UnboundedReceiver<NamespacedName>) -> impl Stream<Item = ObjectRef<K>> + Send {
    stream::unfold(told, |mut told| async move {
        let name = told.recv().await?;
        Some((ObjectRef::new(&name.name).within(&name.namespace), told))
    })
}

/// Sets whose applied objects were changed by somebody else, or whose dependencies changed.
fn changed_by_others(context: &Context) -> impl Stream<Item = ObjectRef<ResourceSet>> + Send + 'static {
    let scope = context.options.watch.clone();
    context.target.changed().filter_map(move |set| {
        let is_watched = scope.contains_namespace(&set.namespace);
        std::future::ready(is_watched.then(|| ObjectRef::new(&set.name).within(&set.namespace)))
    })
}

/// A controller whose cache was never filled waits for it for ever, also when it is asked to stop. It has no reconciliation under
/// way then, so it is dropped.
async fn until_stopped_early(
    controller: impl Future<Output = ()>,
    listed: InitialList,
    stop: impl Future<Output = ()>,
) {
    let stopped_early = async {
        stop.await;
        if listed.was_ever_complete() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = controller => {}
        () = stopped_early => {}
    }
}
