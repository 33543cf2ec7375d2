//! The kinds of custom resources that commands are about, and the words that name them.

use kube::core::ApiResource;
use orangery_api::{ResourceSet, ResourceSetInputProvider};

/// One of our kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// The kind `ResourceSet`.
    Set,
    /// The kind `ResourceSetInputProvider`.
    Provider,
}

/// A word that names no kind of ours.
#[derive(Debug, thiserror::Error)]
#[error("{0} is not a kind of Orangery; the kinds are ResourceSet (rset) and ResourceSetInputProvider (rsip)")]
pub(super) struct UnknownKind(String);

/// A text that is not `Kind/name`.
#[derive(Debug, thiserror::Error)]
pub(super) enum InvalidReference {
    /// There is no slash, or nothing on one side of it.
    #[error("{0} is not of the form Kind/name, such as ResourceSet/previews")]
    Form(String),
    /// The kind is not ours.
    #[error(transparent)]
    Kind(#[from] UnknownKind),
}

impl Kind {
    /// Both kinds, sets first.
    pub(super) const ALL: [Self; 2] = [Self::Set, Self::Provider];

    /// The Kubernetes kind.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Set => "ResourceSet",
            Self::Provider => "ResourceSetInputProvider",
        }
    }

    /// The kind with this name, plural or short name, whatever its case.
    pub(super) fn parse(text: &str) -> Result<Self, UnknownKind> {
        match text.to_ascii_lowercase().as_str() {
            "resourceset" | "resourcesets" | "rset" => Ok(Self::Set),
            "resourcesetinputprovider" | "resourcesetinputproviders" | "inputprovider" | "rsip" => Ok(Self::Provider),
            _ => Err(UnknownKind(text.to_owned())),
        }
    }

    /// Parses an argument of the form `Kind/name`.
    pub(super) fn parse_reference(text: &str) -> Result<(Self, &str), InvalidReference> {
        let (kind, name) = text
            .split_once('/')
            .filter(|(kind, name)| !kind.is_empty() && !name.is_empty() && !name.contains('/'))
            .ok_or_else(|| InvalidReference::Form(text.to_owned()))?;
        Ok((Self::parse(kind)?, name))
    }

    /// Where the API server serves it.
    pub(super) fn resource(self) -> ApiResource {
        match self {
            Self::Set => ApiResource::erase::<ResourceSet>(&()),
            Self::Provider => ApiResource::erase::<ResourceSetInputProvider>(&()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_named_as_kubectl_names_it() {
        for kind in Kind::ALL {
            let resource = kind.resource();
            for word in [kind.as_str(), resource.plural.as_str()] {
                assert_eq!(Kind::parse(word).unwrap(), kind);
            }
        }
        assert!(Kind::parse("Kustomization").unwrap_err().to_string().contains("rsip"));
    }

    #[test]
    fn a_reference_is_a_kind_and_a_name() {
        assert_eq!(Kind::parse_reference("rset/apps").unwrap(), (Kind::Set, "apps"));
        for text in ["apps", "/apps", "rset/", "rset/a/b", "HelmRelease/a"] {
            assert!(Kind::parse_reference(text).is_err(), "{text}");
        }
    }
}
