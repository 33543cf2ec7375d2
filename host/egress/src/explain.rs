//! The reasons and dispositions of the errors that reach conditions and events.
//!
//! [`crate::HttpError`] is not among them: the plugin gets it, and decides which error it means.

use orangery_core::{Disposition, Explain, Reason};

use crate::connection::tls::TlsError;
use crate::credential::CredentialError;
use crate::credential::consent::ConsentError;
use crate::request::grant::GrantError;
use crate::request::target::OriginError;
use crate::session::egress::EgressError;

impl Explain for CredentialError {
    fn reason(&self) -> Reason {
        match self {
            Self::NoShape { .. }
            | Self::Reserved { .. }
            | Self::Declared { .. }
            | Self::Missing { .. }
            | Self::Value { .. }
            | Self::Installation { .. }
            | Self::App { .. } => Reason::CredentialUnavailable,
        }
    }

    fn disposition(&self) -> Disposition {
        match self {
            Self::NoShape { .. }
            | Self::Reserved { .. }
            | Self::Declared { .. }
            | Self::Missing { .. }
            | Self::Value { .. }
            | Self::Installation { .. }
            | Self::App { .. } => Disposition::WaitForChange,
        }
    }
}

impl Explain for ConsentError {
    fn reason(&self) -> Reason {
        match self {
            Self::Annotation { .. }
            | Self::NotNamed { .. }
            | Self::Unnamed { .. }
            | Self::Type { .. }
            | Self::PlainHttp { .. }
            | Self::App { .. } => Reason::CredentialUnavailable,
        }
    }

    fn disposition(&self) -> Disposition {
        match self {
            Self::Annotation { .. }
            | Self::NotNamed { .. }
            | Self::Unnamed { .. }
            | Self::Type { .. }
            | Self::PlainHttp { .. }
            | Self::App { .. } => Disposition::WaitForChange,
        }
    }
}

impl Explain for TlsError {
    fn reason(&self) -> Reason {
        match self {
            Self::Missing { .. }
            | Self::Nothing { .. }
            | Self::Certificate { .. }
            | Self::Identity { .. }
            | Self::Replace { .. } => Reason::CredentialUnavailable,
        }
    }

    fn disposition(&self) -> Disposition {
        match self {
            Self::Missing { .. }
            | Self::Nothing { .. }
            | Self::Certificate { .. }
            | Self::Identity { .. }
            | Self::Replace { .. } => Disposition::WaitForChange,
        }
    }
}

impl Explain for GrantError {
    fn reason(&self) -> Reason {
        match self {
            Self::Method(_) | Self::Url(_) | Self::Wildcard | Self::Query => Reason::InvalidSpec,
        }
    }

    fn disposition(&self) -> Disposition {
        match self {
            Self::Method(_) | Self::Url(_) | Self::Wildcard | Self::Query => Disposition::WaitForChange,
        }
    }
}

impl Explain for OriginError {
    fn reason(&self) -> Reason {
        match self {
            Self::Url(_) | Self::Path => Reason::InvalidSpec,
        }
    }

    fn disposition(&self) -> Disposition {
        match self {
            Self::Url(_) | Self::Path => Disposition::WaitForChange,
        }
    }
}

impl Explain for EgressError {
    fn reason(&self) -> Reason {
        match self {
            Self::Client(_) => Reason::InvalidSpec,
        }
    }

    fn disposition(&self) -> Disposition {
        match self {
            Self::Client(_) => Disposition::WaitForChange,
        }
    }
}
