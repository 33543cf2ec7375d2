//! Errors of the API server.

use orangery_core::GroupVersionKind;
use serde::Deserialize;
use std::error::Error;
use std::fmt;

/// A failed request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// HTTP status; `None` if no answer came.
    pub(crate) code: Option<u16>,
    /// CamelCase word of the server, such as `Invalid`; empty if there is none.
    pub(crate) reason: String,
    /// Text of the server.
    pub(crate) message: String,
    /// The causes of a validation error.
    pub(crate) causes: Vec<Cause>,
}

/// One cause of a validation error.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
pub(crate) struct Cause {
    /// Path of the field.
    #[serde(default)]
    pub(crate) field: String,
    /// What is wrong with the field.
    #[serde(default)]
    pub(crate) message: String,
}

/// The `Status` object of an unsuccessful answer.
#[derive(Debug, Default, Deserialize)]
struct Status {
    #[serde(default)]
    reason: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    details: Option<Details>,
}

#[derive(Debug, Default, Deserialize)]
struct Details {
    #[serde(default)]
    causes: Vec<Cause>,
}

impl Refusal {
    /// No answer came.
    pub(crate) fn unreachable(error: &dyn Error) -> Self {
        let mut message = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            let text = error.to_string();
            if !message.contains(&text) {
                message.push_str(": ");
                message.push_str(&text);
            }
            cause = error.source();
        }
        Self { code: None, reason: String::new(), message, causes: Vec::new() }
    }

    /// An answer with an unsuccessful HTTP status.
    pub(crate) fn answered(code: u16, body: &[u8]) -> Self {
        let status: Status = serde_json::from_slice(body).unwrap_or_else(|_| Status {
            // A proxy in between answers with a page of its own; a line of it says who.
            message: String::from_utf8_lossy(body).chars().take(200).filter(|c| !c.is_control()).collect(),
            ..Status::default()
        });
        let causes = status.details.map(|details| details.causes).unwrap_or_default();
        Self { code: Some(code), reason: status.reason, message: status.message, causes }
    }

    /// An answer that is not what was asked for.
    pub(crate) fn unreadable(error: &serde_json::Error) -> Self {
        Self {
            code: None,
            reason: String::new(),
            message: format!("the API server's answer is not understood: {error}"),
            causes: Vec::new(),
        }
    }

    /// The server does not serve this kind.
    pub(crate) fn no_such_kind(gvk: &GroupVersionKind) -> Self {
        Self {
            code: Some(404),
            reason: "NotFound".to_owned(),
            message: format!(
                "no matches for kind \"{}\" in version \"{}\": install its CustomResourceDefinition, or add it to an earlier step",
                gvk.kind,
                gvk.api_version()
            ),
            causes: Vec::new(),
        }
    }

    pub(crate) fn is_not_found(&self) -> bool {
        self.code == Some(404)
    }

    pub(crate) fn is_forbidden(&self) -> bool {
        matches!(self.code, Some(401 | 403))
    }

    pub(crate) fn is_conflict(&self) -> bool {
        self.code == Some(409)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.code, self.message.as_str()) {
            (Some(code), "") => write!(f, "the API server answered with status {code}"),
            (_, message) => f.write_str(message),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_status_is_kept() {
        let body = br#"{"kind":"Status","reason":"Invalid","message":"m","details":{"causes":[{"field":"spec.x","message":"field is immutable"}]}}"#;
        let refusal = Refusal::answered(422, body);
        assert_eq!((refusal.reason.as_str(), refusal.to_string().as_str()), ("Invalid", "m"));
        assert_eq!(refusal.causes[0].field, "spec.x");
    }

    #[test]
    fn a_page_of_a_proxy_is_one_bounded_line() {
        let refusal = Refusal::answered(502, "bad\ngateway".repeat(100).as_bytes());
        assert!(refusal.message.len() <= 200 && !refusal.message.contains('\n'));
        assert_eq!(Refusal::answered(500, b"").to_string(), "the API server answered with status 500");
    }
}
