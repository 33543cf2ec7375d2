//! The addresses that no plugin may dial in a cluster, even where `--egress-allow-cidr` covers them: the operator's own, the API
//! server's service, and the endpoints behind it.
//!
//! # Guarantees
//! They are read again every minute, because control planes are replaced while operators run. If a source cannot be read, the addresses that it gave last stay forbidden.

use super::Surroundings;
use k8s_openapi::api::discovery::v1::EndpointSlice;
use kube::{Api, Client, Config};
use orangery_egress::Egress;
use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio_util::task::AbortOnDropHandle;

/// How often the addresses are read again.
const EVERY: Duration = Duration::from_secs(60);
/// Namespace and name of the API server's service; the API servers maintain its EndpointSlice themselves.
const SERVICE: (&str, &str) = ("default", "kubernetes");

/// Collects the forbidden addresses.
pub(super) struct ForbiddenAddresses {
    own: BTreeSet<IpAddr>,
    host: String,
    port: u16,
    client: Client,
}

impl ForbiddenAddresses {
    pub(super) fn of(surroundings: &Surroundings, config: &Config, client: Client) -> Self {
        let host = config.cluster_url.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let port = config.cluster_url.port_u16().unwrap_or(443);
        Self { own: (surroundings.own_addresses)().into_iter().collect(), host, port, client }
    }

    /// Reads all addresses once.
    pub(super) async fn now(&self) -> Vec<IpAddr> {
        let servers = self.servers(&BTreeSet::new()).await;
        self.own.union(&servers).copied().collect()
    }

    /// Keeps the egress policy up to date until the handle is dropped.
    pub(super) fn keep(self, egress: Egress) -> AbortOnDropHandle<()> {
        AbortOnDropHandle::new(tokio::spawn(async move {
            let mut servers = BTreeSet::new();
            loop {
                servers = self.servers(&servers).await;
                egress.forbid_addresses(self.own.union(&servers).copied().collect());
                tokio::time::sleep(EVERY).await;
            }
        }))
    }

    /// The addresses of the API server; `known` is kept where a source fails.
    async fn servers(&self, known: &BTreeSet<IpAddr>) -> BTreeSet<IpAddr> {
        let mut found = BTreeSet::new();
        let mut failed = false;
        match tokio::net::lookup_host((self.host.as_str(), self.port)).await {
            Ok(addresses) => found.extend(addresses.map(|address| address.ip())),
            Err(error) => {
                failed = true;
                tracing::warn!(host = self.host, %error, "the API server's name cannot be resolved; --egress-allow-cidr may open its addresses to plugins");
            }
        }
        match self.client.list_core_api_versions().await {
            Ok(versions) => {
                let told = versions.server_address_by_client_cidrs;
                found.extend(told.iter().filter_map(|told| address_of(&told.server_address)));
            }
            Err(error) => {
                failed = true;
                tracing::warn!(%error, "the API server does not say its own address");
            }
        }
        let (namespace, name) = SERVICE;
        let slices: Api<EndpointSlice> = Api::namespaced(self.client.clone(), namespace);
        match slices.get_opt(name).await {
            Ok(slice) => found.extend(slice.iter().flat_map(endpoints)),
            Err(error) => {
                failed = true;
                tracing::warn!(
                    %error,
                    "the servers behind the API server's service cannot be listed: the operator's role lacks get on \
                     EndpointSlice {namespace}/{name}; --egress-allow-cidr may open their addresses to plugins"
                );
            }
        }
        if failed {
            found.extend(known);
        }
        found
    }
}

fn endpoints(slice: &EndpointSlice) -> Vec<IpAddr> {
    let endpoints = slice.endpoints.iter().flatten();
    endpoints.flat_map(|endpoint| &endpoint.addresses).filter_map(|address| address.parse().ok()).collect()
}

/// Parses `10.0.0.1:6443`, `[fd00::1]:6443` or a bare address. Host names are ignored; they are resolved separately.
fn address_of(text: &str) -> Option<IpAddr> {
    text.parse::<SocketAddr>().map(|address| address.ip()).or_else(|_| text.trim_matches(['[', ']']).parse()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_with_and_without_a_port() {
        for (text, address) in [
            ("10.0.0.1:6443", "10.0.0.1"),
            ("[fd00::1]:6443", "fd00::1"),
            ("10.0.0.1", "10.0.0.1"),
            ("[fd00::1]", "fd00::1"),
        ] {
            assert_eq!(address_of(text), Some(address.parse().unwrap()), "{text}");
        }
        assert_eq!(address_of("api.example:6443"), None);
    }

    #[test]
    fn the_addresses_of_interfaces_leave_loopback_to_its_own_rule() {
        let own = (Surroundings::default().own_addresses)();
        assert!(own.iter().all(|address| !address.is_loopback()), "{own:?}");
    }
}
