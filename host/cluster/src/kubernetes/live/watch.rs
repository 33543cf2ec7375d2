//! Watches what was applied, so that a change by somebody else triggers a reconciliation at once instead of at the next interval,
//! and watches what a set waits for.
//!
//! # Guarantees
//! For what was applied one watch for each identity and kind, whatever the number of objects and namespaces: metadata only, by owner
//! label. Where the identity may not list a kind in all namespaces, one for each namespace. It is made with the rights of the set. It
//! ends when no set has objects there, and all of them end with the target. What a set waits for has a watch of its own, until the
//! first change.
//!
//! # Assumptions
//! A watch only makes things faster: an identity without the verb `watch` has the interval alone.

use crate::kubernetes::client::discovery::Kind;
use crate::kubernetes::client::identity::Identity;
use crate::kubernetes::live::drift_debounce::{Coverage, DriftDebounce};
use crate::kubernetes::live::memory::Memory;
use crate::kubernetes::live::view::{Phase, View};
use futures::{Stream, StreamExt, TryStreamExt, stream};
use kube::api::{Api, ApiResource, DynamicObject};
use kube::core::{GroupVersionKind, PartialObjectMeta};
use kube::runtime::watcher::{self, Event};
use kube::runtime::{WatchStreamExt, watcher as watch};
use kube::{Client, Error};
use orangery_core::{NamespacedName, Object, ObjectKey, keys};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

/// From this number of watches on, the log names it: identities that may list all namespaces need far fewer.
const MANY: usize = 500;
/// How long an apply waits for the first list of a watch. After that it lists what it needs itself.
const FIRST_LIST: Duration = Duration::from_secs(30);
/// Length of the queue of sets to reconcile. A set that does not fit is queued by the next event, or reconciled at the interval.
const QUEUE: usize = 1024;
/// How often it is checked whether a watch is still needed.
const TIDY: Duration = Duration::from_secs(300);
/// When a watch that was forbidden is tried again.
const FORBIDDEN: Duration = Duration::from_secs(600);

/// Longest back-off of a watch.
const AWAITED: Duration = Duration::from_secs(3600);
/// Delay between a change and the reconciliation, because changes often come in pairs.
const MOMENT: Duration = Duration::from_millis(200);

/// What is watched: who and which collection, or which set and which object.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Place {
    Applied(Identity, String),
    Awaited(NamespacedName, String),
}

/// Where an identity watches a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// In all namespaces, with one watch.
    Everywhere,
    /// In each namespace of its own.
    Namespaces,
}

/// What a set waits for.
pub(crate) struct Awaited {
    pub(crate) set: NamespacedName,
    pub(crate) key: ObjectKey,
    /// Its resource version when it was read; `None` if it was not there.
    pub(crate) seen: Option<String>,
}

/// A watch under way.
struct Running {
    task: AbortHandle,
    view: Arc<View>,
}

/// All watches of a target.
pub(crate) struct Watches {
    memory: Arc<Memory>,
    /// Field managers that are taken over from.
    overrides: Arc<[String]>,
    running: Mutex<HashMap<Place, Running>>,
    tell: mpsc::Sender<NamespacedName>,
    told: Mutex<Option<mpsc::Receiver<NamespacedName>>>,
}

impl Watches {
    pub(crate) fn new(memory: Arc<Memory>, overrides: Arc<[String]>) -> Self {
        let (tell, told) = mpsc::channel(QUEUE);
        Self { memory, overrides, running: Mutex::default(), tell, told: Mutex::new(Some(told)) }
    }

    /// The sets to reconcile. Only the first caller gets them.
    pub(crate) fn told(&self) -> stream::BoxStream<'static, NamespacedName> {
        match self.told.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(told) => stream::unfold(told, |mut told| async { Some((told.recv().await?, told)) }).boxed(),
            None => stream::pending().boxed(),
        }
    }

    /// How many watches run.
    pub(crate) fn count(&self) -> usize {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.values().filter(|running| !running.task.is_finished()).count()
    }

    /// Whether anybody receives the sets; otherwise nothing is watched.
    pub(crate) fn is_heard(&self) -> bool {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).is_none() && !self.tell.is_closed()
    }

    /// What is seen of a kind in these namespaces, each with the view that shows it; a namespace without one may not be watched, or
    /// its first list takes too long. `connect` makes a client for the purpose.
    pub(crate) async fn views<'n>(
        &self,
        identity: &Identity,
        kind: &Kind,
        namespaces: &BTreeSet<&'n str>,
        reach: Reach,
        connect: impl Fn() -> Result<Client, Error>,
    ) -> BTreeMap<&'n str, Arc<View>> {
        let mut views = BTreeMap::new();
        if reach == Reach::Everywhere {
            let Some(everywhere) = self.applied(identity, kind, "", &connect) else { return views };
            let phase = everywhere.settled(FIRST_LIST).await;
            if phase == Phase::Complete {
                return namespaces.iter().map(|namespace| (*namespace, Arc::clone(&everywhere))).collect();
            }
            if phase != Phase::Forbidden || !kind.namespaced {
                return views;
            }
        }
        let each: Vec<(&str, Arc<View>)> = namespaces
            .iter()
            .filter(|namespace| !namespace.is_empty())
            .filter_map(|namespace| Some((*namespace, self.applied(identity, kind, namespace, &connect)?)))
            .collect();
        for (namespace, view) in each {
            if view.settled(FIRST_LIST).await == Phase::Complete {
                views.insert(namespace, view);
            }
        }
        views
    }

    /// The view that shows what is applied of a kind in a namespace, if there is a complete one already.
    pub(crate) fn view(&self, identity: &Identity, kind: &Kind, namespace: &str) -> Option<Arc<View>> {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let at = |namespace: &str| {
            let running = running.get(&Place::Applied(identity.clone(), kind.collection(namespace)))?;
            let alive = !running.task.is_finished() && running.view.phase() == Phase::Complete;
            alive.then(|| Arc::clone(&running.view))
        };
        at("").or_else(|| at(namespace))
    }

    /// Watches a kind in a namespace, or everywhere, unless it is watched already.
    fn applied(
        &self,
        identity: &Identity,
        kind: &Kind,
        namespace: &str,
        connect: &impl Fn() -> Result<Client, Error>,
    ) -> Option<Arc<View>> {
        let what = kind.collection(namespace);
        self.start(Place::Applied(identity.clone(), what.clone()), connect, |client, view| {
            let (labels, sets_in) = match identity {
                Identity::Operator => (keys::OWNER_NAME.to_owned(), None),
                // An account applies the sets of its own namespace only.
                Identity::ServiceAccount { namespace, .. } => {
                    (format!("{}={namespace}", keys::OWNER_NAMESPACE), Some(namespace.clone()))
                }
            };
            let events = events(client, kind, namespace, watcher::Config::default().labels(&labels));
            let covers = Coverage { kind: kind.clone(), namespace: namespace.to_owned(), sets_in };
            let overrides = Arc::clone(&self.overrides);
            let observations = DriftDebounce::new(covers, Arc::clone(&self.memory), Arc::clone(&view), overrides);
            keep(identity.clone(), what, events, observations, view, self.tell.clone())
        })
    }

    /// Watches one object until it is no longer as it was seen.
    pub(crate) fn once(&self, kind: &Kind, awaited: Awaited, connect: impl Fn() -> Result<Client, Error>) {
        let place = Place::Awaited(awaited.set.clone(), kind.path(&awaited.key.namespace, &awaited.key.name));
        self.start(place, &connect, |client, _| {
            let named = watcher::Config::default().fields(&format!("metadata.name={}", awaited.key.name));
            let namespace = if kind.namespaced { awaited.key.namespace.as_str() } else { "" };
            until_changed(events(client, kind, namespace, named), awaited, self.tell.clone())
        });
    }

    /// Starts a watch, unless it runs or nobody listens; answers what it shows.
    fn start<F>(
        &self,
        place: Place,
        connect: &impl Fn() -> Result<Client, Error>,
        watch: impl FnOnce(Client, Arc<View>) -> F,
    ) -> Option<Arc<View>>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        if !self.is_heard() {
            return None;
        }
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = running.get(&place).filter(|running| !running.task.is_finished()) {
            return Some(Arc::clone(&running.view));
        }
        running.retain(|_, running| !running.task.is_finished());
        // The next apply tries again to make a client.
        let client = connect().ok()?;
        let view = Arc::new(View::default());
        let task = tokio::spawn(watch(client, Arc::clone(&view))).abort_handle();
        running.insert(place, Running { task, view: Arc::clone(&view) });
        if running.len().is_multiple_of(MANY) {
            tracing::warn!(
                watches = running.len(),
                "many watches are open: identities that may list a kind in all namespaces need one for each kind"
            );
        }
        Some(view)
    }
}

impl Drop for Watches {
    fn drop(&mut self) {
        for running in self.running.get_mut().unwrap_or_else(PoisonError::into_inner).values() {
            running.task.abort();
        }
    }
}

/// The metadata of the objects that are asked for, now and whenever they change.
fn events(
    client: Client,
    kind: &Kind,
    namespace: &str,
    which: watcher::Config,
) -> impl Stream<Item = Result<Event<Object>, watcher::Error>> + Send + use<> {
    let gvk = GroupVersionKind::gvk(&kind.gvk.group, &kind.gvk.version, &kind.gvk.kind);
    let resource = ApiResource::from_gvk_with_plural(&gvk, &kind.plural);
    let api: Api<PartialObjectMeta<DynamicObject>> = if namespace.is_empty() {
        Api::all_with(client, &resource)
    } else {
        Api::namespaced_with(client, namespace, &resource)
    };
    watch(api, which).default_backoff().map_ok(|event| match event {
        Event::Init => Event::Init,
        Event::InitDone => Event::InitDone,
        Event::InitApply(object) => Event::InitApply(plain(&object)),
        Event::Apply(object) => Event::Apply(plain(&object)),
        Event::Delete(object) => Event::Delete(plain(&object)),
    })
}

/// Converts to our object type. What has no JSON form has no owner labels either.
fn plain(object: &PartialObjectMeta<DynamicObject>) -> Object {
    serde_json::to_value(object).and_then(serde_json::from_value).unwrap_or_default()
}

/// Ends at the first change, and says so.
async fn until_changed(
    events: impl Stream<Item = Result<Event<Object>, watcher::Error>> + Send,
    awaited: Awaited,
    tell: mpsc::Sender<NamespacedName>,
) {
    let mut events = std::pin::pin!(events);
    let mut is_there = false;
    let changed = async {
        while let Some(event) = events.next().await {
            match event {
                Ok(Event::Init) => is_there = false,
                Ok(Event::InitApply(object)) => {
                    is_there = true;
                    if version(&object) != awaited.seen {
                        return true;
                    }
                }
                Ok(Event::InitDone) if is_there == awaited.seen.is_some() => {}
                Ok(Event::InitDone | Event::Apply(_) | Event::Delete(_)) => return true,
                Err(error) if is_forbidden(&error) => {
                    tokio::time::sleep(FORBIDDEN).await;
                    return false;
                }
                Err(_) => {}
            }
        }
        false
    };
    if let Ok(true) = tokio::time::timeout(AWAITED, changed).await {
        tokio::time::sleep(MOMENT).await;
        tracing::debug!(set = %awaited.set, what = %awaited.key, "what a set waits for has changed");
        // If the queue is full, the set is reconciled at its interval.
        let _ = tell.try_send(awaited.set);
    }
}

fn version(object: &Object) -> Option<String> {
    object.0.get("metadata")?.get("resourceVersion")?.as_str().map(ToOwned::to_owned)
}

/// Watches what was applied until no set has objects there.
async fn keep(
    identity: Identity,
    what: String,
    events: impl Stream<Item = Result<Event<Object>, watcher::Error>> + Send,
    mut observations: DriftDebounce,
    view: Arc<View>,
    tell: mpsc::Sender<NamespacedName>,
) {
    let mut events = std::pin::pin!(events);
    let mut tidy = Instant::now() + TIDY;
    loop {
        let next = observations.due().unwrap_or(tidy).min(tidy);
        tokio::select! {
            event = events.next() => match event {
                Some(Ok(event)) => observations.take(&event, Instant::now()),
                Some(Err(error)) if is_forbidden(&error) => {
                    view.is_forbidden();
                    tracing::info!(%identity, what, "may not be watched: what others change there is found at the interval; the verb watch makes it faster");
                    tokio::time::sleep(FORBIDDEN).await;
                }
                Some(Err(error)) => tracing::debug!(%identity, what, %error, "a watch was interrupted"),
                None => return,
            },
            () = tokio::time::sleep_until(next.into()) => {
                for set in observations.judge(Instant::now()) {
                    tracing::debug!(%set, what, "somebody else changed an object of the set");
                    if tell.try_send(set).is_err() && tell.is_closed() {
                        return;
                    }
                }
                if Instant::now() >= tidy {
                    tidy = Instant::now() + TIDY;
                    if !observations.is_of_use(Instant::now()) {
                        return;
                    }
                }
            }
        }
    }
}

fn is_forbidden(error: &watcher::Error) -> bool {
    match error {
        watcher::Error::InitialListFailed(Error::Api(status))
        | watcher::Error::WatchStartFailed(Error::Api(status)) => matches!(status.code, 401 | 403),
        watcher::Error::WatchError(status) => matches!(status.code, 401 | 403),
        _ => false,
    }
}
