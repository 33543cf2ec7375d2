//! Walks through the pages of one listing in order, up to the last one.
//!
//! # Guarantees
//!
//! * It finds the next page by the rule that [`Paging`] names, and only at the origin of the first page.
//! * It never reads a page twice in one walk, and never more than [`MAX_PAGES`].
//! * The failure of a page is the failure of the walk.

mod next;

use crate::error::{Error, Failure};
use crate::http::{Http, Request, Response};
use crate::listing::Listing;
use crate::status;

/// The most pages of a walk. A server with more does not end its listings.
pub const MAX_PAGES: usize = 1000;

/// How a forge names the next page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paging<'a> {
    /// `Link: <…>; rel="next"`, as GitHub and Gitea do.
    Link,
    /// `X-Next-Page: 3`, as GitLab does; `Link` where that header is absent.
    NextPage,
    /// The query parameter of this name counts the pages: `?page=2` follows `?page=1`, and a URL without it is page 1.
    /// The listing ends with the first page that has no items.
    Numbered(&'a str),
    /// The body has the URL of the next page at this JSON pointer, such as `/next`, as Bitbucket does. The listing ends
    /// if it is absent, null or empty.
    NextUrl(&'a str),
    /// The body has a token or a number for the next page, which is sent as a query parameter. The listing ends
    /// if it is absent, null or empty.
    Token {
        /// A JSON pointer to it, such as `/meta/nextCursor`.
        at: &'a str,
        /// The query parameter that carries it, such as `cursor`.
        parameter: &'a str,
    },
}

/// One step of a walk.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "one page at a time exists; a box would cost an allocation for each")]
pub enum Step {
    /// A page, and the request for it.
    Page(Request, Response),
    /// The server named a page that was already read, so the listing cannot be trusted.
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
    /// The body of the page before this one, if pages are counted.
    before: Vec<u8>,
}

impl<'a> Walk<'a> {
    /// Starts before the first page of a listing.
    pub fn new(http: &'a dyn Http, listing: &Listing<'a>) -> Self {
        let Listing { operation, first, paging, items_at, .. } = listing.clone();
        Self { http, operation, paging, items_at, next: Some(first), seen: Vec::new(), before: Vec::new() }
    }

    /// Reads the next page.
    ///
    /// # Errors
    /// The page cannot be read, the walk has too many pages, or the next page is at another origin.
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
            // A server that does not know the parameter answers every page with the first one.
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
