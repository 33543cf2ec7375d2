//! Whether a delivery comes from who has the token, and whether its event is asked for.

use super::kind::HookKind;
use super::mac::{self, MacError};
use super::{Delivery, payload};
use bytes::Bytes;
use serde_json::{Map, Value};
use subtle::ConstantTimeEq;

/// Headers with a SHA-256 code and nothing before it.
const BARE: [&str; 2] = ["X-Gitea-Signature", "X-Forgejo-Signature"];

/// A delivery that is not acted on. For the log only: it would tell a stranger how to do better.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The signature is missing or wrong.
    #[error(transparent)]
    Signature(#[from] MacError),
    /// The token in GitLab's header is missing or wrong.
    #[error("the header X-Gitlab-Token is not the token of the Secret")]
    Token,
    /// Neither JSON nor a form.
    #[error("the Content-Type is {0:?}; choose application/json or application/x-www-form-urlencoded at the forge")]
    ContentType(String),
    /// An event that `spec.events` does not list.
    #[error("the event {event:?} is not in spec.events")]
    Event {
        /// As the header names it.
        event: String,
    },
    /// The body says that it is JSON, and is not an object.
    #[error("the body is not a JSON object: {0}")]
    Body(String),
}

/// A delivery whose sender has the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The event that the forge names; empty where it names none.
    pub event: String,
    /// The body, or the form's field `payload`.
    document: Bytes,
    is_json: bool,
}

impl Verified {
    /// The document, for filters: an empty object unless the body says that it is JSON.
    ///
    /// # Errors
    /// [`Refusal::Body`].
    pub fn document(&self) -> Result<Map<String, Value>, Refusal> {
        if !self.is_json {
            return Ok(Map::new());
        }
        serde_json::from_slice(&self.document).map_err(|error| Refusal::Body(error.to_string()))
    }
}

/// Checks a delivery for a Receiver of a type, with the token of its Secret. An empty list of events allows all; their names are
/// compared without regard to case.
///
/// # Errors
/// [`Refusal`].
pub fn verify(kind: HookKind, token: &[u8], events: &[String], delivery: &Delivery) -> Result<Verified, Refusal> {
    let document = match kind {
        HookKind::Generic => delivery.body.clone(),
        HookKind::GenericHmac => {
            check_generic(token, delivery)?;
            delivery.body.clone()
        }
        HookKind::GitLab => {
            if !same(delivery.header("X-Gitlab-Token").as_bytes(), token) {
                return Err(Refusal::Token);
            }
            delivery.body.clone()
        }
        HookKind::GitHub | HookKind::Bitbucket => {
            let document = payload::document(delivery)
                .ok_or_else(|| Refusal::ContentType(delivery.header("Content-Type").to_owned()))?;
            check_hub(token, delivery)?;
            document
        }
    };
    let event = kind.event_header().map(|header| delivery.header(header)).unwrap_or_default();
    if kind.event_header().is_some()
        && !events.is_empty()
        && !events.iter().any(|allowed| allowed.eq_ignore_ascii_case(event))
    {
        return Err(Refusal::Event { event: event.to_owned() });
    }
    Ok(Verified { event: event.to_owned(), document, is_json: payload::is_json(delivery) })
}

/// Checks a delivery by whichever of the known headers it has: for a hook that any forge may send. An empty token is refused, because
/// then anybody could send one.
///
/// # Errors
/// [`Refusal`]; a delivery without any of the headers is [`MacError::Missing`].
pub fn verify_any(token: &[u8], delivery: &Delivery) -> Result<Verified, Refusal> {
    let has = |name: &str| !delivery.header(name).is_empty();
    let kind = if has("X-Gitlab-Token") {
        HookKind::GitLab
    } else if has("X-Signature") || BARE.into_iter().any(has) {
        HookKind::GenericHmac
    } else if has("X-Hub-Signature-256") || has("X-Hub-Signature") {
        if has("X-Event-Key") { HookKind::Bitbucket } else { HookKind::GitHub }
    } else {
        let known =
            "X-Hub-Signature-256, X-Hub-Signature, X-Gitlab-Token, X-Signature, X-Gitea-Signature, X-Forgejo-Signature";
        return Err(MacError::Missing(known).into());
    };
    if token.is_empty() {
        return Err(MacError::Wrong.into());
    }
    verify(kind, token, &[], delivery)
}

/// `X-Signature`, or what Gitea and Forgejo send.
fn check_generic(token: &[u8], delivery: &Delivery) -> Result<(), MacError> {
    let signature = delivery.header("X-Signature");
    if !signature.is_empty() {
        return mac::check(signature, token, &delivery.body);
    }
    match BARE.map(|name| delivery.header(name)).into_iter().find(|digits| !digits.is_empty()) {
        Some(digits) => mac::check_bare_sha256(digits, token, &delivery.body),
        None => Err(MacError::Missing("X-Signature, X-Gitea-Signature, X-Forgejo-Signature")),
    }
}

/// `X-Hub-Signature-256`, else `X-Hub-Signature`. With an empty token and no signature everybody passes, as at notification-controller:
/// then the path is the only secret.
fn check_hub(token: &[u8], delivery: &Delivery) -> Result<(), MacError> {
    let newer = delivery.header("X-Hub-Signature-256");
    let signature = if newer.is_empty() { delivery.header("X-Hub-Signature") } else { newer };
    match (signature.is_empty(), token.is_empty()) {
        (true, true) => Ok(()),
        (true, false) => Err(MacError::Missing("X-Hub-Signature-256, X-Hub-Signature")),
        (false, _) => mac::check(signature, token, &delivery.body),
    }
}

/// In constant time for texts of one length.
fn same(given: &[u8], expected: &[u8]) -> bool {
    given.ct_eq(expected).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderMap, HeaderName, HeaderValue};

    const BODY: &str = r#"{"ref":"refs/heads/main"}"#;
    const SHA256: &str = "609099c649b98d07ca43703522e32a0f8d76fb61abf3c3f5d536facac90034cc";
    const SHA1: &str = "0ca6eaa36f806121c2866bb5e5c9e279ab4b1aaf";
    const TOKEN: &[u8] = b"mytoken";

    fn delivery(headers: &[(&str, &str)]) -> Delivery {
        let pairs = headers
            .iter()
            .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap()));
        Delivery { headers: pairs.collect::<HeaderMap>(), body: Bytes::from(BODY) }
    }

    fn json(headers: &[(&str, &str)]) -> Delivery {
        delivery(&[&[("Content-Type", "application/json; charset=utf-8")], headers].concat())
    }

    #[test]
    fn row_e10_each_type_takes_what_its_forge_signs() {
        let (sha256, sha1) = (format!("sha256={SHA256}"), format!("sha1={SHA1}"));
        let accepted = [
            (HookKind::Generic, json(&[])),
            (HookKind::GenericHmac, json(&[("X-Signature", &sha256)])),
            (HookKind::GenericHmac, json(&[("X-Gitea-Signature", SHA256)])),
            (HookKind::GenericHmac, json(&[("X-Forgejo-Signature", SHA256)])),
            (HookKind::GitHub, json(&[("X-Hub-Signature-256", &sha256)])),
            (HookKind::GitHub, json(&[("X-Hub-Signature", &sha1)])),
            (HookKind::Bitbucket, json(&[("X-Hub-Signature", &sha256)])),
            (HookKind::GitLab, json(&[("X-Gitlab-Token", "mytoken")])),
        ];
        for (kind, delivery) in accepted {
            let verified = verify(kind, TOKEN, &[], &delivery).unwrap();
            assert_eq!(verified.document().unwrap()["ref"], "refs/heads/main", "{kind}");
            if kind != HookKind::Generic {
                verify(kind, b"another", &[], &delivery).unwrap_err();
            }
        }
    }

    #[test]
    fn row_e10_what_is_not_signed_or_signed_for_another_header_is_refused() {
        let sha256 = format!("sha256={SHA256}");
        for kind in [HookKind::GenericHmac, HookKind::GitHub, HookKind::Bitbucket] {
            let refused = verify(kind, TOKEN, &[], &json(&[])).unwrap_err();
            assert!(matches!(refused, Refusal::Signature(MacError::Missing(_))), "{kind}: {refused}");
        }
        // The newer header wins: a good old one does not make up for a bad new one.
        let both = json(&[("X-Hub-Signature-256", "sha256=00"), ("X-Hub-Signature", &format!("sha1={SHA1}"))]);
        verify(HookKind::GitHub, TOKEN, &[], &both).unwrap_err();
        assert_eq!(verify(HookKind::GitLab, TOKEN, &[], &json(&[])), Err(Refusal::Token));
        let text = delivery(&[("Content-Type", "text/plain"), ("X-Hub-Signature-256", &sha256)]);
        let refused = verify(HookKind::GitHub, TOKEN, &[], &text).unwrap_err();
        assert!(refused.to_string().contains("application/x-www-form-urlencoded"), "{refused}");
    }

    #[test]
    fn an_empty_token_of_github_passes_unsigned_deliveries_as_flux_does_but_no_wrong_signature() {
        verify(HookKind::GitHub, b"", &[], &json(&[])).unwrap();
        verify(HookKind::GitHub, b"", &[], &json(&[("X-Hub-Signature-256", "sha256=00")])).unwrap_err();
    }

    #[test]
    fn row_e10_events_that_are_not_listed_are_refused_and_case_does_not_matter() {
        let events = ["Push Hook".to_owned(), "deployment hook".to_owned()];
        let of = |event: &str| json(&[("X-Gitlab-Token", "mytoken"), ("X-Gitlab-Event", event)]);
        assert_eq!(verify(HookKind::GitLab, TOKEN, &events, &of("Deployment Hook")).unwrap().event, "Deployment Hook");
        let refused = verify(HookKind::GitLab, TOKEN, &events, &of("Note Hook")).unwrap_err();
        assert_eq!(refused, Refusal::Event { event: "Note Hook".to_owned() });
        // Generic senders name no event.
        verify(HookKind::Generic, TOKEN, &events, &json(&[])).unwrap();
    }

    #[test]
    fn a_form_carries_its_document_in_a_field_and_is_signed_as_a_whole() {
        let body = "payload=%7B%22ref%22%3A%22a%26b%22%7D&other=1";
        let mut form = delivery(&[("Content-Type", "application/x-www-form-urlencoded")]);
        form.body = Bytes::from(body);
        let verified = verify(HookKind::GitHub, b"", &[], &form).unwrap();
        assert_eq!(verified.document, Bytes::from(r#"{"ref":"a&b"}"#));
        assert!(verified.document().unwrap().is_empty(), "filters see JSON bodies only");
    }

    #[test]
    fn a_body_that_only_says_that_it_is_json_is_refused_by_filters() {
        let mut broken = json(&[]);
        broken.body = Bytes::from("[1]");
        let verified = verify(HookKind::Generic, TOKEN, &[], &broken).unwrap();
        assert!(matches!(verified.document(), Err(Refusal::Body(_))));
    }

    #[test]
    fn a_hook_of_a_provider_takes_any_forge_and_nothing_unsigned() {
        let sha256 = format!("sha256={SHA256}");
        for signed in [
            json(&[("X-Hub-Signature-256", &sha256)]),
            json(&[("X-Gitlab-Token", "mytoken")]),
            json(&[("X-Signature", &sha256)]),
            json(&[("X-Gitea-Signature", SHA256)]),
            json(&[("X-Hub-Signature", &sha256), ("X-Event-Key", "pr:opened")]),
        ] {
            verify_any(TOKEN, &signed).unwrap();
            verify_any(b"another", &signed).unwrap_err();
            verify_any(b"", &signed).unwrap_err();
        }
        assert!(matches!(verify_any(TOKEN, &json(&[])), Err(Refusal::Signature(MacError::Missing(_)))));
        // A second header does not help: each delivery is checked by one rule.
        verify_any(TOKEN, &json(&[("X-Gitlab-Token", "guess"), ("X-Hub-Signature-256", &sha256)])).unwrap_err();
    }
}
