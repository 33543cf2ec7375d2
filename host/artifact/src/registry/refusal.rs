//! What a registry's refusal means, and what to do about it.

use crate::Address;
use crate::manifest::{CONFIGURATION, CONTENT};
use oci_client::errors::OciDistributionError;
use serde::Deserialize;
use serde_json::Value;
use std::error::Error;
use std::time::Duration;

/// The most of an answer that is repeated in an error.
const SAID: usize = 300;

/// A registry refuses, or cannot be reached.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// No credentials, or not the right ones.
    #[error(
        "{action}: {host} wants other credentials; log in with `docker login {host}`, or pass --creds USER:PASSWORD with the right to \
         do this"
    )]
    Unauthorized {
        /// The operation that failed, as the message names it.
        action: String,
        /// Host of the registry, with its port if it has one.
        host: String,
    },
    /// There is no such thing.
    #[error(
        "{action}: it is not there ({said}); `orangery artifact list oci://{repository}` prints the tags there are"
    )]
    NotFound {
        /// The operation that failed, as the message names it.
        action: String,
        /// The repository.
        repository: String,
        /// The registry's words.
        said: String,
    },
    /// A registry that takes only images.
    #[error(
        "{action}: {host} refuses the manifest ({said}): it takes only media types that it knows; add {CONFIGURATION} and {CONTENT} to \
         the list of those that it allows, or use another registry"
    )]
    ManifestInvalid {
        /// The operation that failed, as the message names it.
        action: String,
        /// Host of the registry, with its port if it has one.
        host: String,
        /// The registry's words.
        said: String,
    },
    /// Any other answer.
    #[error("{action}: {host} refuses it: {said}")]
    Refused {
        /// The operation that failed, as the message names it.
        action: String,
        /// Host of the registry, with its port if it has one.
        host: String,
        /// The registry's words.
        said: String,
    },
    /// No request can be made at all.
    #[error(
        "cannot make a client for registries: {0}; look at the certificates of this machine and at its proxy variables"
    )]
    NoClient(String),
    /// No answer.
    #[error("{action}: {host} cannot be reached: {why}")]
    Unreachable {
        /// The operation that failed, as the message names it.
        action: String,
        /// Host of the registry, with its port if it has one.
        host: String,
        /// The innermost cause.
        why: String,
    },
    /// The time is over.
    #[error("{action}: gave up after {} s (--timeout); the last attempt: {last}", after.as_secs())]
    TimedOut {
        /// The operation that failed, as the message names it.
        action: String,
        /// The time-out of the command.
        after: Duration,
        /// Why the attempt before failed.
        last: String,
    },
    /// Other bytes than those that were asked for.
    #[error("{action}: the registry sent something else, with the digest {found}")]
    WrongDigest {
        /// The operation that failed, as the message names it.
        action: String,
        /// The digest of what came.
        found: String,
    },
    /// More than is read.
    #[error("{action}: refused, it has {size} bytes and at most {most} are read; if that is meant, raise --max-size")]
    TooLarge {
        /// The operation that failed, as the message names it.
        action: String,
        /// Its size.
        size: u64,
        /// The limit.
        most: u64,
    },
}

impl RegistryError {
    pub(super) fn of(action: &str, address: &Address, error: OciDistributionError) -> Self {
        let (action, host) = (action.to_owned(), address.host().to_owned());
        match error {
            OciDistributionError::UnauthorizedError { .. } => Self::Unauthorized { action, host },
            OciDistributionError::AuthenticationFailure(said) if said.is_empty() => Self::Unauthorized { action, host },
            OciDistributionError::RegistryError { envelope, .. } => {
                let answer = serde_json::to_value(&envelope).and_then(serde_json::from_value::<Answer>);
                match answer {
                    Ok(answer) => Self::of_answer(action, address, &answer),
                    Err(_) => Self::Refused { action, host, said: shortened(&envelope.to_string()) },
                }
            }
            OciDistributionError::ServerError { code, message, .. } => match serde_json::from_str::<Answer>(&message) {
                Ok(answer) => Self::of_answer(action, address, &answer),
                Err(_) => Self::of_status(action, address, code, &message),
            },
            OciDistributionError::RequestError(error) => match error.status() {
                Some(status) => Self::of_status(action, address, status.as_u16(), ""),
                None => Self::Unreachable { action, host, why: innermost(&error) },
            },
            OciDistributionError::IoError(error) => Self::Unreachable { action, host, why: innermost(&error) },
            other => Self::Refused { action, host, said: shortened(&other.to_string()) },
        }
    }

    /// The refusal that a status stands for, where the answer says nothing that can be read.
    fn of_status(action: String, address: &Address, code: u16, said: &str) -> Self {
        let host = address.host().to_owned();
        match code {
            401 | 403 => Self::Unauthorized { action, host },
            404 => Self::NotFound { action, repository: address.repository(), said: shortened(said) },
            _ => {
                Self::Refused { action, host, said: format!("status {code} {}", shortened(said)).trim_end().to_owned() }
            }
        }
    }

    /// The refusal that the errors in an answer stand for.
    fn of_answer(action: String, address: &Address, answer: &Answer) -> Self {
        let host = address.host().to_owned();
        let has = |codes: &[&str]| answer.errors.iter().any(|error| codes.contains(&error.code.as_str()));
        let said = shortened(&answer.errors.iter().map(Said::told).collect::<Vec<_>>().join("; "));
        if has(&["MANIFEST_INVALID"]) {
            Self::ManifestInvalid { action, host, said }
        } else if has(&["UNAUTHORIZED", "DENIED"]) {
            Self::Unauthorized { action, host }
        } else if has(&["MANIFEST_UNKNOWN", "NAME_UNKNOWN", "NOT_FOUND", "BLOB_UNKNOWN"]) {
            Self::NotFound { action, repository: address.repository(), said }
        } else {
            Self::Refused { action, host, said }
        }
    }
}

/// The answer of a registry that refuses. Its codes are texts here: registries have more of them than the specification.
#[derive(Deserialize)]
struct Answer {
    errors: Vec<Said>,
}

#[derive(Deserialize)]
struct Said {
    code: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    detail: Value,
}

impl Said {
    fn told(&self) -> String {
        let Self { code, message, detail } = self;
        match detail {
            Value::Null => format!("{code}: {message}"),
            detail => format!("{code}: {message} {detail}"),
        }
    }
}

/// What the system said; the layers above it repeat the URL.
fn innermost(error: &dyn Error) -> String {
    let mut inner: &dyn Error = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}

/// One line of a registry's words, without what would move a cursor.
fn shortened(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SAID).collect();
    line.trim().to_owned()
}
