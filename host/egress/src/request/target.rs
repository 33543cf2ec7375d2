//! Step 1 of the pipeline: a text becomes a canonical target, or is refused. Origins are read the same way.
//!
//! # Guarantees
//! A [`Target`] is `http` or `https`, has a lower-case ASCII host without trailing dot (IPv4 in dotted form, however
//! it was spelled), a port other than 0, no user info and no fragment. Later steps use the target only and never the
//! text, so that two readers of one URL cannot disagree.
//!
//! The WHATWG parser is lenient: it removes tabs and newlines and repairs `https:/host` and `\`. Whatever it would
//! repair is refused here, because such a text is meant to be read differently by different parsers.

use std::net::IpAddr;
use std::str::FromStr;

use orangery_core::url_redaction;
use url::{Host, Url};

use crate::request::origin::{Origin, Scheme};

/// The most bytes of a URL: more than any listing needs, fewer than any server's limit.
const MAX_URL_BYTES: usize = 8 * 1024;
/// A path that is still encoded after this many decodings is refused.
const MOST_ENCODINGS: usize = 4;

/// A URL that passed step 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    url: Url,
    origin: Origin,
}

/// Why a text is not a request target. The text itself is not repeated, because it may hold a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlRefusal {
    /// The text is too long.
    #[error("the URL is longer than {MAX_URL_BYTES} bytes")]
    TooLong,
    /// The text has a control character or white space.
    #[error("the URL contains white space or a control character")]
    ControlCharacter,
    /// The text has a backslash, which some readers take for a slash.
    #[error("the URL contains a backslash")]
    Backslash,
    /// The text has a fragment.
    #[error("the URL contains a fragment (`#`)")]
    Fragment,
    /// The scheme is neither http nor https, or is missing.
    #[error("the URL does not start with `https://` or `http://`")]
    Scheme,
    /// The text has a user name or password.
    #[error("the URL contains user info (`user:password@`); name a credential instead")]
    UserInfo,
    /// The parser rejects the text.
    #[error("the URL cannot be parsed: {0}")]
    Unparsable(#[from] url::ParseError),
    /// The host is empty or is not a name.
    #[error("the URL has no valid host")]
    Host,
    /// The port is 0.
    #[error("the URL names port 0")]
    Port,
    /// The path has a disguised dot segment.
    #[error("the path of the URL climbs with a disguised `..` segment (encoded, or with `;` behind it)")]
    Climbs,
}

/// Why a text is not an origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OriginError {
    /// The text is not a URL.
    #[error(transparent)]
    Url(#[from] UrlRefusal),
    /// The text has a path or query after the host.
    #[error("an origin ends after the host and port: `https://api.github.com`")]
    Path,
}

impl Target {
    /// # Errors
    /// The text is not a plain absolute http or https URL.
    pub(crate) fn parse(text: &str) -> Result<Self, UrlRefusal> {
        // These checks look at the text, because the parser would repair what they refuse.
        if text.len() > MAX_URL_BYTES {
            return Err(UrlRefusal::TooLong);
        }
        if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(UrlRefusal::ControlCharacter);
        }
        if text.contains('\\') {
            return Err(UrlRefusal::Backslash);
        }
        if text.contains('#') {
            return Err(UrlRefusal::Fragment);
        }
        let (scheme, rest) = text.split_once("://").ok_or(UrlRefusal::Scheme)?;
        let scheme = Scheme::parse(scheme).ok_or(UrlRefusal::Scheme)?;
        let authority = rest.split(['/', '?']).next().unwrap_or_default();
        if authority.contains('@') {
            return Err(UrlRefusal::UserInfo);
        }
        if authority.is_empty() {
            return Err(UrlRefusal::Host);
        }
        let mut url = Url::parse(text)?;
        if let Some(Host::Domain(name)) = url.host() {
            let name = name.strip_suffix('.').unwrap_or(name).to_owned();
            if name.is_empty() || name.len() > 253 || name.split('.').any(|label| label.is_empty() || label.len() > 63)
            {
                return Err(UrlRefusal::Host);
            }
            url.set_host(Some(&name))?;
        }
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(UrlRefusal::Host)?.to_owned();
        let port = url.port_or_known_default().filter(|port| *port != 0).ok_or(UrlRefusal::Port)?;
        if climbs(url.path()) {
            return Err(UrlRefusal::Climbs);
        }
        Ok(Self { url, origin: Origin::from_parts(scheme, host, port) })
    }

    /// The target of a `Location` header, seen from this target: relative references are resolved, then everything is
    /// parsed as if the guest had asked for it.
    pub(crate) fn follow(&self, location: &str) -> Result<Self, UrlRefusal> {
        if location.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(UrlRefusal::ControlCharacter);
        }
        if location.contains('\\') {
            return Err(UrlRefusal::Backslash);
        }
        let joined = self.url.join(location)?;
        if !joined.username().is_empty() || joined.password().is_some() {
            return Err(UrlRefusal::UserInfo);
        }
        Self::parse(joined.as_str())
    }

    pub(crate) fn origin(&self) -> &Origin {
        &self.origin
    }

    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    pub(crate) fn path(&self) -> &str {
        self.url.path()
    }

    /// The address, if the host is written as one.
    pub(crate) fn literal(&self) -> Option<IpAddr> {
        match self.url.host()? {
            Host::Domain(_) => None,
            Host::Ipv4(address) => Some(address.into()),
            Host::Ipv6(address) => Some(address.into()),
        }
    }

    /// The URL for messages and logs, with the names of query parameters and without their values.
    pub(crate) fn shown(&self) -> String {
        url_redaction::url(self.url.as_str())
    }
}

impl Origin {
    /// The origin of a complete URL, for example of `spec.url`.
    ///
    /// # Errors
    /// The text is not an absolute http or https URL, or has user info or a fragment.
    pub fn of_url(url: &str) -> Result<Self, OriginError> {
        Ok(Target::parse(url)?.origin().clone())
    }
}

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let target = Target::parse(text)?;
        if target.path() != "/" || target.url().query().is_some() {
            return Err(OriginError::Path);
        }
        Ok(target.origin().clone())
    }
}

/// Whether some server would leave the folder that a grant's prefix names. Some decode once or several times before
/// they resolve dots, others (such as servlet containers) drop path parameters (`..;x=y`). Project paths such as
/// `group%2Fproject` are allowed.
fn climbs(path: &str) -> bool {
    let mut text = path.to_ascii_lowercase();
    for _ in 0..MOST_ENCODINGS {
        let leaves = |segment: &str| segment.split([';', '\0']).next() == Some("..");
        if text.split(['/', '\\']).any(leaves) {
            return true;
        }
        let decoded = decoded_once(&text);
        if decoded == text {
            return false;
        }
        text = decoded;
    }
    // A segment that is encoded this often is meant to hide something.
    true
}

/// Decodes the characters that separate segments. The overlong forms are those that old decoders accept.
fn decoded_once(text: &str) -> String {
    const FORMS: [(&str, &str); 10] = [
        ("%c0%ae", "."),
        ("%c0%af", "/"),
        ("%e0%80%ae", "."),
        ("%e0%80%af", "/"),
        ("%2e", "."),
        ("%2f", "/"),
        ("%5c", "/"),
        ("%3b", ";"),
        ("%00", "\0"),
        ("%25", "%"),
    ];
    FORMS.iter().fold(text.to_owned(), |text, (form, plain)| text.replace(form, plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(text: &str) -> String {
        Target::parse(text).unwrap().url().to_string()
    }

    #[test]
    fn case_trailing_dot_and_international_names_become_one_spelling() {
        assert_eq!(canonical("HTTPS://API.GitHub.com./repos"), "https://api.github.com/repos");
        assert_eq!(canonical("https://bücher.example/"), "https://xn--bcher-kva.example/");
        assert_eq!(canonical("https://example.com:443/a/../b"), "https://example.com/b");
    }

    #[test]
    fn odd_spellings_of_an_ipv4_address_become_the_dotted_one() {
        for text in
            ["http://127.1/", "http://0x7f000001/", "http://2130706433/", "http://0177.0.0.1/", "http://127.0.0.1./"]
        {
            assert_eq!(Target::parse(text).unwrap().literal(), Some("127.0.0.1".parse().unwrap()), "{text}");
        }
        assert_eq!(
            Target::parse("http://[::ffff:169.254.169.254]/").unwrap().literal(),
            Some("::ffff:169.254.169.254".parse().unwrap())
        );
    }

    #[test]
    fn what_a_lenient_parser_would_mend_is_refused() {
        let refused = [
            ("https://user:hunter2@example.com/", UrlRefusal::UserInfo),
            ("https://@example.com/", UrlRefusal::UserInfo),
            ("https://example.com/#x", UrlRefusal::Fragment),
            ("https://example.com/a\nb", UrlRefusal::ControlCharacter),
            (" https://example.com/", UrlRefusal::ControlCharacter),
            ("https://example.com\\@evil.example/", UrlRefusal::Backslash),
            ("https:/example.com/", UrlRefusal::Scheme),
            ("https:///example.com/", UrlRefusal::Host),
            ("ftp://example.com/", UrlRefusal::Scheme),
            ("file:///etc/passwd", UrlRefusal::Scheme),
            ("//example.com/", UrlRefusal::Scheme),
            ("https://example.com:0/", UrlRefusal::Port),
            ("https://example.com../", UrlRefusal::Host),
            ("https://a..example.com/", UrlRefusal::Host),
            ("https://example.com/repos/a/..%2f..%2Fb", UrlRefusal::Climbs),
        ];
        for (text, why) in refused {
            assert_eq!(Target::parse(text).unwrap_err(), why, "{text}");
        }
    }

    #[test]
    fn a_path_that_some_server_would_climb_with_is_refused_in_every_disguise() {
        for path in [
            "..;/x",
            "a/..;/x",
            "a/..;b=c/x",
            "a/..%3b/x",
            "a/..%3B.css/x",
            "a/%2e%2e;/x",
            "a/.%2e%3bx/y",
            "a%2f..%3b%2fx",
            "a/%252e%252e/x",
            "a/..%252fx",
            "a/%25252e%25252e%25252fx",
            "a/..%253bx/y",
            "a/..%00/x",
            "a/%c0%ae%c0%ae/x",
            "a/..%c0%afx",
            "a/..;",
            "a/%2525252525252e/x",
        ] {
            let url = format!("https://example.com/{path}");
            assert_eq!(Target::parse(&url).unwrap_err(), UrlRefusal::Climbs, "{path}");
        }
        for path in
            ["a;b=c/x", "a..;/x", "v1..v2", "..a/x", "...;/x", "group%2Fproject%3Bx", "100%25", "a%2520b", ";/x"]
        {
            assert!(Target::parse(&format!("https://example.com/{path}")).is_ok(), "{path}");
        }
    }

    #[test]
    fn a_refusal_never_repeats_the_text() {
        let refusal = Target::parse("https://user:hunter2@example.com/").unwrap_err();
        assert!(!refusal.to_string().contains("hunter2"));
    }

    #[test]
    fn a_project_path_with_encoded_slashes_is_fine() {
        let target = Target::parse("https://gitlab.example/api/v4/projects/group%2Fproject/merge_requests").unwrap();
        assert_eq!(target.path(), "/api/v4/projects/group%2Fproject/merge_requests");
    }

    #[test]
    fn query_values_are_not_shown() {
        let target = Target::parse("https://example.com/x?page=2&private_token=hunter2").unwrap();
        assert_eq!(target.shown(), "https://example.com/x?page=…&private_token=…");
    }

    #[test]
    fn a_relative_location_is_resolved_and_then_judged() {
        let target = Target::parse("https://example.com/a/b").unwrap();
        assert_eq!(target.follow("../c?d=1").unwrap().url().as_str(), "https://example.com/c?d=1");
        assert_eq!(target.follow("//evil.example/").unwrap().origin().to_string(), "https://evil.example");
        assert_eq!(target.follow("https://u:p@example.com/").unwrap_err(), UrlRefusal::UserInfo);
        assert_eq!(target.follow("ftp://example.com/").unwrap_err(), UrlRefusal::Scheme);
    }
}
