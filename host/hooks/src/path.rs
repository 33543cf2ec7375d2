//! The path of a hook: nobody finds it without the token.

use sha2::{Digest, Sha256};
use std::fmt;
use std::fmt::Write as _;

/// Before the digest.
const PREFIX: &str = "/hook/";

/// The path at which deliveries for one receiver arrive.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HookPath(String);

impl HookPath {
    /// That of a Receiver of Flux: the SHA-256 of token, name and namespace, without anything between them.
    #[must_use]
    pub fn of_receiver(token: &[u8], name: &str, namespace: &str) -> Self {
        Self::digest([token, name.as_bytes(), namespace.as_bytes()])
    }

    /// That of a ResourceSetInputProvider which has a hook of its own. It is never that of a Receiver with the same token and name:
    /// no namespace contains a slash.
    #[must_use]
    pub fn of_provider(token: &[u8], name: &str, namespace: &str) -> Self {
        Self::digest([token, name.as_bytes(), namespace.as_bytes(), b"/ResourceSetInputProvider"])
    }

    fn digest<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update(part);
        }
        let mut path = PREFIX.to_owned();
        for byte in hash.finalize() {
            // Writing to a String cannot fail.
            let _ = write!(path, "{byte:02x}");
        }
        Self(path)
    }

    /// The path, with the leading slash.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for HookPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_e8_paths_are_those_of_notification_controller() {
        let path = HookPath::of_receiver(b"mytoken", "gitlab-receiver", "app-preview");
        assert_eq!(path.as_str(), "/hook/d42c6fd73d37d29859a85bb47d4d4b6999ba26e5160ebba8ee9f435ae339f53b");
        let without_token = HookPath::of_receiver(b"", "gitlab-webapp", "flux-system");
        assert_eq!(without_token.as_str(), "/hook/9d7beffceefc8c676b82f7f7ea94e516dd0d30e1c96948cf2a0b62bf9eb5e9e8");
    }

    #[test]
    fn a_provider_has_another_path_than_a_receiver_of_its_name() {
        let (token, name, namespace) = (b"mytoken".as_slice(), "app", "apps");
        assert_ne!(HookPath::of_provider(token, name, namespace), HookPath::of_receiver(token, name, namespace));
        assert_ne!(HookPath::of_provider(token, name, namespace), HookPath::of_provider(b"other", name, namespace));
    }
}
