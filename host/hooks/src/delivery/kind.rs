//! The types of Flux's Receivers.

use std::fmt;
use std::str::FromStr;

/// How deliveries of a Receiver are verified: `spec.type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HookKind {
    /// Whoever knows the path.
    Generic,
    /// `X-Signature`, or the header of Gitea or Forgejo.
    GenericHmac,
    /// `X-Hub-Signature-256`, events in `X-GitHub-Event`.
    GitHub,
    /// `X-Gitlab-Token`, events in `X-Gitlab-Event`.
    GitLab,
    /// `X-Hub-Signature` of Bitbucket Server, events in `X-Event-Key`.
    Bitbucket,
}

/// A `spec.type` that is not served.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "receiver type {0:?} is not supported here; supported are bitbucket, generic, generic-hmac, github and gitlab: \
     use generic-hmac where the sender can sign, generic where it cannot, or let notification-controller serve it"
)]
pub struct UnknownKind(pub String);

impl HookKind {
    /// The name in `spec.type`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Generic => "generic",
            Self::GenericHmac => "generic-hmac",
            Self::GitHub => "github",
            Self::GitLab => "gitlab",
            Self::Bitbucket => "bitbucket",
        }
    }

    /// The header that names the event, where the type has events.
    pub(super) fn event_header(self) -> Option<&'static str> {
        match self {
            Self::Generic | Self::GenericHmac => None,
            Self::GitHub => Some("X-GitHub-Event"),
            Self::GitLab => Some("X-Gitlab-Event"),
            Self::Bitbucket => Some("X-Event-Key"),
        }
    }
}

impl fmt::Display for HookKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for HookKind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Generic, Self::GenericHmac, Self::GitHub, Self::GitLab, Self::Bitbucket]
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| UnknownKind(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_that_need_a_payload_of_their_own_are_refused_by_name() {
        assert_eq!("generic-hmac".parse(), Ok(HookKind::GenericHmac));
        for other in ["harbor", "dockerhub", "quay", "gcr", "nexus", "acr", "cdevents", "generic-oidc", "GitHub", ""] {
            let refused = other.parse::<HookKind>().unwrap_err();
            assert!(refused.to_string().contains(&format!("receiver type {other:?}")), "{refused}");
        }
    }
}
