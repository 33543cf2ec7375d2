//! Walks the pages of one listing, in order, to the end.
//!
//! # Guarantees
//!
//! * It finds the next page by the rule that [`Paging`] names, only at the origin it began with.
//! * It never asks for a page twice in one walk and never for more than [`MAX_PAGES`].
//! * Any failure of any page is the failure of the walk.

mod next;

use crate::error::{Error, Failure};
use crate::http::{Http, Request, Response};
use crate::listing::Listing;
use crate::status;

/// More pages than this is a server that does not end.
pub const MAX_PAGES: usize = 1000;

/// How a forge says where the next page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paging<'a> {
    /// `Link: <…>; rel="next"`, as GitHub and Gitea do.
    Link,
    /// `X-Next-Page: 3`, as GitLab does; `Link` where that header is absent.
    NextPage,
    /// The query parameter of this name counts the pages: `?page=2` follows `?page=1`, and a URL without it is page 1. The
    /// listing ends with a page that has no items.
    Numbered(&'a str),
    /// The body has the URL of the next page at this JSON pointer, such as `/next`, as Bitbucket does. The listing ends where
    /// there is none, or null, or an empty text.
    NextUrl(&'a str),
    /// The body has a token or a number for the next page, which is sent as a query parameter. The listing ends where there
    /// is none, or null, or an empty text.
    Token {
        /// Where it stands in the body: a JSON pointer, such as `/meta/nextCursor`.
        at: &'a str,
        /// The query parameter that carries it, such as `cursor`.
        parameter: &'a str,
    },
}

/// One step of a walk.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "one page at a time exists; a box would cost an allocation for each")]
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
    paging: Paging<'a>,
    items_at: &'a str,
    next: Option<Request>,
    seen: Vec<String>,
    /// The body of the page before this one, where pages are counted.
    before: Vec<u8>,
}

impl<'a> Walk<'a> {
    /// Begins at the first page of a listing.
    pub fn new(http: &'a dyn Http, listing: &Listing<'a>) -> Self {
        let Listing { operation, first, paging, items_at, .. } = listing.clone();
        Self { http, operation, paging, items_at, next: Some(first), seen: Vec::new(), before: Vec::new() }
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
        if matches!(self.paging, Paging::Numbered(_)) {
            // A server that does not know the parameter answers each page with the first one.
            if self.before == response.body {
                return Ok(Step::Repeated);
            }
            self.before.clone_from(&response.body);
        }
        self.next = self.successor(&request, &response)?.map(|url| request.to(url));
        Ok(Step::Page(request, response))
    }
}

#[cfg(test)]
mod tests;
