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

use super::context::Context;
use super::filled::{self, Filled};
use super::offers::Offers;
use super::{providers, sets, task};
use futures::{StreamExt, stream};
use kube::api::Api;
use kube::core::NamespaceResourceScope;
use kube::runtime::controller::{Action, Config as ControllerConfig, Controller};
use kube::runtime::reflector::{self, ObjectRef, Store};
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Client, Resource, ResourceExt};
use orangery_api::{ResourceSet, ResourceSetInputProvider};
use orangery_core::NamespacedName;
use orangery_core::spec::{InputsFrom, SetSpec};
use serde::de::DeserializeOwned;
use std::collections::hash_map::DefaultHasher;
use std::future::Future;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

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
    let (known_store, known_writer) = reflector::store::<ResourceSetInputProvider>();
    let (filling, mut polled) = filled::channel();
    let (filling_sets, mut built) = filled::channel();
    let (filling_known, mut listed) = filled::channel();

    let provider_stream = watcher(scoped(&client, namespace), watcher::Config::default())
        .default_backoff()
        .reflect(provider_writer)
        .inspect(move |event| filling.hear(event))
        .applied_objects()
        .predicate_filter(wish::<ResourceSetInputProvider>, kube::runtime::PredicateConfig::default());
    let set_stream = watcher(scoped(&client, namespace), watcher::Config::default())
        .default_backoff()
        .reflect(set_writer)
        .inspect(move |event| filling_sets.hear(event))
        .applied_objects()
        .predicate_filter(wish::<ResourceSet>, kube::runtime::PredicateConfig::default());
    let (mut offers, gone) = (Offers::default(), Arc::clone(&context));
    let known_stream = watcher(scoped::<ResourceSetInputProvider>(&client, namespace), watcher::Config::default())
        .default_backoff()
        .reflect(known_writer)
        .inspect(move |event| filling_known.hear(event))
        .flat_map(move |event| {
            let news = match event {
                Ok(event) => offers.hear(event),
                Err(error) => return stream::iter(vec![Err(error)]),
            };
            news.gone.iter().for_each(|uid| gone.metrics.forget_provider(uid));
            stream::iter(news.providers.into_iter().map(Ok).collect::<Vec<_>>())
        });

    let config =
        ControllerConfig::default().concurrency(context.options.concurrent).debounce(Duration::from_millis(200));
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
    let known = Known { providers: known_store, filled: listed.clone() };
    let builds = Controller::for_stream(set_stream, set_store)
        .with_config(config)
        .watches_stream(known_stream, move |provider: ResourceSetInputProvider| who_reads(&readers, &provider))
        .reconcile_on(changed)
        .graceful_shutdown_on(stop.clone())
        .run(
            move |set, context| task::run(reconcile_set(set, known.clone(), context)),
            on_error_of_set,
            Arc::clone(&context),
        )
        .for_each(|_| std::future::ready(()));
    let (of_polls, of_builds) = (polled.clone(), built.clone());
    let fill = async {
        tokio::join!(polled.wait(), built.wait(), listed.wait());
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
async fn until_stopped_early(controller: impl Future<Output = ()>, filled: Filled, stop: impl Future<Output = ()>) {
    let stopped_early = async {
        stop.await;
        if filled.is_filled() {
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
    filled: Filled,
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
fn who_reads(sets: &Store<ResourceSet>, provider: &ResourceSetInputProvider) -> Vec<ObjectRef<ResourceSet>> {
    let name = provider.name_any();
    let reads = |set: &Arc<ResourceSet>| {
        set.namespace() == provider.namespace()
            && SetSpec::try_from(set.as_ref()).is_ok_and(|spec| {
                spec.inputs_from.iter().any(|from| match from {
                    InputsFrom::Name(wanted) => *wanted == name,
                    InputsFrom::Selector(_) => true,
                })
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
            Ok(Action::await_change())
        }
    }
}

async fn reconcile_set(cached: Arc<ResourceSet>, known: Known, context: Arc<Context>) -> Result<Action, Interrupted> {
    // Before the first list is complete every provider would look missing. Waiting here would hold a place.
    if !known.filled.is_filled() {
        return Ok(Action::requeue(SOON));
    }
    match fresh(&context.client, cached.as_ref()).await.map_err(|error| Interrupted::Read(Box::new(error)))? {
        Some(object) => Ok(sets::reconcile(object, &known.providers, context).await?),
        None => {
            context.metrics.forget_set(&cached.uid().unwrap_or_default());
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
    let name = NamespacedName::new(object.namespace().unwrap_or_default(), object.name_any());
    let wait = context.back_off(kind, &name);
    tracing::warn!(kind, %name, %error, retry_in = ?wait, "a reconciliation was interrupted");
    Action::requeue(wait)
}
