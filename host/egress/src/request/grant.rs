//! Step 2 of the pipeline: what a consumer may request. An empty list denies everything.
//!
//! # Grammar
//! `[METHOD[,METHOD]* ]scheme://host[:port][/prefix]`
//!
//! | text | allows |
//! |---|---|
//! | `https://api.github.com` | GET and HEAD of every path there, port 443 |
//! | `https://gitlab.example.com:8443/api/v4` | GET and HEAD of `/api/v4` and everything below, but not of `/api/v40` |
//! | `GET,POST https://api.github.com/graphql` | those methods instead of GET and HEAD |
//! | `http://forge.test` | plain http, because the grant says so; `https://forge.test` is another grant |
//! | `https://*.example.com` | each host with exactly one label before `example.com`: not `example.com`, not `a.b.example.com` |
//!
//! A star may only be the whole left label, with two labels behind it. A query or fragment is not allowed.
//!
//! ```
//! use orangery_egress::Grant;
//! let grant: Grant = "GET,POST https://api.github.com/graphql".parse()?;
//! assert_eq!(grant.to_string(), "GET,POST https://api.github.com/graphql");
//! for wrong in ["*", "https://*", "https://*.com", "https://git*.example.com", "https://a.*.example.com", "ftp://x.y", ""] {
//!     assert!(wrong.parse::<Grant>().is_err(), "{wrong}");
//! }
//! # Ok::<(), orangery_egress::GrantError>(())
//! ```

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use crate::request::message::{Method, UnknownMethod};
use crate::request::origin::Origin;
use crate::request::target::{Target, UrlRefusal};

/// A rule that allows requests of a consumer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    methods: BTreeSet<Method>,
    /// The origin without the star.
    origin: Origin,
    hosts: Hosts,
    /// The path without a slash at the end; empty for every path.
    prefix: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Hosts {
    This,
    OneLabelBefore,
}

/// Why a text is not a grant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GrantError {
    /// A method is not known.
    #[error(transparent)]
    Method(#[from] UnknownMethod),
    /// The text does not hold a URL.
    #[error("{0}; a grant looks like `https://api.github.com/repos` or `GET,POST https://api.github.com/graphql`")]
    Url(#[from] UrlRefusal),
    /// A star is in the wrong place.
    #[error("`*` is allowed only as the whole left label, with two labels behind it: `https://*.example.com`")]
    Wildcard,
    /// The URL has a query.
    #[error("a grant ends with a path prefix and has no query")]
    Query,
}

impl Grant {
    /// A grant of GET and HEAD for every path of one origin.
    #[must_use]
    pub fn reading(origin: Origin) -> Self {
        Self { methods: [Method::Get, Method::Head].into(), origin, hosts: Hosts::This, prefix: String::new() }
    }

    /// The same grant with other methods.
    #[must_use]
    pub fn with_methods(self, methods: impl IntoIterator<Item = Method>) -> Self {
        Self { methods: methods.into_iter().collect(), ..self }
    }

    /// The origin; for a wildcard, the part behind the star.
    #[must_use]
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The part of this grant for one origin; `None` if it does not cover it.
    #[must_use]
    pub fn at(&self, origin: &Origin) -> Option<Self> {
        self.covers_origin(origin).then(|| Self { origin: origin.clone(), hosts: Hosts::This, ..self.clone() })
    }

    /// The same grant with only those of its methods that are listed; `None` if none is left.
    #[must_use]
    pub fn only(&self, methods: &[Method]) -> Option<Self> {
        let common: BTreeSet<Method> = self.methods.iter().copied().filter(|method| methods.contains(method)).collect();
        (!common.is_empty()).then(|| Self { methods: common, ..self.clone() })
    }

    /// The part of this grant below a path; `None` if nothing is left.
    #[must_use]
    pub fn below(&self, path: &str) -> Option<Self> {
        let path = path.trim_end_matches('/');
        if self.covers_path(path) {
            return Some(Self { prefix: path.to_owned(), ..self.clone() });
        }
        let is_inside = Self { prefix: path.to_owned(), ..self.clone() }.covers_path(&self.prefix);
        is_inside.then(|| self.clone())
    }

    pub(crate) fn allows(&self, method: Method, target: &Target) -> bool {
        self.methods.contains(&method) && self.covers_origin(target.origin()) && self.covers_path(target.path())
    }

    fn covers_origin(&self, asked: &Origin) -> bool {
        let host = match self.hosts {
            Hosts::This => asked.host() == self.origin.host(),
            Hosts::OneLabelBefore => asked
                .host()
                .split_once('.')
                .is_some_and(|(label, rest)| !label.is_empty() && rest == self.origin.host()),
        };
        host && asked.scheme() == self.origin.scheme() && asked.port() == self.origin.port()
    }

    /// Whether the prefix covers a path. A prefix ends at a slash: `/repos/a` does not cover `/repos/ab`.
    fn covers_path(&self, path: &str) -> bool {
        path.strip_prefix(self.prefix.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// Checks that one of the grants allows the request.
///
/// # Errors
/// The sentence for the plugin and the user, with the grant that is missing.
pub(crate) fn check(grants: &[Grant], method: Method, target: &Target) -> Result<(), String> {
    if grants.iter().any(|grant| grant.allows(method, target)) {
        return Ok(());
    }
    let granted = if grants.is_empty() {
        "nothing is granted".to_owned()
    } else {
        let list: Vec<_> = grants.iter().map(ToString::to_string).collect();
        format!("granted: {}", list.join("; "))
    };
    let (shown, origin) = (target.shown(), target.origin());
    Err(format!(
        "{method} {shown} needs the grant `{method} {origin}`; {granted}; a plugin that asks for this origin gets it with --grant \"{method} {origin}\""
    ))
}

impl FromStr for Grant {
    type Err = GrantError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (methods, url) = match text.rsplit_once(' ') {
            None => (BTreeSet::from([Method::Get, Method::Head]), text),
            Some((list, url)) => {
                (list.split(',').map(|word| word.trim().parse()).collect::<Result<BTreeSet<Method>, _>>()?, url)
            }
        };
        let (hosts, url) = match url.split_once("://*.") {
            Some((scheme, rest)) => (Hosts::OneLabelBefore, format!("{scheme}://{rest}")),
            None => (Hosts::This, url.to_owned()),
        };
        if url.contains('*') {
            return Err(GrantError::Wildcard);
        }
        let target = Target::parse(&url)?;
        if target.url().query().is_some() {
            return Err(GrantError::Query);
        }
        let bare = target.literal().is_some() || !target.origin().host().contains('.');
        if hosts == Hosts::OneLabelBefore && bare {
            return Err(GrantError::Wildcard);
        }
        let prefix = target.path().trim_end_matches('/').to_owned();
        Ok(Self { methods, origin: target.origin().clone(), hosts, prefix })
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let methods: Vec<_> = self.methods.iter().map(|method| method.as_str()).collect();
        let origin = self.origin.to_string();
        let origin = match self.hosts {
            Hosts::This => origin,
            Hosts::OneLabelBefore => origin.replacen("://", "://*.", 1),
        };
        write!(f, "{} {origin}{}", methods.join(","), self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(grant: &str, method: Method, url: &str) -> bool {
        check(&[grant.parse().unwrap()], method, &Target::parse(url).unwrap()).is_ok()
    }

    #[test]
    fn a_grant_reads_by_default() {
        assert!(allows("https://a.example", Method::Get, "https://a.example/x?y=1"));
        assert!(allows("https://a.example", Method::Head, "https://a.example/"));
        assert!(!allows("https://a.example", Method::Post, "https://a.example/"));
        assert!(allows("POST https://a.example", Method::Post, "https://a.example/"));
        assert!(!allows("POST https://a.example", Method::Get, "https://a.example/"));
    }

    #[test]
    fn scheme_host_and_port_must_be_the_granted_ones() {
        assert!(!allows("https://a.example", Method::Get, "http://a.example/"));
        assert!(!allows("http://a.example", Method::Get, "https://a.example/"));
        assert!(!allows("https://a.example", Method::Get, "https://a.example:8443/"));
        assert!(!allows("https://a.example", Method::Get, "https://a.example.evil.test/"));
        assert!(!allows("https://a.example", Method::Get, "https://evil-a.example/"));
        assert!(allows("https://a.example:8443", Method::Get, "https://A.example.:8443/"));
    }

    #[test]
    fn a_star_is_one_whole_label() {
        assert!(allows("https://*.forge.example", Method::Get, "https://a.forge.example/"));
        assert!(!allows("https://*.forge.example", Method::Get, "https://forge.example/"));
        assert!(!allows("https://*.forge.example", Method::Get, "https://a.b.forge.example/"));
        assert!(!allows("https://*.forge.example", Method::Get, "https://aforge.example/"));
        for wrong in ["https://*.com", "https://*", "https://*.10.0.0.1", "https://x*.a.example", "https://a.*.example"]
        {
            assert_eq!(wrong.parse::<Grant>().unwrap_err(), GrantError::Wildcard, "{wrong}");
        }
    }

    #[test]
    fn a_grant_is_narrowed_to_one_origin_it_covers() {
        let origin = |text: &str| text.parse::<Origin>().unwrap();
        let grant: Grant = "POST https://*.forge.example/api".parse().unwrap();
        let narrowed = grant.at(&origin("https://a.forge.example")).unwrap();
        assert_eq!(narrowed.to_string(), "POST https://a.forge.example/api");
        for other in ["https://forge.example", "http://a.forge.example", "https://a.b.forge.example"] {
            assert_eq!(grant.at(&origin(other)), None, "{other}");
        }
    }

    #[test]
    fn a_grant_is_narrowed_to_methods_and_paths() {
        let grant: Grant = "GET,POST https://a.example/repos".parse().unwrap();
        let text = |grant: Option<Grant>| grant.map(|grant| grant.to_string());
        assert_eq!(text(grant.only(&[Method::Post, Method::Put])).as_deref(), Some("POST https://a.example/repos"));
        assert_eq!(grant.only(&[Method::Put]), None);
        assert_eq!(text(grant.below("/repos/o/")).as_deref(), Some("GET,POST https://a.example/repos/o"));
        assert_eq!(text(grant.below("/")).as_deref(), Some("GET,POST https://a.example/repos"));
        assert_eq!(grant.below("/repository"), None);
        assert_eq!(grant.below("/graphql"), None);
    }

    #[test]
    fn a_prefix_ends_at_a_slash() {
        let grant = "https://a.example/repos/orangery/";
        assert!(allows(grant, Method::Get, "https://a.example/repos/orangery"));
        assert!(allows(grant, Method::Get, "https://a.example/repos/orangery/pulls?state=open"));
        assert!(!allows(grant, Method::Get, "https://a.example/repos/orangery2/pulls"));
        assert!(!allows(grant, Method::Get, "https://a.example/repos/orangery/../other/pulls"));
        assert!(!allows(grant, Method::Get, "https://a.example/repos/orangery/%2e%2e/other/pulls"));
    }

    #[test]
    fn an_empty_list_denies_and_the_refusal_names_the_missing_grant() {
        let target = Target::parse("https://a.example/x?token=hunter2").unwrap();
        let refusal = check(&[], Method::Get, &target).unwrap_err();
        assert_eq!(
            refusal,
            "GET https://a.example/x?token=… needs the grant `GET https://a.example`; nothing is granted; \
             a plugin that asks for this origin gets it with --grant \"GET https://a.example\""
        );
        let refusal = check(&["https://b.example".parse().unwrap()], Method::Get, &target).unwrap_err();
        assert!(refusal.contains("; granted: GET,HEAD https://b.example; "), "{refusal}");
        let asked_for = refusal.split('"').nth(1).unwrap();
        assert!(check(&[asked_for.parse().unwrap()], Method::Get, &target).is_ok(), "what the refusal says works");
    }

    #[test]
    fn a_wrong_grant_says_what_is_wrong() {
        let message = "GRAB https://a.example".parse::<Grant>().unwrap_err().to_string();
        assert_eq!(message, "'GRAB' is not a method; the methods are GET, HEAD, POST, PUT, PATCH, DELETE");
        assert_eq!("https://a.example/?x=1".parse::<Grant>().unwrap_err(), GrantError::Query);
        assert!("a.example".parse::<Grant>().unwrap_err().to_string().contains("a grant looks like"));
    }
}
