//! What is synced: an address that sources of the cluster read, or one object.

use orangery_artifact::Address;
use std::str::FromStr;

/// A kind of Flux that can be synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SyncKind {
    /// A source: what a registry has.
    OciRepository,
    /// Applies what a source has.
    Kustomization,
    /// Installs the chart that a source has.
    HelmRelease,
}

impl SyncKind {
    /// As manifests have it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OciRepository => "OCIRepository",
            Self::Kustomization => "Kustomization",
            Self::HelmRelease => "HelmRelease",
        }
    }
}

/// The target of a sync.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// All OCIRepositories that read this address, and what reads them.
    Address(Address),
    /// One object of Flux: a source with what reads it, or what reads one with its source.
    Object(SyncKind, String),
}

/// A text is not a target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// Not an address either.
    #[error(transparent)]
    Address(#[from] orangery_artifact::address::AddressError),
    /// Not an object.
    #[error(
        "{0:?} cannot be synced; write oci://HOST/REPOSITORY:TAG, ocirepository/NAME, kustomization/NAME or helmrelease/NAME"
    )]
    Object(String),
}

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        if text.starts_with("oci://") {
            return Ok(Self::Address(text.parse()?));
        }
        let unknown = || TargetError::Object(text.to_owned());
        let (kind, name) = text.split_once('/').ok_or_else(unknown)?;
        let kind = match kind.to_ascii_lowercase().as_str() {
            "ocirepository" | "ocirepositories" | "oci" => SyncKind::OciRepository,
            "kustomization" | "kustomizations" | "ks" => SyncKind::Kustomization,
            "helmrelease" | "helmreleases" | "hr" => SyncKind::HelmRelease,
            _ => return Err(unknown()),
        };
        if name.is_empty() || name.contains('/') {
            return Err(unknown());
        }
        Ok(Self::Object(kind, name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_an_address_or_an_object() {
        assert!(matches!("oci://ghcr.io/org/app:main".parse(), Ok(Target::Address(_))));
        let kustomization = Target::Object(SyncKind::Kustomization, "app".to_owned());
        assert_eq!("ks/app".parse(), Ok(kustomization.clone()));
        assert_eq!("Kustomization/app".parse(), Ok(kustomization));
        for text in ["app", "gitrepository/app", "ks/", "ks/a/b"] {
            assert!(text.parse::<Target>().unwrap_err().to_string().contains("kustomization/NAME"), "{text}");
        }
        assert!("oci://ghcr.io".parse::<Target>().unwrap_err().to_string().contains("names no repository"));
    }
}
