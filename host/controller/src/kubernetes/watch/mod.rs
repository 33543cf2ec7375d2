//! The watches: which change triggers which reconciliation.
//!
//! | what changes | what is reconciled |
//! |---|---|
//! | generation, annotations, deletion of a provider | that provider |
//! | generation, annotations, deletion of a set | that set |
//! | objects that a set applied, by somebody else; a dependency that it waits for | that set |
//! | exported inputs, labels, freshness of a provider; its creation and deletion | the sets in its namespace that read it |
//!
//! Changes of status that we write ourselves trigger nothing.

mod fair_share;
mod initial_list;
mod provider_changes;
mod task;

use super::context::Context;
use super::deletion::DeletionProtection;
use super::object::{ManagedObject, ReconcileError, name_of};
use super::providers::ProviderReconciler;
use super::sets::SetReconciler;
use super::shell;
use fair_share::{FairShare, Namespaces};
use futures::{Stream, StreamExt, stream};
use initial_list::{InitialList, ListObserver};
use kube::api::Api;
use kube::runtime::controller::{Action, Config as ControllerConfig, Controller};
use kube::runtime::reflector::store::Writer;
use kube::runtime::reflector::{self, ObjectRef, Store};
use kube::runtime::watcher::{self, Event, watcher};
use kube::runtime::{PredicateConfig, WatchStreamExt};
use kube::{Resource, ResourceExt};
use orangery_api::{ResourceSet, ResourceSetInputProvider};
use orangery_core::NamespacedName;
use provider_changes::ProviderTracker;
use std::collections::hash_map::DefaultHasher;
use std::future::Future;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

/// Delay of a set that is triggered before the first list of providers is complete.
const SOON: Duration = Duration::from_millis(250);
/// Changes of one object within this time trigger one reconciliation.
const DEBOUNCE: Duration = Duration::from_millis(200);

/// Runs both controllers until `stop` is ready; reconciliations under way are finished. `ready` is called when the caches are
/// complete.
pub async fn run(
    context: Arc<Context>,
    stop: impl Future<Output = ()> + Clone + Send + Sync + 'static,
    ready: impl FnOnce() + Send + 'static,
) {
    let (provider_store, provider_writer) = reflector::store::<ResourceSetInputProvider>();
    let (set_store, set_writer) = reflector::store::<ResourceSet>();
    let (provider_list, mut providers_listed) = initial_list::channel();
    let (set_list, mut sets_listed) = initial_list::channel();

    // One watch and one cache of the providers serve both controllers. Which providers changed for sets goes through a channel, by
    // name, after the cache has taken the change in.
    let (changed_providers, provider_changes) = mpsc::unbounded_channel();
    let observe_providers = provider_observer(&context, provider_list, changed_providers);
    let provider_triggers = triggers(&context, provider_writer, observe_providers);
    let set_triggers = triggers(&context, set_writer, set_observer(&context, set_list));

    let config = ControllerConfig::default().debounce(DEBOUNCE);
    let provider_reconciler = Arc::new(ProviderReconciler);
    let provider_controller = Controller::for_stream(provider_triggers, provider_store.clone())
        .with_config(config.clone().concurrency(context.options.concurrent))
        .graceful_shutdown_on(stop.clone())
        .run(
            move |provider, context| {
                let reconciler = Arc::clone(&provider_reconciler);
                task::run(async move { shell::reconcile(reconciler.as_ref(), provider.as_ref(), &context).await })
            },
            shell::on_error::<ProviderReconciler>,
            Arc::clone(&context),
        )
        .for_each(|_| std::future::ready(()));

    let scheduler = Arc::new(SetScheduler::new(&context, provider_store, set_store.clone(), providers_listed.clone()));
    let stopped = stop.clone();
    let set_controller = Controller::for_stream(set_triggers, set_store.clone())
        // How many are reconciled at once is decided by namespace.
        .with_config(config.concurrency(0))
        .reconcile_on(readers_of(provider_changes, set_store))
        .reconcile_on(changed_by_others(&context))
        .graceful_shutdown_on(stop.clone())
        .run(
            move |set, context| Arc::clone(&scheduler).reconcile(set, context, stopped.clone()),
            shell::on_error::<SetReconciler>,
            Arc::clone(&context),
        )
        .for_each(|_| std::future::ready(()));

    let provider_controller = until_stopped_early(provider_controller, providers_listed.clone(), stop.clone());
    let set_controller = until_stopped_early(set_controller, sets_listed.clone(), stop);
    let report_ready = async {
        tokio::join!(providers_listed.wait(), sets_listed.wait());
        ready();
        // The controllers go on after that.
        std::future::pending().await
    };
    tokio::select! {
        _ = async { tokio::join!(provider_controller, set_controller) } => {}
        () = report_ready => {}
    }
}

/// Watches one kind into its cache, and yields objects whose generation, annotations or deletion changed.
fn triggers<K: ManagedObject>(
    context: &Context,
    writer: Writer<K>,
    observe: impl FnMut(&Result<Event<K>, watcher::Error>) + Send + 'static,
) -> impl Stream<Item = Result<K, watcher::Error>> + Send + 'static {
    let client = context.watches.clone();
    let api = match context.options.namespace.as_deref() {
        Some(namespace) => Api::namespaced(client, namespace),
        None => Api::all(client),
    };
    watcher(api, watcher::Config::default())
        .default_backoff()
        .reflect(writer)
        .inspect(observe)
        .applied_objects()
        .predicate_filter(desired_state, PredicateConfig::default())
}

/// A hash of what users ask for; status is not part of it.
fn desired_state<K: Resource>(object: &K) -> Option<u64> {
    let meta = object.meta();
    let mut hasher = DefaultHasher::new();
    (meta.generation, &meta.annotations, meta.deletion_timestamp.is_some()).hash(&mut hasher);
    Some(hasher.finish())
}

/// Reports the providers that changed for the sets that read them, and forgets those that were deleted.
fn provider_observer(
    context: &Arc<Context>,
    list: ListObserver,
    changed: UnboundedSender<NamespacedName>,
) -> impl FnMut(&Result<Event<ResourceSetInputProvider>, watcher::Error>) + Send + use<> {
    let (mut tracker, context) = (ProviderTracker::default(), Arc::clone(context));
    move |event| {
        list.observe(event);
        let Ok(event) = event else { return };
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

/// Forgets sets that were deleted. A set whose finalizer somebody removed is deleted without a reconciliation.
fn set_observer(
    context: &Arc<Context>,
    list: ListObserver,
) -> impl FnMut(&Result<Event<ResourceSet>, watcher::Error>) + Send + use<> {
    let context = Arc::clone(context);
    move |event| {
        list.observe(event);
        if let Ok(Event::Delete(set)) = event {
            shell::forget::<SetReconciler>(&context, &name_of(set), &set.uid().unwrap_or_default());
        }
    }
}

/// The sets that read a provider, for each provider that changed.
fn readers_of(
    changed: UnboundedReceiver<NamespacedName>,
    sets: Store<ResourceSet>,
) -> impl Stream<Item = ObjectRef<ResourceSet>> + Send + 'static {
    let providers = stream::unfold(changed, |mut changed| async move {
        let provider = changed.recv().await?;
        Some((provider, changed))
    });
    providers.flat_map(move |provider| stream::iter(who_reads(&sets, &provider)))
}

/// The sets in the provider's namespace that name or select it. The labels that it had before are not known here, so a set with a
/// selector always counts.
fn who_reads(sets: &Store<ResourceSet>, provider: &NamespacedName) -> Vec<ObjectRef<ResourceSet>> {
    let reads = |set: &Arc<ResourceSet>| {
        set.meta().namespace.as_deref() == Some(provider.namespace.as_str())
            && set.spec.inputs_from.iter().flatten().any(|from| match from.name.as_deref() {
                None | Some("") => from.selector.is_some(),
                Some(wanted) => wanted == provider.name,
            })
    };
    sets.state().iter().filter(|set| reads(set)).map(|set| ObjectRef::from_obj(set.as_ref())).collect()
}

/// Sets whose applied objects were changed by somebody else, or whose dependencies changed.
fn changed_by_others(context: &Context) -> impl Stream<Item = ObjectRef<ResourceSet>> + Send + 'static {
    let namespace = context.options.namespace.clone();
    context.target.changed().filter_map(move |set| {
        let is_watched = namespace.as_ref().is_none_or(|namespace| *namespace == set.namespace);
        std::future::ready(is_watched.then(|| ObjectRef::new(&set.name).within(&set.namespace)))
    })
}

/// Reconciles sets, as many at once as each namespace may have.
struct SetScheduler {
    reconciler: SetReconciler,
    providers_listed: InitialList,
    fair_share: Arc<FairShare>,
}

impl SetScheduler {
    fn new(
        context: &Context,
        providers: Store<ResourceSetInputProvider>,
        sets: Store<ResourceSet>,
        providers_listed: InitialList,
    ) -> Self {
        let namespaces = if context.options.namespace.is_some() { Namespaces::One } else { Namespaces::All };
        Self {
            reconciler: SetReconciler { providers, deletions: DeletionProtection::of(sets) },
            providers_listed,
            fair_share: FairShare::new(context.options.concurrent, namespaces),
        }
    }

    async fn reconcile(
        self: Arc<Self>,
        set: Arc<ResourceSet>,
        context: Arc<Context>,
        stopped: impl Future<Output = ()>,
    ) -> Result<Action, ReconcileError> {
        let namespace = set.namespace().unwrap_or_default();
        let _slot = tokio::select! {
            biased;
            () = stopped => return Ok(Action::await_change()),
            slot = self.fair_share.acquire(&namespace) => slot,
        };
        // Before the first list is complete every provider would look missing. Waiting here would keep the slot.
        if !self.providers_listed.is_complete() {
            return Ok(Action::requeue(SOON));
        }
        let scheduler = Arc::clone(&self);
        task::run(async move { shell::reconcile(&scheduler.reconciler, set.as_ref(), &context).await }).await
    }
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
        if listed.is_complete() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = controller => {}
        () = stopped_early => {}
    }
}
