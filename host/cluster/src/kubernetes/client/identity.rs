//! Whom requests are made as.

use orangery_core::Owner;
use std::fmt;

/// The identity that requests are made with.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Identity {
    /// The operator's own account.
    Operator,
    /// A service account that the operator impersonates.
    ServiceAccount {
        /// Namespace of the set and of the account.
        namespace: String,
        /// Name of the account.
        name: String,
    },
}

impl Identity {
    pub(crate) fn of(owner: &Owner) -> Self {
        match &owner.service_account {
            None => Self::Operator,
            Some(name) => Self::ServiceAccount { namespace: owner.name.namespace.clone(), name: name.clone() },
        }
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operator => f.write_str("the operator"),
            Self::ServiceAccount { namespace, name } => write!(f, "service account {namespace}/{name}"),
        }
    }
}
