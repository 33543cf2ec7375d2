//! Step 4 of the pipeline: a name is resolved once, every address is checked, and only these addresses are dialled.
//!
//! The check runs inside the client's own resolver, so there is no second look-up between the check and the
//! connection that could be answered differently (DNS rebinding). The client does not use a resolver for a host that
//! is written as an address: the pipeline checks those itself.

use std::fmt::Debug;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use futures::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::connection::address::{AddressRefused, AddressRules};

/// Turns names into addresses.
pub trait Resolver: Debug + Send + Sync {
    /// All addresses of a host.
    fn resolve<'a>(&'a self, host: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>>;
}

/// Resolves names with the system's `getaddrinfo`.
#[derive(Debug, Clone, Copy)]
pub struct SystemResolver;

impl Resolver for SystemResolver {
    fn resolve<'a>(&'a self, host: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect()) })
    }
}

/// A resolver that refuses a name if one of its addresses may not be dialled.
#[derive(Debug, Clone)]
pub(crate) struct CheckedResolver {
    pub(crate) resolver: Arc<dyn Resolver>,
    /// None for connections to the operator's own proxy, which may live anywhere.
    pub(crate) rules: Option<Arc<AddressRules>>,
}

/// A name that is not dialled. One bad address among good ones is reason enough: the next look-up may give only it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NameRefused {
    #[error("{host} resolves to an address that is refused: {cause}")]
    Address { host: String, cause: AddressRefused },
    #[error("{host} has no address")]
    NoAddress { host: String },
}

impl CheckedResolver {
    /// Refuses a name that resolves here to an address that may not be dialled. One that does not resolve here is the business of the
    /// proxy that resolves it.
    pub(crate) async fn judge(&self, host: &str) -> Result<(), NameRefused> {
        let (Some(rules), Ok(addresses)) = (&self.rules, self.resolver.resolve(host).await) else { return Ok(()) };
        addresses
            .into_iter()
            .try_for_each(|address| rules.check(address))
            .map_err(|cause| NameRefused::Address { host: host.to_owned(), cause })
    }

    async fn resolve_checked(self, host: String) -> Result<Addrs, Box<dyn std::error::Error + Send + Sync>> {
        let addresses = self.resolver.resolve(&host).await?;
        if addresses.is_empty() {
            return Err(NameRefused::NoAddress { host }.into());
        }
        if let Some(rules) = &self.rules {
            for address in &addresses {
                if let Err(cause) = rules.check(*address) {
                    return Err(NameRefused::Address { host, cause }.into());
                }
            }
        }
        // The client replaces port 0 by the port of the URL.
        Ok(Box::new(addresses.into_iter().map(|address| SocketAddr::new(address, 0))))
    }
}

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(self.clone().resolve_checked(name.as_str().to_owned()))
    }
}
