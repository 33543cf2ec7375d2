//! Steps 3 and 8 of the pipeline: which header fields a plugin may send and may see.

use std::collections::BTreeSet;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

/// The most header fields of a request, more than any API needs.
const MAX_FIELDS: usize = 64;
const MAX_FIELD_BYTES: usize = 8 * 1024;

/// Why the header fields of a plugin are refused. The text never holds a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HeaderRefusal {
    #[error("a request may have {MAX_FIELDS} header fields of {MAX_FIELD_BYTES} bytes")]
    TooMany,
    #[error("'{0}' is not a header name")]
    Name(String),
    #[error("the value of the header '{0}' has characters that no header can carry")]
    Value(HeaderName),
}

/// Fields that only the host sets, that belong to one connection, or that make some servers treat a request as
/// another one (its method, its path, its sender) after the grant was checked.
const STRIPPED: &[&str] = &[
    "accept-encoding",
    "authorization",
    "connection",
    "content-length",
    "cookie",
    "cookie2",
    "expect",
    "forwarded",
    "host",
    "http2-settings",
    "job-token",
    "keep-alive",
    "private-token",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "via",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-original-url",
    "x-real-ip",
    "x-rewrite-url",
];
const STRIPPED_PREFIXES: &[&str] = &["proxy-", "x-forwarded-"];

/// Those of the fields above that a credential may be sent in.
const AUTHENTICATING: &[&str] = &["authorization", "job-token", "private-token"];

/// Fields of an answer that are hidden from a plugin: cookies are state and secrets, the others belong to one
/// connection.
const HIDDEN: &[&str] = &[
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "set-cookie",
    "set-cookie2",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Fields that may follow a redirect to another origin: they describe the answer that is wanted, not the sender.
const HARMLESS: &[&str] = &["accept", "accept-language", "content-language", "content-type"];

/// Whether a credential may be sent in this field.
pub(crate) fn may_authenticate(name: &HeaderName) -> bool {
    let name = name.as_str();
    let is_hosts = STRIPPED.contains(&name) || STRIPPED_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
    !is_hosts || AUTHENTICATING.contains(&name)
}

/// The header fields to send out of those that a plugin asked for; `owned` are the fields that credentials of the
/// session use.
///
/// # Errors
/// A name or value is not valid in a header.
pub(crate) fn from_plugin(fields: &[(String, String)], owned: &BTreeSet<&str>) -> Result<HeaderMap, HeaderRefusal> {
    if fields.len() > MAX_FIELDS || fields.iter().any(|(name, value)| name.len() + value.len() > MAX_FIELD_BYTES) {
        return Err(HeaderRefusal::TooMany);
    }
    // `Connection: x-secret` declares x-secret as a field of the connection.
    let named: BTreeSet<_> = fields
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("connection"))
        .flat_map(|(_, value)| value.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .collect();
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        let name = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| HeaderRefusal::Name(name.escape_debug().take(64).collect()))?;
        let value = HeaderValue::from_str(value).map_err(|_| HeaderRefusal::Value(name.clone()))?;
        let text = name.as_str();
        let stripped = STRIPPED.contains(&text)
            || STRIPPED_PREFIXES.iter().any(|prefix| text.starts_with(prefix))
            || owned.contains(text)
            || named.contains(text);
        if !stripped {
            headers.append(name, value);
        }
    }
    Ok(headers)
}

/// Removes the fields that must not follow a redirect to another origin.
pub(crate) fn keep_harmless(headers: &mut HeaderMap) {
    let kept = headers.iter().filter(|(name, _)| HARMLESS.contains(&name.as_str()));
    *headers = kept.map(|(name, value)| (name.clone(), value.clone())).collect();
}

/// The header fields of an answer that a plugin sees.
pub(crate) fn to_plugin(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .filter(|(name, _)| !HIDDEN.contains(&name.as_str()))
        .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn the_fields_of_the_host_are_stripped() {
        let wanted = fields(&[
            ("Accept", "application/json"),
            ("Authorization", "Bearer x"),
            ("COOKIE", "a=b"),
            ("Proxy-Authorization", "x"),
            ("Host", "evil.example"),
            ("Connection", "close, X-Smuggled"),
            ("X-Smuggled", "1"),
            ("Transfer-Encoding", "chunked"),
            ("Content-Length", "0"),
            ("X-Forwarded-For", "127.0.0.1"),
            ("X-HTTP-Method-Override", "DELETE"),
            ("X-Original-URL", "/admin"),
            ("Private-Token", "x"),
            ("X-Api-Key", "x"),
            ("If-None-Match", "\"a\""),
        ]);
        let sent = from_plugin(&wanted, &BTreeSet::from(["x-api-key"])).unwrap();
        let names: Vec<_> = sent.keys().map(HeaderName::as_str).collect();
        assert_eq!(names, ["accept", "if-none-match"]);
    }

    #[test]
    fn a_line_break_in_a_field_is_refused_without_the_value() {
        let refusal = from_plugin(&fields(&[("X-A", "hunter2\r\nHost: evil")]), &BTreeSet::new()).unwrap_err();
        assert_eq!(refusal.to_string(), "the value of the header 'x-a' has characters that no header can carry");
        assert!(from_plugin(&fields(&[("X A", "b")]), &BTreeSet::new()).is_err());
    }

    #[test]
    fn too_many_fields_are_refused() {
        let many: Vec<_> = (0..65).map(|n| (format!("x-{n}"), String::new())).collect();
        assert_eq!(from_plugin(&many, &BTreeSet::new()), Err(HeaderRefusal::TooMany));
    }

    #[test]
    fn a_plugin_sees_no_cookies() {
        let mut headers = HeaderMap::new();
        headers.insert("set-cookie", HeaderValue::from_static("session=1"));
        headers.insert("etag", HeaderValue::from_static("\"a\""));
        assert_eq!(to_plugin(&headers), fields(&[("etag", "\"a\"")]));
    }

    #[test]
    fn another_origin_is_told_nothing_about_the_sender() {
        let mut headers = from_plugin(&fields(&[("accept", "a"), ("x-my-key", "b")]), &BTreeSet::new()).unwrap();
        keep_harmless(&mut headers);
        assert_eq!(headers.keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["accept"]);
    }
}
