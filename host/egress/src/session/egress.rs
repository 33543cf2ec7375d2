//! The part of the egress that lives as long as the process and is shared by all calls.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::connection::address::AddressRules;
use crate::connection::clients::Clients;
use crate::connection::policy::{HttpLimits, Policy};
use crate::connection::proxy::ProxyServer;
use crate::connection::tls::TlsSettings;
use crate::credential::Credential;
use crate::credential::github_app::mint::Mint;
use crate::request::grant::Grant;
use crate::response::back_off::{BackOffs, Quota};
use crate::response::cache::Cache;
use crate::secret::fingerprint::FingerprintKey;
use crate::session::Session;
use crate::session::script::Script;

/// The only way to the network: policy, connections, conditional cache, minted tokens and back-offs. Clones share all
/// of them.
#[derive(Debug, Clone)]
pub struct Egress {
    pub(crate) shared: Arc<Shared>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) policy: Policy,
    pub(crate) rules: Arc<AddressRules>,
    pub(crate) key: FingerprintKey,
    pub(crate) clients: Clients,
    pub(crate) cache: Cache,
    pub(crate) back_offs: BackOffs,
    pub(crate) mint: Mint,
}

/// The permissions of one call of a plugin.
#[derive(Debug, Clone, Default)]
pub struct SessionSpec {
    /// The consumer, as `namespace/name`, for traces and metrics.
    pub consumer: String,
    /// What may be requested; nothing if it is empty.
    pub grants: Vec<Grant>,
    /// The credentials that the plugin may name. If the user gave no Secret for one, it is
    /// [`crate::CredentialKind::Anonymous`]. A name that is not in the list is denied.
    pub credentials: Vec<Credential>,
    /// The certificates that are trusted, and the client certificate.
    pub tls: TlsSettings,
    /// The tenant's own proxy for all requests, instead of the operator's.
    pub proxy: Option<ProxyServer>,
    /// How much; cut to the ceilings of the policy.
    pub limits: HttpLimits,
    /// The time for all requests of the session together, from its start. It replaces the limits for the first byte and
    /// for one request in [`crate::Timeouts`], which are meant for calls without a deadline.
    pub deadline: Option<Duration>,
    /// Answers requests instead of the network, for tests of plugins. `None` uses the network.
    pub script: Option<Arc<dyn Script>>,
}

/// Why a policy cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum EgressError {
    /// The HTTP client cannot be built.
    #[error("the HTTP client cannot be built from the policy (user agent, proxy, certificates)")]
    Client(#[source] reqwest::Error),
}

impl Egress {
    /// Builds the egress of a process.
    ///
    /// # Errors
    /// The user agent or the proxy of the policy cannot be used.
    pub fn new(policy: Policy) -> Result<Self, EgressError> {
        let egress = Self::lazy(policy)?;
        egress.shared.clients.check(&egress.shared.policy).map_err(EgressError::Client)?;
        Ok(egress)
    }

    /// Does the same, but builds the HTTP client for the first request. This suits processes that may never send one:
    /// building the client reads all certificates of the machine, which takes longer than rendering a small set.
    ///
    /// # Errors
    /// The proxy of the policy cannot be used. Other faults of the policy are errors of the first request.
    pub fn lazy(policy: Policy) -> Result<Self, EgressError> {
        let rules = Arc::new(AddressRules::new(
            policy.allow_private.clone(),
            policy.loopback,
            policy.forbidden_addresses.clone(),
        ));
        let shared = Shared {
            clients: Clients::new(&policy, Arc::clone(&rules)),
            cache: Cache::new(policy.cache_bytes),
            back_offs: BackOffs::default(),
            mint: Mint::default(),
            key: FingerprintKey::random(),
            rules,
            policy,
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Opens a session for one call.
    #[must_use]
    pub fn session(&self, spec: SessionSpec) -> Session {
        Session::new(Arc::clone(&self.shared), spec)
    }

    /// Replaces [`Policy::forbidden_addresses`]: from now on these are refused, even if another rule allows them.
    pub fn forbid_addresses(&self, addresses: Vec<IpAddr>) {
        self.shared.rules.forbid(addresses);
    }

    /// The quotas that remotes have reported, for metrics.
    #[must_use]
    pub fn quotas(&self) -> Vec<Quota> {
        self.shared.back_offs.quotas()
    }
}
