//! Watches what was applied, so that a change by somebody else triggers a reconciliation at once instead of at the next interval,
//! and watches what a set waits for.
//!
//! # Guarantees
//! For what was applied one watch for each identity, kind and namespace, whatever the number of objects: metadata only, by owner label. It is
//! made with the rights of the set. It ends when no set has objects there, and all of them end with the target. What a set
//! waits for has a watch of its own, until the first change.
//!
//! # Assumptions
//! A watch only makes things faster: an identity without the verb `watch` has the interval alone.

use crate::kubernetes::client::discovery::Kind;
use crate::kubernetes::client::identity::Identity;
use crate::kubernetes::live::drift_debounce::DriftDebounce;
use crate::kubernetes::live::memory::Memory;
use futures::{Stream, StreamExt, TryStreamExt, stream};
use kube::api::{Api, ApiResource, DynamicObject};
use kube::core::{GroupVersionKind, PartialObjectMeta};
use kube::runtime::watcher::{self, Event};
use kube::runtime::{WatchStreamExt, watcher as watch};
use kube::{Client, Error};
use orangery_core::{NamespacedName, Object, ObjectKey, keys};
use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

/// Most watches. More would cost the API server more than they save; the rest is left to the interval.
const MOST: usize = 500;
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

/// What a set waits for.
pub(crate) struct Awaited {
    pub(crate) set: NamespacedName,
    pub(crate) key: ObjectKey,
    /// Its resource version when it was read; `None` if it was not there.
    pub(crate) seen: Option<String>,
}

/// All watches of a target.
pub(crate) struct Watches {
    memory: Arc<Memory>,
    running: Mutex<HashMap<Place, AbortHandle>>,
    tell: mpsc::Sender<NamespacedName>,
    told: Mutex<Option<mpsc::Receiver<NamespacedName>>>,
}

impl Watches {
    pub(crate) fn new(memory: Arc<Memory>) -> Self {
        let (tell, told) = mpsc::channel(QUEUE);
        Self { memory, running: Mutex::default(), tell, told: Mutex::new(Some(told)) }
    }

    /// The sets to reconcile. Only the first caller gets them.
    pub(crate) fn told(&self) -> stream::BoxStream<'static, NamespacedName> {
        match self.told.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(told) => stream::unfold(told, |mut told| async { Some((told.recv().await?, told)) }).boxed(),
            None => stream::pending().boxed(),
        }
    }

    /// Whether anybody receives the sets; otherwise nothing is watched.
    fn is_heard(&self) -> bool {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).is_none() && !self.tell.is_closed()
    }

    /// Watches a kind in a namespace, unless somebody does already. `connect` makes a client for the purpose.
    pub(crate) fn ensure(
        &self,
        identity: &Identity,
        kind: &Kind,
        namespace: &str,
        connect: impl FnOnce() -> Result<Client, Error>,
    ) {
        let namespace = if kind.namespaced { namespace } else { "" };
        let what = kind.collection(namespace);
        self.start(Place::Applied(identity.clone(), what.clone()), connect, |client| {
            let owned = watcher::Config::default().labels(keys::OWNER_NAME);
            let events = events(client, kind, namespace, owned);
            let observations = DriftDebounce::new(kind.clone(), namespace.to_owned(), Arc::clone(&self.memory));
            keep(identity.clone(), what, events, observations, self.tell.clone())
        });
    }

    /// Watches one object until it is no longer as it was seen.
    pub(crate) fn once(&self, kind: &Kind, awaited: Awaited, connect: impl FnOnce() -> Result<Client, Error>) {
        let place = Place::Awaited(awaited.set.clone(), kind.path(&awaited.key.namespace, &awaited.key.name));
        self.start(place, connect, |client| {
            let named = watcher::Config::default().fields(&format!("metadata.name={}", awaited.key.name));
            let namespace = if kind.namespaced { awaited.key.namespace.as_str() } else { "" };
            until_changed(events(client, kind, namespace, named), awaited, self.tell.clone())
        });
    }

    /// Starts a watch, unless it runs, nobody listens, or there are too many.
    fn start<F>(&self, place: Place, connect: impl FnOnce() -> Result<Client, Error>, watch: impl FnOnce(Client) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.retain(|_, task| !task.is_finished());
        if !self.is_heard() || running.contains_key(&place) || running.len() >= MOST {
            return;
        }
        // The next apply tries again to make a client.
        let Ok(client) = connect() else { return };
        running.insert(place, tokio::spawn(watch(client)).abort_handle());
    }
}

impl Drop for Watches {
    fn drop(&mut self) {
        for task in self.running.get_mut().unwrap_or_else(PoisonError::into_inner).values() {
            task.abort();
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
    tell: mpsc::Sender<NamespacedName>,
) {
    let mut events = std::pin::pin!(events);
    let mut tidy = Instant::now() + TIDY;
    loop {
        let next = observations.due().unwrap_or(tidy).min(tidy);
        tokio::select! {
            event = events.next() => match event {
                Some(Ok(event)) => observations.take(event, Instant::now()),
                Some(Err(error)) if is_forbidden(&error) => {
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
                    if !observations.is_of_use() {
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
