//! TLS settings of one consumer: the certificates that it trusts, and the client certificate that it presents.
//!
//! Verification cannot be turned off.

use std::collections::BTreeMap;
use std::fmt;

use reqwest::{Certificate, ClientBuilder, Identity};
use zeroize::Zeroizing;

use crate::secret::fingerprint::{Fingerprint, FingerprintKey};
use crate::secret::text::SecretText;

/// Trusted certificates and a client certificate. The default trusts the system's root certificates and presents
/// none.
#[derive(Clone, Default)]
pub struct TlsSettings {
    trust: Trust,
    identity: Option<ClientCertificate>,
}

/// A certificate and its private key, both in PEM form.
#[derive(Clone)]
struct ClientCertificate {
    certificate: Vec<u8>,
    key: SecretText,
}

#[derive(Clone, Default, PartialEq, Eq)]
enum Trust {
    #[default]
    System,
    SystemAnd(Vec<u8>),
    Only(Vec<u8>),
}

/// The error of a TLS Secret. It names the Secret and the key, never a value.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A key is missing.
    #[error("invalid secret '{secret}': key '{key}' is missing")]
    Missing {
        /// The Secret, as `namespace/name`.
        secret: String,
        /// The missing key.
        key: &'static str,
    },
    /// The Secret has none of the keys.
    #[error("invalid secret '{secret}': it has neither 'ca.crt' nor 'tls.crt' and 'tls.key'")]
    Nothing {
        /// The Secret, as `namespace/name`.
        secret: String,
    },
    /// A value is not PEM, or has no certificates.
    #[error("invalid secret '{secret}': key '{key}' holds no certificate in PEM form")]
    Certificate {
        /// The Secret, as `namespace/name`.
        secret: String,
        /// The key with that value.
        key: &'static str,
    },
    /// The certificate does not belong to the private key.
    #[error(
        "invalid secret '{secret}': keys 'tls.crt' and 'tls.key' are not a matching certificate and private key in PEM form"
    )]
    Identity {
        /// The Secret, as `namespace/name`.
        secret: String,
    },
    /// The value of `replace` is neither true nor false.
    #[error("invalid secret '{secret}': key 'replace' must be \"true\" or \"false\", and needs 'ca.crt'")]
    Replace {
        /// The Secret, as `namespace/name`.
        secret: String,
    },
}

/// Reads TLS settings from the data of a Secret; `secret` is `namespace/name`, for the error texts.
///
/// Keys: `ca.crt`; `tls.crt` with `tls.key`; the older `caFile`, `certFile`, `keyFile` where those are absent. A CA is
/// added to the system's roots, or is trusted alone if `replace` is `"true"`.
///
/// # Errors
/// The Secret holds nothing usable, or a value that is not usable.
pub fn from_secret(secret: &str, data: &BTreeMap<String, Vec<u8>>) -> Result<TlsSettings, TlsError> {
    let secret = secret.to_owned();
    let either = |new: &str, old: &str| data.get(new).or_else(|| data.get(old)).filter(|value| !value.is_empty());
    let ca = either("ca.crt", "caFile");
    let (certificate, key) = (either("tls.crt", "certFile"), either("tls.key", "keyFile"));

    if let Some(ca) = ca
        && !Certificate::from_pem_bundle(ca).is_ok_and(|all| !all.is_empty())
    {
        return Err(TlsError::Certificate { secret, key: "ca.crt" });
    }
    let replace = data.get("replace").map(|value| value.trim_ascii());
    let trust = match (ca, replace) {
        (Some(ca), Some(b"true")) => Trust::Only(ca.clone()),
        (Some(ca), None | Some(b"false")) => Trust::SystemAnd(ca.clone()),
        (None, None | Some(b"false")) => Trust::System,
        _ => return Err(TlsError::Replace { secret }),
    };
    let identity = match (certificate, key) {
        (None, None) if ca.is_none() => return Err(TlsError::Nothing { secret }),
        (None, None) => None,
        (Some(_), None) => return Err(TlsError::Missing { secret, key: "tls.key" }),
        (None, Some(_)) => return Err(TlsError::Missing { secret, key: "tls.crt" }),
        (Some(certificate), Some(key)) => {
            let key = SecretText::block(key).map_err(|_| TlsError::Identity { secret: secret.clone() })?;
            Some(ClientCertificate { certificate: certificate.clone(), key })
        }
    };
    let settings = TlsSettings { trust, identity };
    // Building a client finds a private key that does not match its certificate now, and not at the first request.
    if settings.identity.is_some() && settings.apply(reqwest::Client::builder()).and_then(ClientBuilder::build).is_err()
    {
        return Err(TlsError::Identity { secret });
    }
    Ok(settings)
}

impl TlsSettings {
    pub(crate) fn apply(&self, builder: ClientBuilder) -> reqwest::Result<ClientBuilder> {
        let builder = match &self.trust {
            Trust::System => builder,
            Trust::SystemAnd(ca) => builder.tls_certs_merge(Certificate::from_pem_bundle(ca)?),
            Trust::Only(ca) => builder.tls_certs_only(Certificate::from_pem_bundle(ca)?),
        };
        Ok(match &self.identity {
            None => builder,
            Some(ClientCertificate { certificate, key }) => {
                let pem = Zeroizing::new([certificate.as_slice(), b"\n", key.expose().as_bytes()].concat());
                builder.identity(Identity::from_pem(&pem)?)
            }
        })
    }

    pub(crate) fn needs_system_roots(&self) -> bool {
        !matches!(self.trust, Trust::Only(_))
    }

    pub(crate) fn private_key(&self) -> Option<&SecretText> {
        self.identity.as_ref().map(|identity| &identity.key)
    }

    pub(crate) fn fingerprint(&self, key: &FingerprintKey) -> Fingerprint {
        let (how, ca): (&[u8], &[u8]) = match &self.trust {
            Trust::System => (b"system", b""),
            Trust::SystemAnd(ca) => (b"add", ca),
            Trust::Only(ca) => (b"only", ca),
        };
        let (certificate, private) = match &self.identity {
            None => (b"".as_slice(), ""),
            Some(identity) => (identity.certificate.as_slice(), identity.key.expose()),
        };
        key.of([b"tls", how, ca, certificate, private.as_bytes()])
    }
}

impl fmt::Debug for TlsSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let trust = match self.trust {
            Trust::System => "system",
            Trust::SystemAnd(_) => "system and CA",
            Trust::Only(_) => "CA only",
        };
        f.debug_struct("TlsSettings").field("trust", &trust).field("identity", &self.private_key()).finish()
    }
}
