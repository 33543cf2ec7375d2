//! The pool of HTTP clients: one for each set of TLS settings and each way out, so that connections are shared by those who would
//! authenticate the connection alike, and by nobody else.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lru::LruCache;
use reqwest::{Client, ClientBuilder, redirect, retry};

use crate::connection::address::AddressRules;
use crate::connection::policy::Policy;
use crate::connection::proxy::ProxyServer;
use crate::connection::resolve::CheckedResolver;
use crate::connection::tls::TlsSettings;
use crate::request::origin::Scheme;
use crate::secret::fingerprint::Fingerprint;

/// The most clients that are kept. Rotated Secrets leave clients behind; the oldest ones are dropped.
const KEPT: NonZeroUsize = NonZeroUsize::MIN.saturating_add(127);
const IDLE_CONNECTION: Duration = Duration::from_secs(60);
const IDLE_PER_HOST: usize = 4;
/// The most header fields of an answer. hyper's own bound is a hundred; forges send up to fifty.
const HEADER_FIELDS: usize = 128;
const HEADER_BYTES: u32 = 64 * 1024;

#[derive(Debug)]
pub(crate) struct Clients {
    checked: Arc<CheckedResolver>,
    unchecked: Arc<CheckedResolver>,
    user_agent: String,
    connect: Duration,
    pool: Mutex<LruCache<(Fingerprint, Way), Client>>,
}

/// How a target is reached.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Route<'a> {
    /// It is dialled.
    Direct,
    /// By a proxy of the operator, which may have any address.
    Operator(&'a ProxyServer),
    /// By the proxy of the session, which is dialled like a target.
    Session(&'a ProxyServer),
}

/// The kind of a route, as clients are told apart. There is one proxy of the operator for each scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Way {
    Direct,
    Operator(Scheme),
    Session,
}

impl<'a> Route<'a> {
    /// The proxy.
    pub(crate) const fn proxy(self) -> Option<&'a ProxyServer> {
        match self {
            Self::Direct => None,
            Self::Operator(server) | Self::Session(server) => Some(server),
        }
    }

    const fn way(self, scheme: Scheme) -> Way {
        match self {
            Self::Direct => Way::Direct,
            Self::Operator(_) => Way::Operator(scheme),
            Self::Session(_) => Way::Session,
        }
    }
}

impl Clients {
    pub(crate) fn new(policy: &Policy, rules: Arc<AddressRules>) -> Self {
        let resolver = |rules| Arc::new(CheckedResolver { resolver: Arc::clone(&policy.resolver), rules });
        Self {
            checked: resolver(Some(rules)),
            unchecked: resolver(None),
            user_agent: policy.user_agent.clone(),
            connect: policy.timeouts.connect,
            pool: Mutex::new(LruCache::new(KEPT)),
        }
    }

    /// A policy that no client can be built from is an error of the start, not of the first request.
    pub(crate) fn check(&self, policy: &Policy) -> reqwest::Result<()> {
        let proxies = [&policy.proxies.http, &policy.proxies.https].into_iter().flatten();
        let routes = [Route::Direct].into_iter().chain(proxies.map(Route::Operator));
        for route in routes {
            self.build(&TlsSettings::default(), route)?;
        }
        Ok(())
    }

    /// Judges names where a proxy resolves them.
    pub(crate) fn resolver(&self) -> &CheckedResolver {
        &self.checked
    }

    /// The client of these settings, for targets of this scheme.
    pub(crate) fn get(
        &self,
        name: Fingerprint,
        tls: &TlsSettings,
        route: Route<'_>,
        scheme: Scheme,
    ) -> reqwest::Result<Client> {
        let key = (name, route.way(scheme));
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = pool.get(&key) {
            return Ok(client.clone());
        }
        let client = self.build(tls, route)?;
        pool.put(key, client.clone());
        Ok(client)
    }

    fn build(&self, tls: &TlsSettings, route: Route<'_>) -> reqwest::Result<Client> {
        match tls.apply(self.builder(route)?)?.build() {
            // A machine without a bundle of roots can still reach http, and https with a CA from a Secret.
            Err(error) if tls.needs_system_roots() => match tls.apply(self.builder(route)?)?.tls_certs_only([]).build()
            {
                Ok(client) => {
                    tracing::warn!("no usable system certificates: https works only with a CA from a Secret");
                    Ok(client)
                }
                Err(_) => Err(error),
            },
            other => other,
        }
    }

    fn builder(&self, route: Route<'_>) -> reqwest::Result<ClientBuilder> {
        let resolver = match route {
            Route::Direct | Route::Session(_) => &self.checked,
            Route::Operator(_) => &self.unchecked,
        };
        let builder = Client::builder()
            .user_agent(&self.user_agent)
            // Never the environment's: see `Policy::proxies`.
            .no_proxy()
            // The pipeline decides about redirects and retries, and counts them.
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            .gzip(true)
            .dns_resolver(Arc::clone(resolver))
            .connect_timeout(self.connect)
            .pool_idle_timeout(IDLE_CONNECTION)
            .pool_max_idle_per_host(IDLE_PER_HOST)
            .http1_max_headers(HEADER_FIELDS)
            .http2_max_header_list_size(HEADER_BYTES);
        Ok(match route.proxy() {
            Some(server) => builder.proxy(server.for_client()?),
            None => builder,
        })
    }
}
