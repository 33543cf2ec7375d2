//! Proxies: which request goes by which one, and what then still holds of the address rules.
//!
//! | proxy | may have | names of targets |
//! |---|---|---|
//! | of the policy (the operator's) | any address | refused if they resolve here to an address that is refused; what does not resolve here is left to the proxy |
//! | of a session (a tenant's) | an address that the session may dial | the same |
//!
//! # Guarantees
//! A target that is written as an address is judged as without a proxy. To https targets the proxy is a tunnel: it sees neither
//! credentials nor answers. Over plain http no credential goes through the proxy of a tenant.

mod exemptions;

pub use exemptions::NoProxy;

use std::collections::BTreeMap;
use std::fmt;

use url::Url;

use crate::request::origin::{Origin, Scheme};
use crate::request::target::{Target, UrlRefusal};
use crate::secret::fingerprint::{Fingerprint, FingerprintKey};
use crate::secret::text::{SecretText, SecretTextError};

/// One proxy, with the credentials that it asks for.
#[derive(Clone, PartialEq, Eq)]
pub struct ProxyServer {
    target: Target,
    login: Option<Login>,
}

#[derive(Clone, PartialEq, Eq)]
struct Login {
    username: String,
    password: SecretText,
}

/// Why a proxy cannot be used. Never says a credential.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProxyError {
    /// Not the address of an HTTP proxy.
    #[error(
        "{given} is no HTTP proxy: write http://HOST:PORT or https://HOST:PORT, with USERNAME:PASSWORD@ before the host if it asks for it: {cause}"
    )]
    Address {
        /// The flag, the variable or the key.
        given: String,
        /// What is wrong.
        cause: ProxyAddressError,
    },
    /// A key of the Secret is absent.
    #[error("invalid secret '{secret}': key '{key}' is missing")]
    Missing {
        /// `namespace/name`.
        secret: String,
        /// The key.
        key: &'static str,
    },
    /// A key of the Secret cannot be used.
    #[error("invalid secret '{secret}': key '{key}' {cause}")]
    Key {
        /// `namespace/name`.
        secret: String,
        /// The key.
        key: &'static str,
        /// What is wrong.
        cause: SecretTextError,
    },
}

/// What is wrong with the address of a proxy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProxyAddressError {
    /// Not an http(s) URL.
    #[error(transparent)]
    Url(#[from] UrlRefusal),
    /// It goes on after host and port.
    #[error("nothing may follow the host and port")]
    Path,
    /// A user name without a password, or one that cannot be sent.
    #[error("the user name needs a password, and both must be text")]
    Login,
}

impl ProxyServer {
    /// Reads `[http://][USERNAME:PASSWORD@]HOST[:PORT]`; `given` is the flag or variable, for the error text.
    ///
    /// # Errors
    /// It is no HTTP proxy.
    pub fn parse(given: &str, text: &str) -> Result<Self, ProxyError> {
        let failed = |cause| ProxyError::Address { given: given.to_owned(), cause };
        let text = text.trim();
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        let (login, rest) = match rest.rsplit_once('@') {
            None => (None, rest),
            Some((login, rest)) => (Some(Login::decoded(login).ok_or_else(|| failed(ProxyAddressError::Login))?), rest),
        };
        let target = Target::parse(&format!("{scheme}://{rest}")).map_err(|cause| failed(cause.into()))?;
        if target.path() != "/" || target.url().query().is_some() {
            return Err(failed(ProxyAddressError::Path));
        }
        Ok(Self { target, login })
    }

    /// Reads the data of a Secret as Flux's `proxySecretRef` names it: `address`, and `username` with `password` if the proxy asks
    /// for them. `secret` is `namespace/name`, for the error texts.
    ///
    /// # Errors
    /// A key is missing or cannot be used.
    pub fn from_secret(secret: &str, data: &BTreeMap<String, Vec<u8>>) -> Result<Self, ProxyError> {
        let key = |key: &'static str| {
            let value = data.get(key).filter(|value| !value.is_empty());
            let text = value.map(|value| SecretText::line(value)).transpose();
            text.map_err(|cause| ProxyError::Key { secret: secret.to_owned(), key, cause })
        };
        let missing = |key| ProxyError::Missing { secret: secret.to_owned(), key };
        let address = key("address")?.ok_or(missing("address"))?;
        let server = Self::parse(&format!("key 'address' of secret '{secret}'"), address.expose())?;
        let login = match (key("username")?, key("password")?) {
            (None, None) => server.login,
            (None, Some(_)) => return Err(missing("username")),
            (Some(_), None) => return Err(missing("password")),
            (Some(username), Some(password)) => Some(Login { username: username.expose().to_owned(), password }),
        };
        Ok(Self { login, ..server })
    }

    /// Who it is, without credentials.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        self.target.origin()
    }

    pub(crate) const fn target(&self) -> &Target {
        &self.target
    }

    pub(crate) fn password(&self) -> Option<&SecretText> {
        self.login.as_ref().map(|login| &login.password)
    }

    /// As the HTTP client takes it.
    pub(crate) fn for_client(&self) -> reqwest::Result<reqwest::Proxy> {
        let proxy = reqwest::Proxy::all(Url::clone(self.target.url()))?;
        Ok(match &self.login {
            None => proxy,
            Some(Login { username, password }) => proxy.basic_auth(username, password.expose()),
        })
    }

    pub(crate) fn fingerprint(&self, key: &FingerprintKey) -> Fingerprint {
        let (username, password) =
            self.login.as_ref().map_or(("", ""), |login| (login.username.as_str(), login.password.expose()));
        let origin = self.origin().to_string();
        key.of([b"proxy".as_slice(), origin.as_bytes(), username.as_bytes(), password.as_bytes()])
    }
}

impl fmt::Debug for ProxyServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.origin(), f)
    }
}

impl Login {
    /// `username:password`, each percent-encoded.
    fn decoded(text: &str) -> Option<Self> {
        let (username, password) = text.split_once(':')?;
        let username = String::from_utf8(percent_decoded(username)).ok()?;
        let password = SecretText::line(&percent_decoded(password)).ok()?;
        Some(Self { username, password }).filter(|login| !login.username.chars().any(char::is_control))
    }
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend_from_slice(before.as_bytes());
        match after.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(b'%');
                rest = after;
            }
        }
    }
    bytes.extend_from_slice(rest.as_bytes());
    bytes
}

/// The proxies of a process, and what they are not used for.
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    /// For http.
    pub http: Option<ProxyServer>,
    /// For https.
    pub https: Option<ProxyServer>,
    /// What is dialled directly.
    pub direct: NoProxy,
}

impl Proxies {
    /// One proxy for everything but what is exempt.
    #[must_use]
    pub fn all(server: ProxyServer, direct: NoProxy) -> Self {
        Self { http: Some(server.clone()), https: Some(server), direct }
    }

    /// What the variables `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` say, in capitals or not. `variable` reads one.
    ///
    /// # Errors
    /// One is no HTTP proxy; the error names it.
    pub fn of_environment(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ProxyError> {
        let either = |name: &str| {
            let names = [name.to_owned(), name.to_ascii_lowercase()];
            names.into_iter().find_map(|name| {
                let value = variable(&name).filter(|value| !value.trim().is_empty())?;
                Some((name, value))
            })
        };
        let server = |name| either(name).map(|(name, value)| ProxyServer::parse(&name, &value)).transpose();
        let direct = either("NO_PROXY").map(|(_, value)| NoProxy::parse(&value)).unwrap_or_default();
        Ok(Self { http: server("HTTP_PROXY")?, https: server("HTTPS_PROXY")?, direct })
    }

    /// The proxy for this origin; none if it is dialled directly.
    pub(crate) fn of(&self, origin: &Origin) -> Option<&ProxyServer> {
        let server = match origin.scheme() {
            Scheme::Http => self.http.as_ref(),
            Scheme::Https => self.https.as_ref(),
        }?;
        (!self.direct.covers(origin)).then_some(server)
    }
}

#[cfg(test)]
mod tests;
