//! `NO_PROXY`: what is dialled directly. The rules are those of Go's `golang.org/x/net/http/httpproxy`, which Flux and kubectl follow.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::request::origin::Origin;

/// Hosts and networks that are dialled directly. Loopback addresses and `localhost` always are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NoProxy(Vec<Exemption>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Exemption {
    hosts: Hosts,
    /// Only this port, if there is one.
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Hosts {
    All,
    /// Addresses that are written as such; names are not resolved for this.
    Network(IpNet),
    /// A name and what is below it.
    Domain(String),
    /// Only what is below a name.
    Below(String),
}

impl NoProxy {
    /// Reads a list with commas: `*`, addresses, networks (`10.0.0.0/8`), names (`example.com`: with what is below; `.example.com`:
    /// only what is below), each but a network with `:PORT` if only that port is meant.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        Self(entries.map(|entry| exemption(&entry.to_ascii_lowercase())).collect())
    }

    pub(super) fn covers(&self, origin: &Origin) -> bool {
        if origin.is_loopback() {
            return true;
        }
        let host = origin.host();
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().ok();
        self.0.iter().filter(|entry| entry.port.is_none_or(|port| port == origin.port())).any(|entry| {
            match (&entry.hosts, address) {
                (Hosts::All, _) => true,
                (Hosts::Network(network), Some(address)) => network.contains(&address),
                (Hosts::Domain(name), None) => host == name || is_below(host, name),
                (Hosts::Below(name), None) => is_below(host, name),
                (Hosts::Network(_), None) | (Hosts::Domain(_) | Hosts::Below(_), Some(_)) => false,
            }
        })
    }
}

fn exemption(entry: &str) -> Exemption {
    if let Ok(network) = entry.parse::<IpNet>() {
        return Exemption { hosts: Hosts::Network(network), port: None };
    }
    if let Ok(address) = entry.parse::<IpAddr>() {
        return Exemption { hosts: Hosts::Network(address.into()), port: None };
    }
    let with_port = entry.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse::<u16>().ok()?)));
    let (host, port) = with_port.map_or((entry, None), |(host, port)| (host, Some(port)));
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let hosts = match bare.parse::<IpAddr>() {
        Ok(address) => Hosts::Network(address.into()),
        Err(_) => match host.strip_prefix('*').unwrap_or(host) {
            "" => Hosts::All,
            rest => match rest.strip_prefix('.') {
                Some(name) => Hosts::Below(name.to_owned()),
                None => Hosts::Domain(rest.to_owned()),
            },
        },
    };
    Exemption { hosts, port }
}

fn is_below(host: &str, name: &str) -> bool {
    host.strip_suffix(name).is_some_and(|before| before.ends_with('.'))
}
