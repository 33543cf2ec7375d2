//! The sandbox of this process: built-in plugins, given plugins, what they may reach.

use crate::cli::{CredentialOptions, SandboxOptions};
use crate::failure;
use futures::future::try_join_all;
use orangery_bundled::Bundled;
use orangery_controller::pipeline::provider::access::AccessPolicy;
use orangery_egress::credential::consent::{OriginsRule, PlainHttp, SecretRules};
use orangery_egress::{Egress, EgressError, Loopback, Policy, Proxies, ProxyError, ProxyServer};
use orangery_sandbox::{
    AdmitError, Compiler, EvaluatorSource, Limits, PluginSource, Precompiled, Sandbox, SandboxConfig, Shadowing,
    StartError,
};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// Why the sandbox cannot be made ready.
#[derive(Debug, thiserror::Error)]
pub enum SandboxSetupError {
    /// The HTTP client cannot be built.
    #[error(transparent)]
    Egress(#[from] EgressError),
    /// A proxy cannot be used.
    #[error(transparent)]
    Proxy(#[from] ProxyError),
    /// The sandbox could not be started.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A built-in plugin is missing or refused, which means that the build is broken.
    #[error("built-in plugin {name}: {source}")]
    Bundled {
        /// The name of the plugin.
        name: String,
        /// The reason for the refusal.
        source: Box<AdmitError>,
    },
    /// The file of a plugin cannot be read.
    #[error("cannot read the plugin {}: {source}", path.display())]
    Unreadable {
        /// The path of the component.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// A given plugin is refused.
    #[error("{}: {source}; `orangery plugin check` says more", path.display())]
    Given {
        /// The path of the component.
        path: PathBuf,
        /// The reason for the refusal.
        source: Box<AdmitError>,
    },
}

/// A sandbox with all its plugins.
pub struct SandboxSetup {
    /// The sandbox with all plugins admitted.
    pub sandbox: Sandbox,
    /// The way to the network, for its quotas.
    pub egress: Egress,
}

/// What providers may request, and where their Secrets may be sent.
#[must_use]
pub fn access(options: &SandboxOptions, credentials: CredentialOptions, loopback: Loopback) -> AccessPolicy {
    let origins = if credentials.require_secret_origins { OriginsRule::Required } else { OriginsRule::Optional };
    let plain_http = match loopback {
        _ if credentials.allow_plain_http_credentials => PlainHttp::Allowed,
        Loopback::Allowed => PlainHttp::Loopback,
        Loopback::Refused => PlainHttp::Refused,
    };
    AccessPolicy { grants: options.grants.clone(), secrets: SecretRules { origins, plain_http } }
}

/// Opens the sandbox and admits the plugins: the built-in ones first, then the given ones, which win where that is allowed.
///
/// # Errors
/// See [`SandboxSetupError`].
pub async fn open(
    options: &SandboxOptions,
    loopback: Loopback,
    forbidden: Vec<IpAddr>,
) -> Result<SandboxSetup, SandboxSetupError> {
    let (sandbox, egress) = empty(options, loopback, forbidden)?;
    // Compiling takes seconds if nothing is cached, so all plugins are admitted at the same time.
    try_join_all(orangery_bundled::plugins().iter().map(|bundled| admit_bundled(&sandbox, bundled))).await?;
    admit_given(&sandbox, options).await?;
    Ok(SandboxSetup { sandbox, egress })
}

/// A sandbox that only renders: of the built-in plugins the one with this name alone, or all if there is none such. The
/// HTTP client is not made ready.
///
/// # Errors
/// See [`SandboxSetupError`].
pub async fn open_renderer(options: &SandboxOptions, name: &str) -> Result<Sandbox, SandboxSetupError> {
    // A build renders each input once, so a cache would only take memory.
    let limits = Limits { remembered_bytes: 0, ..Limits::default() };
    let sandbox = start(options, Egress::lazy(Policy::default())?, limits)?;
    match orangery_bundled::plugin(name) {
        Some(bundled) => admit_bundled(&sandbox, &bundled).await?,
        None => {
            try_join_all(orangery_bundled::plugins().iter().map(|bundled| admit_bundled(&sandbox, bundled))).await?;
        }
    }
    admit_given(&sandbox, options).await?;
    Ok(sandbox)
}

async fn admit_bundled(sandbox: &Sandbox, bundled: &Bundled) -> Result<(), SandboxSetupError> {
    let admitted = sandbox.admit_known(bundled.bytes, bundled.digest, PluginSource::bundled("built-in")).await;
    admitted
        .map_err(|source| SandboxSetupError::Bundled { name: bundled.name.to_owned(), source: Box::new(source) })?;
    Ok(())
}

async fn admit_given(sandbox: &Sandbox, options: &SandboxOptions) -> Result<(), SandboxSetupError> {
    let shadowing = if options.allow_shadowing { Shadowing::Allowed } else { Shadowing::Refused };
    for path in &options.plugins {
        let bytes = read(path)?;
        let source = PluginSource::given(path.display().to_string()).shadowing(shadowing);
        let admitted = sandbox.admit(&bytes, source).await;
        admitted.map_err(|source| SandboxSetupError::Given { path: path.clone(), source: Box::new(source) })?;
    }
    Ok(())
}

/// A sandbox without plugins.
///
/// # Errors
/// The engine or the HTTP client does not start.
pub fn empty(
    options: &SandboxOptions,
    loopback: Loopback,
    forbidden: Vec<IpAddr>,
) -> Result<(Sandbox, Egress), SandboxSetupError> {
    let policy = Policy {
        allow_private: options.egress_allow_cidr.clone(),
        loopback,
        forbidden_addresses: forbidden,
        proxies: proxies(options)?,
        ..Policy::default()
    };
    let egress = Egress::new(policy)?;
    Ok((start(options, egress.clone(), Limits::default())?, egress))
}

/// The proxies of providers: what the flag says, else the environment.
fn proxies(options: &SandboxOptions) -> Result<Proxies, ProxyError> {
    let variable = |name: &str| std::env::var(name).ok();
    let Some(given) = &options.egress_proxy else { return Proxies::of_environment(variable) };
    if given.expose() == "none" {
        return Ok(Proxies::default());
    }
    let exempt = Proxies::of_environment(|name| variable(name).filter(|_| name.eq_ignore_ascii_case("NO_PROXY")))?;
    Ok(Proxies::all(ProxyServer::parse("--egress-proxy", given.expose())?, exempt.direct))
}

/// Opens the cache. One that cannot be used costs time at each start, but does not prevent it.
fn start(options: &SandboxOptions, egress: Egress, limits: Limits) -> Result<Sandbox, StartError> {
    let cache_dir = options.plugin_cache.clone().or_else(default_cache);
    let evaluator = orangery_bundled::evaluator();
    let evaluator = EvaluatorSource { bytes: evaluator.bytes, digest: evaluator.digest };
    let (compiler, precompiled) = (Compiler::this_program(), Precompiled::of_this_program());
    let config = SandboxConfig { cache_dir, limits, egress, evaluator, compiler, precompiled };
    match Sandbox::start(config.clone()) {
        Err(StartError::Cache(error)) => {
            let error = failure::tell(&anyhow::Error::new(error));
            tracing::warn!(
                error,
                "plugins are compiled at each start, because the cache of compiled plugins cannot be used"
            );
            Sandbox::start(SandboxConfig { cache_dir: None, ..config })
        }
        other => other,
    }
}

/// Reads a component.
///
/// # Errors
/// The file cannot be read.
pub fn read(path: &Path) -> Result<Vec<u8>, SandboxSetupError> {
    std::fs::read(path).map_err(|source| SandboxSetupError::Unreadable { path: path.to_owned(), source })
}

/// The user's cache folder; without one, plugins are compiled by each process.
fn default_cache() -> Option<PathBuf> {
    let of = |variable: &str| std::env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = of("XDG_CACHE_HOME").or_else(|| of("HOME").map(|home| home.join(".cache")))?;
    Some(base.join("orangery").join("plugins"))
}
