//! What the administrator of the process allows every plugin, whatever was granted: addresses, times, sizes, the
//! proxy.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::connection::address::Loopback;
use crate::connection::proxy::Proxies;
use crate::connection::resolve::{Resolver, SystemResolver};
use ipnet::IpNet;

/// The rules of one process. The default reaches public addresses only.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Private networks (RFC 1918, ULA, carrier NAT) that may be reached, for example that of a self-hosted GitLab. A
    /// network that can never be granted (link-local, metadata, multicast) stays refused even if it is listed.
    pub allow_private: Vec<IpNet>,
    /// Whether loopback addresses may be dialled.
    pub loopback: Loopback,
    /// Addresses that are refused even if another rule allows them: the operator's own and those of the API server.
    pub forbidden_addresses: Vec<IpAddr>,
    /// The `User-Agent` of every request.
    pub user_agent: String,
    /// The time limits of an exchange.
    pub timeouts: Timeouts,
    /// The limits that no session can exceed, whatever it asks for.
    pub ceilings: HttpLimits,
    /// The bytes that the conditional-request cache may hold.
    pub cache_bytes: u64,
    /// The operator's proxies. The environment is never read here: whoever starts the process decides whether its variables count
    /// ([`Proxies::of_environment`]).
    pub proxies: Proxies,
    /// Who resolves names.
    pub resolver: Arc<dyn Resolver>,
}

/// The time limits of an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Name resolution, connection and TLS.
    pub connect: Duration,
    /// From the start of a hop to the head of its answer.
    pub first_byte: Duration,
    /// The wait between two pieces of a body.
    pub idle: Duration,
    /// One `send` as a whole, redirects included.
    pub total: Duration,
}

/// The limits of one session, which is one call of a plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HttpLimits {
    /// Requests; each redirect and each retry counts.
    pub requests: u32,
    /// Decompressed bytes of one answer.
    pub response_bytes: u64,
    /// Decompressed bytes of all answers together.
    pub total_bytes: u64,
    /// Bytes of one request body.
    pub request_bytes: u64,
}

const MIB: u64 = 1024 * 1024;

impl Default for Policy {
    fn default() -> Self {
        Self {
            allow_private: Vec::new(),
            loopback: Loopback::Refused,
            forbidden_addresses: Vec::new(),
            user_agent: concat!("orangery/", env!("CARGO_PKG_VERSION")).to_owned(),
            timeouts: Timeouts::default(),
            ceilings: HttpLimits::CEILING,
            cache_bytes: 64 * MIB,
            proxies: Proxies::default(),
            resolver: Arc::new(SystemResolver),
        }
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            first_byte: Duration::from_secs(15),
            idle: Duration::from_secs(10),
            total: Duration::from_secs(30),
        }
    }
}

impl HttpLimits {
    /// The highest limits that a session can ask for under the default [`Policy`].
    pub const CEILING: Self =
        Self { requests: 1_000, response_bytes: 32 * MIB, total_bytes: 128 * MIB, request_bytes: 8 * MIB };

    pub(crate) fn at_most(self, ceilings: Self) -> Self {
        Self {
            requests: self.requests.min(ceilings.requests),
            response_bytes: self.response_bytes.min(ceilings.response_bytes),
            total_bytes: self.total_bytes.min(ceilings.total_bytes),
            request_bytes: self.request_bytes.min(ceilings.request_bytes),
        }
    }
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self { requests: 200, response_bytes: 8 * MIB, total_bytes: 32 * MIB, request_bytes: MIB }
    }
}
