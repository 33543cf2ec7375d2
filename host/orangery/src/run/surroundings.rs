//! What cluster mode is surrounded by and no flag can change: the process that starts it decides, as a value.

use crate::glass::Loopback;
use kube::{Client, Config};
use orangery_cluster::Connect;
use std::sync::Arc;

/// What a process hands to cluster mode. The program uses the default.
#[derive(Clone)]
pub struct Surroundings {
    /// Whether providers may dial loopback addresses; never that of the API server.
    pub loopback: Loopback,
    /// Makes every client of the API server, also those of impersonated accounts.
    pub connect: Arc<Connect>,
}

impl Default for Surroundings {
    /// A pod: what listens on loopback is the pod's own.
    fn default() -> Self {
        Self { loopback: Loopback::Refused, connect: Arc::new(Client::try_from) }
    }
}

impl Surroundings {
    /// A client with these settings.
    pub(super) fn client(&self, config: Config) -> Result<Client, kube::Error> {
        (self.connect)(config)
    }
}
