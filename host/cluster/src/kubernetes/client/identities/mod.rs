//! The identities that requests are made with. All share the connections to the API server, because impersonation is a header of
//! the request. What is kept for an identity is its discovery and access reviews, as long as a set uses it.
//!
//! # Guarantees
//! What is kept is bounded, whatever account names people write into their sets: an identity goes with the last set that
//! uses it, and the least recently used one goes when there are too many.

use crate::kubernetes::client::connection::Connection;
use crate::kubernetes::client::identity::Identity;
use crate::kubernetes::client::refusal::Refusal;
use http::{HeaderName, HeaderValue, Request};
use kube::client::Body;
use kube::{Client, Config};
use lru::LruCache;
use orangery_core::{NamespacedName, Owner};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tower::service_fn;

/// Makes a client from connection settings: [`Client::try_from`], or something with layers around it.
pub type Connect = dyn Fn(Config) -> Result<Client, kube::Error> + Send + Sync;

/// A server that accepts a request and then says nothing must not hold a reconciliation for ever.
const SILENCE: Duration = Duration::from_secs(60);

/// The server ends a watch after 290 s.
const WATCH: Duration = Duration::from_secs(300);

/// Most identities that are kept. One that was dropped costs another discovery.
const MOST: NonZeroUsize = NonZeroUsize::MIN.saturating_add(255);

/// Sets whose identity is remembered. Of one that was forgotten, the identity goes only when it is the oldest.
const MOST_SETS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(16_383);

/// Names whom a request is made for.
const IMPERSONATE: HeaderName = HeaderName::from_static("impersonate-user");

/// The connections to the API server, and what each identity has been told.
pub(crate) struct Identities {
    config: Config,
    connect: Box<Connect>,
    clients: Mutex<Clients>,
    known: Mutex<Known>,
}

/// Made at the first call.
#[derive(Default)]
struct Clients {
    own: Purposes,
    for_accounts: Purposes,
}

#[derive(Default)]
struct Purposes {
    requests: Option<Client>,
    watches: Option<Client>,
}

/// What a client is for.
#[derive(Debug, Clone, Copy)]
enum Purpose {
    /// A request without an answer in time fails.
    Requests,
    /// A watch, which sends nothing while nothing happens.
    Watches,
}

struct Known {
    connections: LruCache<Identity, Arc<Connection>>,
    used: LruCache<NamespacedName, Identity>,
}

impl Known {
    /// The set uses this identity from now on; one that no other set uses is forgotten.
    fn uses(&mut self, set: &NamespacedName, identity: &Identity) {
        match self.used.get(set) {
            Some(before) if before == identity => {}
            _ => {
                let before = self.used.put(set.clone(), identity.clone());
                self.forget_unused(before);
            }
        }
    }

    fn forget_unused(&mut self, identity: Option<Identity>) {
        if let Some(identity) = identity
            && identity != Identity::Operator
            && self.used.iter().all(|(_, used)| *used != identity)
        {
            self.connections.pop(&identity);
        }
    }
}

impl Identities {
    pub(crate) fn new(mut config: Config, connect: Box<Connect>) -> Self {
        config.read_timeout = config.read_timeout.or(Some(SILENCE));
        // Otherwise the idle time of a pooled connection counts against the answer.
        config.reset_reader_on_write = true;
        let known = Known { connections: LruCache::new(MOST), used: LruCache::new(MOST_SETS) };
        Self { config, connect, clients: Mutex::default(), known: Mutex::new(known) }
    }

    /// What the identity of a set has, made at the first call.
    pub(crate) fn of(&self, owner: &Owner) -> Result<Arc<Connection>, Refusal> {
        let identity = Identity::of(owner);
        self.known.lock().unwrap_or_else(PoisonError::into_inner).uses(&owner.name, &identity);
        self.open(&identity)
    }

    /// What the identity of somebody has who is not a set. It is not kept for them: it goes when it is the oldest, or with the last set
    /// that uses it.
    pub(crate) fn reading_as(&self, owner: &Owner) -> Result<Arc<Connection>, Refusal> {
        self.open(&Identity::of(owner))
    }

    /// The operator's own.
    pub(crate) fn operator(&self) -> Result<Arc<Connection>, Refusal> {
        self.open(&Identity::Operator)
    }

    /// Forgets the identity of a deleted set.
    pub(crate) fn forget(&self, set: &NamespacedName) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let before = known.used.pop(set);
        known.forget_unused(before);
    }

    fn open(&self, identity: &Identity) -> Result<Arc<Connection>, Refusal> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(connection) = known.connections.get(identity) {
            return Ok(Arc::clone(connection));
        }
        let client = self.client(identity, Purpose::Requests).map_err(|error| Refusal::unreachable(&error))?;
        let header = header(identity)?;
        let impersonated = header.map(|user| (IMPERSONATE, user));
        let connection = Arc::new(Connection::new(identity.clone(), client, impersonated));
        known.connections.put(identity.clone(), Arc::clone(&connection));
        Ok(connection)
    }

    /// A client for a watch, which has no read timeout.
    pub(crate) fn watching(&self, identity: &Identity) -> Result<Client, kube::Error> {
        let client = self.client(identity, Purpose::Watches)?;
        let user = header(identity).map_err(|refusal| kube::Error::Service(refusal.to_string().into()))?;
        let Some(user) = user else { return Ok(client) };
        let namespace = client.default_namespace().to_owned();
        let impersonating = service_fn(move |mut request: Request<Body>| {
            request.headers_mut().insert(IMPERSONATE, user.clone());
            let client = client.clone();
            async move { client.send(request).await }
        });
        Ok(Client::new(impersonating, namespace))
    }

    /// The shared client of a purpose.
    fn client(&self, identity: &Identity, purpose: Purpose) -> Result<Client, kube::Error> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let mut config = self.config.clone();
        let purposes = match identity {
            Identity::Operator => &mut clients.own,
            Identity::ServiceAccount { .. } => {
                // Where the operator itself is impersonated, the account is named instead.
                config.auth_info.impersonate = None;
                config.auth_info.impersonate_groups = None;
                &mut clients.for_accounts
            }
        };
        let slot = match purpose {
            Purpose::Requests => &mut purposes.requests,
            Purpose::Watches => {
                config.read_timeout = Some(WATCH);
                &mut purposes.watches
            }
        };
        match slot {
            Some(client) => Ok(client.clone()),
            None => Ok(slot.insert((self.connect)(config)?).clone()),
        }
    }
}

/// The header that makes a request in this name; none for the operator. The API server adds the groups of service
/// accounts by itself.
fn header(identity: &Identity) -> Result<Option<HeaderValue>, Refusal> {
    match identity {
        Identity::Operator => Ok(None),
        Identity::ServiceAccount { namespace, name } => {
            let user = format!("system:serviceaccount:{namespace}:{name}");
            HeaderValue::from_str(&user).map(Some).map_err(|error| Refusal::unreachable(&error))
        }
    }
}

#[cfg(test)]
mod tests;
