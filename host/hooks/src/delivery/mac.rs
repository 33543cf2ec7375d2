//! Message authentication codes in headers.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Sha256, Sha512};
use std::fmt::Write as _;

/// A signature that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MacError {
    /// There is no header.
    #[error("the request has no signature: none of the headers {0}")]
    Missing(&'static str),
    /// It is not `<algorithm>=<hex>` with an algorithm that is known.
    #[error("the signature is not written as sha256=<hexadecimal digits> (or sha1=, sha512=)")]
    Malformed,
    /// The body, the key, or both are others.
    #[error(
        "the signature does not fit the body: the sender's secret is not the token of the Secret, or the body was changed"
    )]
    Wrong,
}

/// Checks `sha256=<hex>`, `sha1=<hex>` or `sha512=<hex>`.
pub(super) fn check(signature: &str, key: &[u8], body: &[u8]) -> Result<(), MacError> {
    let (algorithm, digits) = signature.split_once('=').ok_or(MacError::Malformed)?;
    let code = from_hex(digits).ok_or(MacError::Malformed)?;
    match algorithm {
        "sha1" => check_code::<Hmac<Sha1>>(key, body, &code),
        "sha256" => check_code::<Hmac<Sha256>>(key, body, &code),
        "sha512" => check_code::<Hmac<Sha512>>(key, body, &code),
        _ => Err(MacError::Malformed),
    }
}

/// Checks the digits of a SHA-256 code, as Gitea and Forgejo send them.
pub(super) fn check_bare_sha256(digits: &str, key: &[u8], body: &[u8]) -> Result<(), MacError> {
    check_code::<Hmac<Sha256>>(key, body, &from_hex(digits).ok_or(MacError::Malformed)?)
}

/// Signs a body as GitHub does: `sha256=<hex>`, the value of `X-Hub-Signature-256`.
#[must_use]
pub fn sign(key: &[u8], body: &[u8]) -> String {
    let mut signature = "sha256=".to_owned();
    // An HMAC takes a key of any length.
    let Ok(mut mac) = <Hmac<Sha256> as KeyInit>::new_from_slice(key) else { return signature };
    mac.update(body);
    for byte in mac.finalize().into_bytes() {
        // Writing to a String cannot fail.
        let _ = write!(signature, "{byte:02x}");
    }
    signature
}

fn check_code<M: Mac + KeyInit>(key: &[u8], body: &[u8], code: &[u8]) -> Result<(), MacError> {
    // An HMAC takes a key of any length.
    let mut mac = <M as KeyInit>::new_from_slice(key).map_err(|_| MacError::Wrong)?;
    mac.update(body);
    // In constant time.
    mac.verify_slice(code).map_err(|_| MacError::Wrong)
}

fn from_hex(digits: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some((digit(high)? << 4) | digit(low)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = br#"{"ref":"refs/heads/main"}"#;
    const SHA256: &str = "609099c649b98d07ca43703522e32a0f8d76fb61abf3c3f5d536facac90034cc";

    #[test]
    fn row_e8_signatures_are_those_of_notification_controller() {
        assert_eq!(check(&format!("sha256={SHA256}"), b"mytoken", BODY), Ok(()));
        assert_eq!(check("sha1=0ca6eaa36f806121c2866bb5e5c9e279ab4b1aaf", b"mytoken", BODY), Ok(()));
        assert_eq!(check_bare_sha256(SHA256, b"mytoken", BODY), Ok(()));
        assert_eq!(sign(b"mytoken", BODY), format!("sha256={SHA256}"));
    }

    #[test]
    fn another_key_body_or_spelling_is_refused() {
        let signature = format!("sha256={SHA256}");
        assert_eq!(check(&signature, b"other", BODY), Err(MacError::Wrong));
        assert_eq!(check(&signature, b"mytoken", b"{}"), Err(MacError::Wrong));
        assert_eq!(check(&format!("sha1={SHA256}"), b"mytoken", BODY), Err(MacError::Wrong));
        let half = SHA256.get(..32).unwrap();
        assert_eq!(check(&format!("sha256={half}"), b"mytoken", BODY), Err(MacError::Wrong), "a prefix is not enough");
        assert_eq!(check("sha256=", b"mytoken", BODY), Err(MacError::Wrong));
        for malformed in [SHA256, "md5=00", "sha256=xyz", "sha256=0", "sha256=öö"] {
            assert_eq!(check(malformed, b"mytoken", BODY), Err(MacError::Malformed), "{malformed}");
        }
    }
}
