//! Egress: what lives as long as the process and is shared by all calls.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::connection::address::AddressRules;
use crate::connection::clients::Clients;
use crate::connection::policy::{HttpLimits, Policy};
use crate::connection::tls::TlsSettings;
use crate::credential::Credential;
use crate::credential::github_app::mint::Mint;
use crate::request::grant::Grant;
use crate::response::back_off::{BackOffs, Quota};
use crate::response::cache::Cache;
use crate::secret::fingerprint::FingerprintKey;
use crate::session::Session;
use crate::session::script::Script;

/// The only way to the network: policy, connections, conditional cache, minted tokens, back-offs. Clones share all of it.
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

/// What one call of a plugin may do.
#[derive(Debug, Clone, Default)]
pub struct SessionSpec {
    /// On whose behalf, for traces and metrics: `namespace/name`.
    pub consumer: String,
    /// What may be asked; empty for nothing.
    pub grants: Vec<Grant>,
    /// The credentials that the plugin may name. One that it may name but for which there is no Secret is
    /// [`crate::CredentialKind::Anonymous`]; a name that is not in the list is denied.
    pub credentials: Vec<Credential>,
    /// Whom to trust.
    pub tls: TlsSettings,
    /// How much; cut to the ceilings of the policy.
    pub limits: HttpLimits,
    /// How long all requests of the session together may take, from its start. It replaces the time to the first byte and the
    /// time of one request of [`crate::Timeouts`], which suit those who have all the time in the world.
    pub deadline: Option<Duration>,
    /// Answers instead of the network: tests of plugins. `None` dials.
    pub script: Option<Arc<dyn Script>>,
}

/// A policy that cannot be used.
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
    /// If the user agent or the proxy of the policy cannot be used.
    pub fn new(policy: Policy) -> Result<Self, EgressError> {
        let egress = Self::lazy(policy)?;
        egress.shared.clients.check().map_err(EgressError::Client)?;
        Ok(egress)
    }

    /// The same, but the HTTP client is first built by the first request: for processes that may never send one. Building
    /// it reads all certificates of the machine, which takes longer than rendering a small set.
    ///
    /// # Errors
    /// If the proxy of the policy cannot be used; other faults of the policy are errors of the first request.
    pub fn lazy(policy: Policy) -> Result<Self, EgressError> {
        let rules = Arc::new(AddressRules::new(
            policy.allow_private.clone(),
            policy.loopback,
            policy.forbidden_addresses.clone(),
        ));
        let shared = Shared {
            clients: Clients::new(&policy, Arc::clone(&rules)).map_err(EgressError::Client)?,
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

    /// Replaces [`Policy::forbidden_addresses`]: from now on these are refused, whatever else is allowed.
    pub fn forbid_addresses(&self, addresses: Vec<IpAddr>) {
        self.shared.rules.forbid(addresses);
    }

    /// What remotes said about our quotas, for metrics.
    #[must_use]
    pub fn quotas(&self) -> Vec<Quota> {
        self.shared.back_offs.quotas()
    }
}
