//! From flags to a registry.

use crate::cli::{LimitOptions, RegistryAccess, RegistryOptions};
use orangery_artifact::credentials::Credential;
use orangery_artifact::registry::PlainHttp;
use orangery_artifact::{Address, Connection, Limits, Registry};

/// The registry of an address, with the credentials of the flags or of Docker's configuration file.
pub(super) async fn registry(address: &Address, options: &RegistryOptions) -> anyhow::Result<Registry> {
    let RegistryOptions { access: RegistryAccess { creds, insecure_registry }, timeout } = options;
    let credential = match creds {
        Some(text) => Credential::of_flag(text)?,
        None => {
            let host = address.host().to_owned();
            // A helper is a process, which may ask its user.
            tokio::task::spawn_blocking(move || Credential::of_docker(&host)).await??
        }
    };
    let plain_http = if *insecure_registry { PlainHttp::Anywhere } else { PlainHttp::ThisMachine };
    Ok(Registry::of(address, &Connection { credential, plain_http, timeout: *timeout })?)
}

/// The limits for an artifact of somebody else.
pub(super) fn limits(options: LimitOptions) -> Limits {
    let unpacked = options.max_size << 20;
    // Manifests compress four times at least, and the default is enough for whatever is small.
    Limits { unpacked, compressed: unpacked.min(Limits::default().compressed.max(unpacked / 4)), ..Limits::default() }
}
