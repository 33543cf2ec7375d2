//! Walks the pages of one listing, in order, to the end.
//!
//! # Guarantees
//!
//! * It follows `Link: <…>; rel="next"` or `X-Next-Page`, only to the origin it began with.
//! * It never asks for a page twice in one walk and never for more than [`MAX_PAGES`].
//! * Any failure of any page is the failure of the walk.

use url::Url;

use crate::error::{Error, Failure};
use crate::http::{Http, Request, Response};
use crate::status;

/// More pages than this is a server that does not end.
pub const MAX_PAGES: usize = 1000;

/// How a forge says where the next page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paging {
    /// `Link: <…>; rel="next"`, as GitHub does.
    Link,
    /// `X-Next-Page: 3`, as GitLab does; `Link` where that header is absent.
    NextPage,
}

/// One step of a walk.
#[derive(Debug)]
pub enum Step {
    /// A page and the request that got it.
    Page(Request, Response),
    /// The server pointed back to a page that was already read: the listing cannot be trusted.
    Repeated,
    /// There are no more pages.
    End,
}

/// A walk over the pages of one listing.
pub struct Walk<'a> {
    http: &'a dyn Http,
    operation: &'a str,
    paging: Paging,
    next: Option<Request>,
    seen: Vec<String>,
}

impl<'a> Walk<'a> {
    /// Begins at `first`. `operation` names the listing in errors, for example `GitHub tags`.
    pub fn new(http: &'a dyn Http, operation: &'a str, paging: Paging, first: Request) -> Self {
        Self { http, operation, paging, next: Some(first), seen: Vec::new() }
    }

    /// Reads the next page.
    ///
    /// # Errors
    /// Whatever kept the page from being read, the page cap, a next page that is elsewhere.
    pub fn step(&mut self) -> Result<Step, Error> {
        let Some(request) = self.next.take() else { return Ok(Step::End) };
        if self.seen.contains(&request.url) {
            return Ok(Step::Repeated);
        }
        if self.seen.len() >= MAX_PAGES {
            return Err(Error::MalformedAnswer(Failure::new(
                "TooManyPages",
                format!("{} pagination exceeds maximum of {MAX_PAGES} pages", self.operation),
            )));
        }
        let response = status::send(self.http, &request)?;
        self.seen.push(request.url.clone());
        self.next = self.successor(&request, &response)?.map(|url| request.to(url));
        Ok(Step::Page(request, response))
    }

    fn successor(&self, request: &Request, response: &Response) -> Result<Option<String>, Error> {
        let here = Url::parse(&request.url)
            .map_err(|cause| Error::other("InvalidUrl", format!("{}: {cause}", request.deed())))?;
        match (self.paging, response.header("x-next-page").map(str::trim)) {
            (Paging::NextPage, Some("")) => Ok(None),
            (Paging::NextPage, Some(page)) => Ok(Some(with_page(here, page).into())),
            (Paging::Link | Paging::NextPage, _) => self.linked(&here, request, response),
        }
    }

    fn linked(&self, here: &Url, request: &Request, response: &Response) -> Result<Option<String>, Error> {
        let Some(target) = response.header("link").and_then(next_target) else { return Ok(None) };
        let next = here.join(target).map_err(|cause| {
            Error::malformed(format!("{}: the link to the next page is not a URL: {cause}", request.deed()))
        })?;
        // The credential would be asked for at an address that the user did not name.
        if next.origin() != here.origin() {
            return Err(Error::malformed(format!(
                "{} pagination leads from {} to {}, another origin; check that spec.url is the forge's external URL",
                self.operation,
                here.origin().ascii_serialization(),
                next.origin().ascii_serialization()
            )));
        }
        Ok(Some(next.into()))
    }
}

fn with_page(mut url: Url, page: &str) -> Url {
    let kept: Vec<(String, String)> =
        url.query_pairs().filter(|(key, _)| key != "page").map(|(key, value)| (key.into(), value.into())).collect();
    url.query_pairs_mut().clear().extend_pairs(kept).append_pair("page", page);
    url
}

/// The target of `rel="next"` in a `Link` header (RFC 8288): `<https://…>; rel="next", <…>; rel="last"`.
fn next_target(link: &str) -> Option<&str> {
    let mut rest = link;
    while let Some((_, after)) = rest.split_once('<') {
        let (target, parameters) = after.split_once('>')?;
        let (own, others) = parameters
            .split_once('<')
            .map_or((parameters, ""), |(own, _)| (own, parameters.get(own.len()..).unwrap_or_default()));
        let is_next = own.split([';', ',']).filter_map(|parameter| parameter.split_once('=')).any(|(key, value)| {
            key.trim().eq_ignore_ascii_case("rel")
                && value.trim().trim_matches('"').split_ascii_whitespace().any(|rel| rel.eq_ignore_ascii_case("next"))
        });
        if is_next {
            return Some(target);
        }
        rest = others;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Script, answer};

    fn walk(script: &Script, paging: Paging) -> Result<Vec<String>, Error> {
        let mut walk = Walk::new(script, "GitHub tags", paging, Request::get("https://forge.example/tags?per_page=2"));
        let mut bodies = Vec::new();
        loop {
            match walk.step()? {
                Step::Page(_, response) => bodies.push(String::from_utf8(response.body).unwrap()),
                Step::Repeated => bodies.push("repeated".to_owned()),
                Step::End => return Ok(bodies),
            }
        }
    }

    #[test]
    fn link_headers_are_read_as_rfc_8288_writes_them() {
        for (link, next) in [
            (r#"<https://f/x?page=2>; rel="next", <https://f/x?page=9>; rel="last""#, Some("https://f/x?page=2")),
            (r#"<https://f/x?page=1>; rel="prev", <https://f/x?page=3>; rel=next"#, Some("https://f/x?page=3")),
            (r#"<https://f/x?a=1,2;3>; title="q"; rel="last next""#, Some("https://f/x?a=1,2;3")),
            (r#"<https://f/x?page=1>; rel="first", <https://f/x?page=9>; rel="last""#, None),
            ("", None),
            ("<broken", None),
        ] {
            assert_eq!(next_target(link), next, "{link}");
        }
    }

    #[test]
    fn pages_follow_link_headers_to_the_end() {
        let script = Script::new()
            .get("https://forge.example/tags?per_page=2", answer(200).next_link("/tags?per_page=2&page=2").text("one"))
            .get("https://forge.example/tags?per_page=2&page=2", answer(200).text("two"));
        assert_eq!(walk(&script, Paging::Link).unwrap(), ["one", "two"]);
    }

    #[test]
    fn pages_follow_x_next_page_and_keep_the_query() {
        let script = Script::new()
            .get("https://forge.example/tags?per_page=2", answer(200).header("X-Next-Page", "2").text("one"))
            .get("https://forge.example/tags?per_page=2&page=2", answer(200).header("X-Next-Page", "3").text("two"))
            .get("https://forge.example/tags?per_page=2&page=3", answer(200).header("X-Next-Page", "").text("three"));
        assert_eq!(walk(&script, Paging::NextPage).unwrap(), ["one", "two", "three"]);
    }

    #[test]
    fn a_page_that_points_back_is_noticed_and_not_asked_again() {
        let script = Script::new()
            .get("https://forge.example/tags?per_page=2", answer(200).next_link("/tags?per_page=2").text("one"));
        assert_eq!(walk(&script, Paging::Link).unwrap(), ["one", "repeated"]);
        assert_eq!(script.sent().len(), 1);
    }

    #[test]
    fn a_listing_without_end_is_refused_at_a_thousand_pages() {
        let script = Script::answering(|request| {
            let page: usize = request.url.rsplit('=').next().unwrap().parse().unwrap();
            answer(200).header("X-Next-Page", &(page + 1).to_string()).text("[]")
        });
        let error = walk(&script, Paging::NextPage).unwrap_err();
        assert_eq!(error.to_string(), "GitHub tags pagination exceeds maximum of 1000 pages");
        assert_eq!(script.sent().len(), MAX_PAGES);
    }

    #[test]
    fn a_next_page_at_another_origin_is_refused() {
        let script = Script::new().get(
            "https://forge.example/tags?per_page=2",
            answer(200).next_link("https://evil.example/tags?page=2").text("one"),
        );
        let error = walk(&script, Paging::Link).unwrap_err();
        assert_eq!(error.kind(), "malformed-answer");
        assert!(error.to_string().contains("https://evil.example"), "{error}");
    }

    #[test]
    fn a_failed_page_fails_the_walk() {
        let script = Script::new()
            .get("https://forge.example/tags?per_page=2", answer(200).next_link("/tags?page=2").text("one"))
            .get("https://forge.example/tags?page=2", answer(500));
        assert_eq!(walk(&script, Paging::Link).unwrap_err().kind(), "unavailable");
    }
}
