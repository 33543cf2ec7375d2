//! The pool of HTTP clients, one for each set of TLS settings: only requests that authenticate a connection in the
//! same way share it.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lru::LruCache;
use reqwest::{Client, ClientBuilder, Proxy, redirect, retry};

use crate::connection::address::AddressRules;
use crate::connection::policy::Policy;
use crate::connection::resolve::CheckedResolver;
use crate::connection::tls::TlsSettings;
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
    resolver: Arc<CheckedResolver>,
    user_agent: String,
    connect: Duration,
    proxy: Option<Proxy>,
    pool: Mutex<LruCache<Fingerprint, Client>>,
}

impl Clients {
    pub(crate) fn new(policy: &Policy, rules: Arc<AddressRules>) -> reqwest::Result<Self> {
        let proxy_host = policy.proxy.as_ref().and_then(|url| url.host_str()).map(str::to_owned);
        let clients = Self {
            resolver: Arc::new(CheckedResolver { resolver: Arc::clone(&policy.resolver), rules, proxy_host }),
            user_agent: policy.user_agent.clone(),
            connect: policy.timeouts.connect,
            proxy: policy.proxy.clone().map(Proxy::all).transpose()?,
            pool: Mutex::new(LruCache::new(KEPT)),
        };
        Ok(clients)
    }

    /// Builds a client, so that a policy that cannot be used is an error at the start and not of the first request.
    pub(crate) fn check(&self) -> reqwest::Result<()> {
        self.build(&TlsSettings::default()).map(drop)
    }

    /// The client for these TLS settings.
    pub(crate) fn get(&self, name: Fingerprint, tls: &TlsSettings) -> reqwest::Result<Client> {
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = pool.get(&name) {
            return Ok(client.clone());
        }
        let client = self.build(tls)?;
        pool.put(name, client.clone());
        Ok(client)
    }

    fn build(&self, tls: &TlsSettings) -> reqwest::Result<Client> {
        match tls.apply(self.builder())?.build() {
            // A machine without system root certificates can still use http, and https with a CA from a Secret.
            Err(error) if tls.needs_system_roots() => match tls.apply(self.builder())?.tls_certs_only([]).build() {
                Ok(client) => {
                    tracing::warn!("no usable system certificates: https works only with a CA from a Secret");
                    Ok(client)
                }
                Err(_) => Err(error),
            },
            other => other,
        }
    }

    fn builder(&self) -> ClientBuilder {
        let builder = Client::builder()
            .user_agent(&self.user_agent)
            // The proxy of the environment is never used: see `Policy::proxy`.
            .no_proxy()
            // The pipeline decides about redirects and retries, and counts them.
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            .gzip(true)
            .dns_resolver(Arc::clone(&self.resolver))
            .connect_timeout(self.connect)
            .pool_idle_timeout(IDLE_CONNECTION)
            .pool_max_idle_per_host(IDLE_PER_HOST)
            .http1_max_headers(HEADER_FIELDS)
            .http2_max_header_list_size(HEADER_BYTES);
        match &self.proxy {
            Some(proxy) => builder.proxy(proxy.clone()),
            None => builder,
        }
    }
}
