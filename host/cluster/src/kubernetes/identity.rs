//! Who asks: one client and one discovery cache for each identity, kept for the life of the process.

use super::Connect;
use super::connection::Connection;
use super::refusal::Refusal;
use kube::{Client, Config};
use orangery_core::Owner;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A server that accepts a request and then says nothing must not hold a reconciliation for ever.
const SILENCE: Duration = Duration::from_secs(60);

/// The server ends a watch after 290 s.
const WATCH: Duration = Duration::from_secs(300);

/// In whose name requests are made.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Identity {
    /// The operator's own.
    Operator,
    /// Impersonated.
    ServiceAccount {
        /// Namespace of the set and of the account.
        namespace: String,
        /// Name of the account.
        name: String,
    },
}

impl Identity {
    pub(super) fn of(owner: &Owner) -> Self {
        match &owner.service_account {
            None => Self::Operator,
            Some(name) => Self::ServiceAccount { namespace: owner.name.namespace.clone(), name: name.clone() },
        }
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operator => f.write_str("the operator"),
            Self::ServiceAccount { namespace, name } => write!(f, "service account {namespace}/{name}"),
        }
    }
}

/// The pool.
pub(super) struct Identities {
    config: Config,
    connect: Box<Connect>,
    open: Mutex<HashMap<Identity, Arc<Connection>>>,
}

impl Identities {
    pub(super) fn new(mut config: Config, connect: Box<Connect>) -> Self {
        config.read_timeout = config.read_timeout.or(Some(SILENCE));
        // Otherwise the idle time of a pooled connection counts against the answer.
        config.reset_reader_on_write = true;
        Self { config, connect, open: Mutex::default() }
    }

    /// The connection of `identity`, made at the first call.
    pub(super) fn open(&self, identity: &Identity) -> Result<Arc<Connection>, Refusal> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(connection) = open.get(identity) {
            return Ok(Arc::clone(connection));
        }
        let client = (self.connect)(self.settings(identity)).map_err(|error| Refusal::unreachable(&error))?;
        let connection = Arc::new(Connection::new(identity.clone(), client));
        open.insert(identity.clone(), Arc::clone(&connection));
        Ok(connection)
    }

    /// A client of its own for a watch, where silence is no fault.
    pub(super) fn watching(&self, identity: &Identity) -> Result<Client, kube::Error> {
        let mut config = self.settings(identity);
        config.read_timeout = Some(WATCH);
        (self.connect)(config)
    }

    fn settings(&self, identity: &Identity) -> Config {
        let mut config = self.config.clone();
        if let Identity::ServiceAccount { namespace, name } = identity {
            // The API server adds the groups of service accounts by itself.
            config.auth_info.impersonate = Some(format!("system:serviceaccount:{namespace}:{name}"));
            config.auth_info.impersonate_groups = None;
        }
        config
    }
}
