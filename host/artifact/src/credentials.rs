//! Who we are to a registry: `--creds`, else Docker's configuration file with the helpers that it names.

use docker_credential::{CredentialRetrievalError, DockerCredential};
use oci_client::secrets::RegistryAuth;
use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;
use zeroize::Zeroizing;

/// The key of Docker Hub in the configuration file.
const DOCKER_HUB: (&str, &str) = ("docker.io", "https://index.docker.io/v1/");

/// What a registry is told.
#[derive(Clone)]
pub enum Credential {
    /// Nothing.
    Anonymous,
    /// A user and a password.
    Basic(String, Zeroizing<String>),
    /// A token, sent as it is.
    Bearer(Zeroizing<String>),
}

/// Credentials cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// `--creds` is empty.
    #[error("--creds is empty; write USER:PASSWORD, or a token alone")]
    Empty,
    /// Docker's file or one of its helpers.
    #[error("cannot read the credentials of {host} from {}: {why}; mend it, or pass --creds", file.display())]
    Docker {
        /// Host of the registry, with its port if it has one.
        host: String,
        /// The file.
        file: PathBuf,
        /// What went wrong.
        why: String,
    },
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Anonymous => "Anonymous",
            Self::Basic(..) => "Basic(…)",
            Self::Bearer(_) => "Bearer(…)",
        })
    }
}

impl Credential {
    /// `USER:PASSWORD`, or a token without a colon.
    ///
    /// # Errors
    /// There is nothing.
    pub fn of_flag(text: &str) -> Result<Self, CredentialError> {
        match text.split_once(':') {
            _ if text.is_empty() => Err(CredentialError::Empty),
            Some((user, password)) => Ok(Self::Basic(user.to_owned(), Zeroizing::new(password.to_owned()))),
            None => Ok(Self::Bearer(Zeroizing::new(text.to_owned()))),
        }
    }

    /// What Docker's configuration file has for a host: an entry, or what a helper answers. This starts the helper, and blocks.
    ///
    /// # Errors
    /// The file or the helper is broken. Where there is no file, or nothing for this host, the credential is [`Self::Anonymous`].
    pub fn of_docker(host: &str) -> Result<Self, CredentialError> {
        let Some(file) = configuration() else { return Ok(Self::Anonymous) };
        let fail = |why: String| CredentialError::Docker { host: host.to_owned(), file: file.clone(), why };
        let text = match File::open(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::Anonymous),
            Err(error) => return Err(fail(error.to_string())),
        };
        let key = if host == DOCKER_HUB.0 { DOCKER_HUB.1 } else { host };
        match docker_credential::get_credential_from_reader(BufReader::new(text), key) {
            Ok(DockerCredential::UsernamePassword(user, password)) => Ok(Self::Basic(user, Zeroizing::new(password))),
            Ok(DockerCredential::IdentityToken(_)) => {
                Err(fail("it has an identity token, which only Docker can exchange for access".to_owned()))
            }
            Err(CredentialRetrievalError::NoCredentialConfigured) => Ok(Self::Anonymous),
            // What the protocol of helpers has for "nothing stored".
            Err(CredentialRetrievalError::HelperFailure { stdout, .. }) if stdout.contains("not found") => {
                Ok(Self::Anonymous)
            }
            Err(CredentialRetrievalError::HelperFailure { helper, stdout, stderr }) => {
                let said = format!("{} {}", stdout.trim(), stderr.trim());
                Err(fail(format!("{helper} failed: {}", said.trim())))
            }
            Err(CredentialRetrievalError::HelperCommunicationError) => {
                Err(fail("the credential helper that it names cannot be started".to_owned()))
            }
            Err(CredentialRetrievalError::ConfigReadError) => Err(fail("it is not Docker's JSON".to_owned())),
            Err(error) => Err(fail(error.to_string())),
        }
    }

    pub(crate) fn auth(&self) -> RegistryAuth {
        match self {
            Self::Anonymous => RegistryAuth::Anonymous,
            Self::Basic(user, password) => RegistryAuth::Basic(user.clone(), password.to_string()),
            Self::Bearer(token) => RegistryAuth::Bearer(token.to_string()),
        }
    }
}

/// `$DOCKER_CONFIG/config.json`, else `~/.docker/config.json`.
fn configuration() -> Option<PathBuf> {
    let folder = std::env::var_os("DOCKER_CONFIG").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".docker"));
    folder.or_else(home).map(|folder| folder.join("config.json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colon_divides_user_and_password_and_a_token_has_none() {
        assert!(matches!(Credential::of_flag("ci:pass:word"), Ok(Credential::Basic(user, password))
            if user == "ci" && password.as_str() == "pass:word"));
        assert!(matches!(Credential::of_flag("abc"), Ok(Credential::Bearer(token)) if token.as_str() == "abc"));
        assert!(Credential::of_flag("").unwrap_err().to_string().contains("USER:PASSWORD"));
    }

    #[test]
    fn a_credential_is_not_printed() {
        let printed = format!("{:?} {:?}", Credential::of_flag("ci:secret"), Credential::of_flag("secret"));
        assert!(!printed.contains("secret"), "{printed}");
    }
}
