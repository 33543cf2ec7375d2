//! What cluster mode takes from its process and no flag can change: loopback, own addresses, the client of the API server. Tests
//! pass their own.

use super::certificate;
use kube::{Client, Config};
use orangery_cluster::Connect;
use orangery_egress::Loopback;
use std::net::IpAddr;
use std::sync::Arc;

/// The dependencies of cluster mode on its process. The program uses the default.
#[derive(Clone)]
pub struct Surroundings {
    /// Whether providers may dial loopback addresses; never that of the API server.
    pub loopback: Loopback,
    /// The addresses of this machine as plugins must never dial them; loopback has a rule of its own.
    pub own_addresses: fn() -> Vec<IpAddr>,
    /// Makes every client of the API server, also those of impersonated accounts.
    pub connect: Arc<Connect>,
}

impl Default for Surroundings {
    /// For a pod, where everything that listens on loopback belongs to the pod.
    fn default() -> Self {
        Self { loopback: Loopback::Refused, own_addresses: of_interfaces, connect: Arc::new(Client::try_from) }
    }
}

/// The addresses of the network interfaces of the pod, or of the node with host networking.
fn of_interfaces() -> Vec<IpAddr> {
    match if_addrs::get_if_addrs() {
        Ok(interfaces) => {
            interfaces.iter().map(if_addrs::Interface::ip).filter(|address| !address.is_loopback()).collect()
        }
        Err(error) => {
            tracing::warn!(%error, "the addresses of this machine cannot be listed; --egress-allow-cidr may open them to plugins");
            Vec::new()
        }
    }
}

impl Surroundings {
    /// Makes a client for this configuration.
    pub(super) fn client(&self, config: Config) -> Result<Client, kube::Error> {
        certificate::client(&self.connect, config)
    }
}
