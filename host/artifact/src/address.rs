//! Where an artifact is: `oci://HOST[:PORT]/REPOSITORY[:TAG][@sha256:DIGEST]`.

use crate::digest;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// What every address begins with.
const SCHEME: &str = "oci://";
/// The tag of an address that names none.
const LATEST: &str = "latest";

/// The address of an artifact, or of a repository with artifacts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    host: String,
    repository: String,
    tag: Option<String>,
    digest: Option<String>,
}

/// A text is not the address of an artifact.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not the address of an artifact: {why}; write oci://HOST/REPOSITORY:TAG")]
pub struct AddressError {
    text: String,
    why: &'static str,
}

impl Address {
    /// Host and perhaps a port.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The repository on the host, without a tag.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.repository
    }

    /// `HOST/REPOSITORY`.
    #[must_use]
    pub fn repository(&self) -> String {
        format!("{}/{}", self.host, self.repository)
    }

    /// The tag; `latest` if neither a tag nor a digest is named.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        match (&self.tag, &self.digest) {
            (Some(tag), _) => Some(tag),
            (None, Some(_)) => None,
            (None, None) => Some(LATEST),
        }
    }

    /// The digest, if the address pins one.
    #[must_use]
    pub fn digest(&self) -> Option<&str> {
        self.digest.as_deref()
    }

    /// The same repository, at a tag.
    ///
    /// # Errors
    /// It is not a tag.
    pub fn at_tag(&self, tag: &str) -> Result<Self, AddressError> {
        if !is_tag(tag) {
            return Err(AddressError {
                text: tag.to_owned(),
                why: "a tag has up to 128 letters, digits, dots, dashes and underscores, and begins with none of the former two",
            });
        }
        Ok(Self { tag: Some(tag.to_owned()), digest: None, ..self.clone() })
    }

    /// Whether the host is this machine, the only one to which plain http is used without being asked for.
    #[must_use]
    pub fn is_on_this_machine(&self) -> bool {
        let name = match self.host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
            _ => &self.host,
        };
        let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        name == "localhost" || address.is_ok_and(|address| address.is_loopback())
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let refuse = |why| AddressError { text: text.to_owned(), why };
        let rest = text.strip_prefix(SCHEME).ok_or_else(|| refuse("it does not begin with oci://"))?;
        let (host, rest) = rest.split_once('/').ok_or_else(|| refuse("it names no repository"))?;
        if host.is_empty() || host.contains(|c: char| !(c.is_ascii_alphanumeric() || ".-:[]".contains(c))) {
            return Err(refuse("the host is not a name or an address"));
        }
        let (rest, digest) = match rest.split_once('@') {
            Some((rest, digest)) if digest::is_sha256(digest) => (rest, Some(digest.to_owned())),
            Some(_) => return Err(refuse("what follows @ is not sha256: and 64 hexadecimal digits")),
            None => (rest, None),
        };
        let (repository, tag) = match rest.split_once(':') {
            Some((repository, tag)) if is_tag(tag) => (repository, Some(tag.to_owned())),
            Some(_) => return Err(refuse("what follows the colon is not a tag")),
            None => (rest, None),
        };
        if !repository.split('/').all(is_part) {
            return Err(refuse("a repository has lower-case letters, digits, and single separators between them"));
        }
        Ok(Self { host: host.to_owned(), repository: repository.to_owned(), tag, digest })
    }
}

impl fmt::Display for Address {
    /// Without the scheme, as registries and Flux write it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.host, self.repository)?;
        if let Some(tag) = self.tag() {
            write!(f, ":{tag}")?;
        }
        self.digest.as_ref().map_or(Ok(()), |digest| write!(f, "@{digest}"))
    }
}

fn is_tag(text: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.len() <= 128 && text.starts_with(word) && text.chars().all(|c| word(c) || c == '.' || c == '-')
}

/// One part of the path of a repository, by the rule of the distribution specification.
fn is_part(text: &str) -> bool {
    let letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    text.starts_with(letter) && text.ends_with(letter) && text.chars().all(|c| letter(c) || "._-".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_and_written() {
        let digest = format!("sha256:{}", "0".repeat(64));
        for (text, tag, written) in [
            ("oci://ghcr.io/org/app".to_owned(), Some("latest"), "ghcr.io/org/app:latest".to_owned()),
            ("oci://localhost:5000/app:main".to_owned(), Some("main"), "localhost:5000/app:main".to_owned()),
            (format!("oci://ghcr.io/app@{digest}"), None, format!("ghcr.io/app@{digest}")),
        ] {
            let address: Address = text.parse().unwrap();
            assert_eq!(address.tag(), tag, "{text}");
            assert_eq!(address.to_string(), written);
        }
    }

    #[test]
    fn what_is_no_address_is_refused_with_the_reason() {
        for (text, why) in [
            ("ghcr.io/org/app", "does not begin with oci://"),
            ("oci://ghcr.io", "names no repository"),
            ("oci://user@ghcr.io/app", "the host is not"),
            ("oci://ghcr.io/App", "lower-case"),
            ("oci://ghcr.io/../app", "lower-case"),
            ("oci://ghcr.io/app:", "not a tag"),
            ("oci://ghcr.io/app@sha256:12", "64 hexadecimal digits"),
        ] {
            let said = text.parse::<Address>().unwrap_err().to_string();
            assert!(said.contains(why) && said.contains("write oci://"), "{said}");
        }
    }

    #[test]
    fn only_loopback_is_this_machine() {
        for (host, local) in [
            ("localhost", true),
            ("localhost:5000", true),
            ("127.0.0.1:80", true),
            ("[::1]:5000", true),
            ("10.0.0.1:5000", false),
            ("localhost.example.com", false),
            ("registry:5000", false),
        ] {
            let address: Address = format!("oci://{host}/app").parse().unwrap();
            assert_eq!(address.is_on_this_machine(), local, "{host}");
        }
    }
}
