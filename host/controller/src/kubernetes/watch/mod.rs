//! The watches: what triggers which reconciliation.
//!
//! | what changes | who is reconciled |
//! |---|---|
//! | generation, annotations, deletion of a provider | that provider |
//! | generation, annotations, deletion of a set | that set |
//! | objects that a set applied, by somebody else; a dependency that it waits for | that set |
//! | exported inputs, labels, freshness of a provider; its coming and going | the sets in its namespace that read it |
//!
//! Changes of status that we write ourselves trigger nobody.

mod fair_share;
mod initial_list;
mod provider_changes;
mod task;

use super::context::Context;
use super::deletion::DeletionProtection;
use super::{providers, sets};
use fair_share::{FairShare, Namespaces};
use futures::{StreamExt, TryStreamExt, stream};
use initial_list::InitialList;
use kube::api::Api;
use kube::core::NamespaceResourceScope;
use kube::runtime::controller::{Action, Config as ControllerConfig, Controller};
use kube::runtime::reflector::{self, ObjectRef, Store};
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Client, Resource, ResourceExt};
use orangery_api::{ResourceSet, ResourceSetInputProvider};
use orangery_core::NamespacedName;
use provider_changes::ProviderTracker;
use serde::de::DeserializeOwned;
use std::collections::hash_map::DefaultHasher;
use std::future::Future;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{self, UnboundedReceiver};

/// Time until a set looks again that came before the first list of providers was complete.
const SOON: Duration = Duration::from_millis(250);

/// Runs both controllers until `stop` is ready; what is under way is finished. `ready` is called when the caches are filled.
pub async fn run(
    context: Arc<Context>,
    stop: impl Future<Output = ()> + Clone + Send + Sync + 'static,
    ready: impl FnOnce() + Send + 'static,
) {
    let client = context.watches.clone();
    let namespace = context.options.namespace.as_deref();
    let (provider_store, provider_writer) = reflector::store::<ResourceSetInputProvider>();
    let (set_store, set_writer) = reflector::store::<ResourceSet>();
    let (filling, mut polled) = initial_list::channel();
    let (filling_sets, mut built) = initial_list::channel();

    // One watch and one cache of the providers serve both controllers. What the sets have to know goes through a channel, by
    // name, after the cache has taken it in.
    let (mut tracker, gone) = (ProviderTracker::default(), Arc::clone(&context));
    let (tell, told) = mpsc::unbounded_channel();
    let provider_stream = watcher(scoped(&client, namespace), watcher::Config::default())
        .default_backoff()
        .reflect(provider_writer)
        .inspect(move |event| {
            filling.observe(event);
            let Ok(event) = event else { return };
            let changes = tracker.observe(event);
            changes.gone.iter().for_each(|uid| gone.metrics.forget_provider(uid));
            if !changes.gone.is_empty() {
                changes.providers.iter().for_each(|provider| gone.gone(providers::KIND, provider));
            }
            for provider in changes.providers {
                // Nobody listens any more once the sets' controller has ended.
                let _ = tell.send(provider);
            }
        })
        .applied_objects()
        .predicate_filter(wish::<ResourceSetInputProvider>, kube::runtime::PredicateConfig::default());
    let set_stream = watcher(scoped(&client, namespace), watcher::Config::default())
        .default_backoff()
        .reflect(set_writer)
        .inspect(move |event| filling_sets.observe(event))
        .inspect_ok(forgets_sets(&context))
        .applied_objects()
        .predicate_filter(wish::<ResourceSet>, kube::runtime::PredicateConfig::default());
    let config =
        ControllerConfig::default().concurrency(context.options.concurrent).debounce(Duration::from_millis(200));
    let known = Known { providers: provider_store.clone(), filled: polled.clone() };
    let polls = Controller::for_stream(provider_stream, provider_store)
        .with_config(config.clone())
        .graceful_shutdown_on(stop.clone())
        .run(
            |provider, context| task::run(reconcile_provider(provider, context)),
            on_error_of_provider,
            Arc::clone(&context),
        )
        .for_each(|_| std::future::ready(()));

    let watched = context.options.namespace.clone();
    let changed = context.target.changed().filter_map(move |set| {
        let ours = watched.as_ref().is_none_or(|namespace| *namespace == set.namespace);
        std::future::ready(ours.then(|| ObjectRef::new(&set.name).within(&set.namespace)))
    });
    let readers = set_store.clone();
    let heard = stream::unfold(told, |mut told: UnboundedReceiver<NamespacedName>| async move {
        let provider = told.recv().await?;
        Some((provider, told))
    });
    let reads_what_changed = heard.flat_map(move |provider| stream::iter(who_reads(&readers, &provider)));
    let namespaces = if context.options.namespace.is_some() { Namespaces::One } else { Namespaces::All };
    let fair_share = FairShare::new(context.options.concurrent, namespaces);
    let stopped = stop.clone();
    let deletions = Arc::new(DeletionProtection::of(set_store.clone()));
    let builds = Controller::for_stream(set_stream, set_store)
        // How many are worked on at once is decided by namespace.
        .with_config(config.concurrency(0))
        .reconcile_on(reads_what_changed)
        .reconcile_on(changed)
        .graceful_shutdown_on(stop.clone())
        .run(
            move |set, context| {
                let (fair_share, known, stopped) = (Arc::clone(&fair_share), known.clone(), stopped.clone());
                let deletions = Arc::clone(&deletions);
                async move {
                    let namespace = set.namespace().unwrap_or_default();
                    tokio::select! {
                        biased;
                        () = stopped => Ok(Action::await_change()),
                        slot = fair_share.take(&namespace) => {
                            let done = task::run(reconcile_set(set, known, deletions, context)).await;
                            drop(slot);
                            done
                        }
                    }
                }
            },
            on_error_of_set,
            Arc::clone(&context),
        )
        .for_each(|_| std::future::ready(()));
    let (of_polls, of_builds) = (polled.clone(), built.clone());
    let fill = async {
        tokio::join!(polled.wait(), built.wait());
        ready();
    };
    let polls = until_stopped_early(polls, of_polls, stop.clone());
    let builds = until_stopped_early(builds, of_builds, stop);
    tokio::select! {
        _ = async { tokio::join!(polls, builds) } => {}
        // What is left to be done does not end with the filling.
        () = async { fill.await; std::future::pending().await } => {}
    }
}

/// A controller whose cache was never filled waits for it for ever, also when it is asked to stop. Nothing of it is under
/// way then, so it is dropped.
async fn until_stopped_early(
    controller: impl Future<Output = ()>,
    filled: InitialList,
    stop: impl Future<Output = ()>,
) {
    let stopped_early = async {
        stop.await;
        if filled.is_complete() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = controller => {}
        () = stopped_early => {}
    }
}

/// The providers that sets read, and whether their first list is complete.
#[derive(Clone)]
struct Known {
    providers: Store<ResourceSetInputProvider>,
    filled: InitialList,
}

/// A set whose finalizer somebody took off goes without a reconciliation.
fn forgets_sets(context: &Arc<Context>) -> impl FnMut(&watcher::Event<ResourceSet>) + use<> {
    let context = Arc::clone(context);
    move |event| {
        if let watcher::Event::Delete(set) = event {
            context.gone(sets::KIND, &name(set));
        }
    }
}

fn name(object: &impl ResourceExt) -> NamespacedName {
    NamespacedName::new(object.namespace().unwrap_or_default(), object.name_any())
}

fn scoped<K>(client: &Client, namespace: Option<&str>) -> Api<K>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
{
    match namespace {
        Some(namespace) => Api::namespaced(client.clone(), namespace),
        None => Api::all(client.clone()),
    }
}

/// What of an object expresses somebody's wish; status does not.
fn wish<K: Resource>(object: &K) -> Option<u64> {
    let meta = object.meta();
    Some(hash((meta.generation, &meta.annotations, meta.deletion_timestamp.is_some())))
}

fn hash(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// The sets in the provider's namespace that name or select it. A label that was taken off is no longer seen here, so every
/// set with a selector is asked.
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

/// The object as the API server has it now: a cache may lag behind our own last write, and what we own must not be read
/// from yesterday.
async fn fresh<K>(client: &Client, cached: &K) -> Result<Option<Arc<K>>, kube::Error>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + DeserializeOwned + std::fmt::Debug,
{
    let api: Api<K> = Api::namespaced(client.clone(), &cached.namespace().unwrap_or_default());
    Ok(api.get_opt(&cached.name_any()).await?.map(Arc::new))
}

/// What is retried with back-off without having become a condition.
#[derive(Debug, thiserror::Error)]
enum Interrupted {
    #[error("the object cannot be read: {0}")]
    Read(#[source] Box<kube::Error>),
    #[error(transparent)]
    Provider(#[from] providers::ProviderError),
    #[error(transparent)]
    Set(#[from] sets::SetError),
    #[error("the reconciliation broke, which is a defect of the operator: {0}")]
    Broke(#[from] tokio::task::JoinError),
}

async fn reconcile_provider(
    cached: Arc<ResourceSetInputProvider>,
    context: Arc<Context>,
) -> Result<Action, Interrupted> {
    match fresh(&context.client, cached.as_ref()).await.map_err(|error| Interrupted::Read(Box::new(error)))? {
        Some(object) => Ok(providers::reconcile(object, context).await?),
        None => {
            context.metrics.forget_provider(&cached.uid().unwrap_or_default());
            context.gone(providers::KIND, &name(cached.as_ref()));
            Ok(Action::await_change())
        }
    }
}

async fn reconcile_set(
    cached: Arc<ResourceSet>,
    known: Known,
    deletions: Arc<DeletionProtection>,
    context: Arc<Context>,
) -> Result<Action, Interrupted> {
    // Before the first list is complete every provider would look missing. Waiting here would hold a place.
    if !known.filled.is_complete() {
        return Ok(Action::requeue(SOON));
    }
    match fresh(&context.client, cached.as_ref()).await.map_err(|error| Interrupted::Read(Box::new(error)))? {
        Some(object) => Ok(sets::reconcile(object, &known.providers, &deletions, context).await?),
        None => {
            context.metrics.forget_set(&cached.uid().unwrap_or_default());
            context.gone(sets::KIND, &name(cached.as_ref()));
            Ok(Action::await_change())
        }
    }
}

fn on_error_of_provider(object: Arc<ResourceSetInputProvider>, error: &Interrupted, context: Arc<Context>) -> Action {
    back_off(providers::KIND, object.as_ref(), error, &context)
}

fn on_error_of_set(object: Arc<ResourceSet>, error: &Interrupted, context: Arc<Context>) -> Action {
    back_off(sets::KIND, object.as_ref(), error, &context)
}

fn back_off<K: ResourceExt>(kind: &'static str, object: &K, error: &Interrupted, context: &Context) -> Action {
    let name = name(object);
    let wait = context.back_off(kind, &name);
    tracing::warn!(kind, %name, %error, retry_in = ?wait, "a reconciliation was interrupted");
    Action::requeue(wait)
}
