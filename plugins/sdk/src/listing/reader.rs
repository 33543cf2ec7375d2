//! Reads a listing page by page, and finds out whether it changes meanwhile.

use std::collections::HashSet;
use std::marker::PhantomData;

use serde_json::Value;

use super::page::{Entry, page};
use super::{Item, Listing, Total};
use crate::error::Error;
use crate::http::{Http, Request, Response};
use crate::paging::{Step, Walk};
use crate::status;

/// A pass over the pages of a listing, which may end before the last page.
pub struct Reader<'a, T> {
    http: &'a dyn Http,
    listing: Listing<'a>,
    walk: Walk<'a>,
    seen: HashSet<String>,
    pages: Vec<Page>,
    doubt: Option<String>,
    items: PhantomData<T>,
}

struct Page {
    request: Request,
    body: Vec<u8>,
    keys: Vec<String>,
    total: Option<u64>,
}

impl<'a, T: Item> Reader<'a, T> {
    /// Starts before the first page.
    pub fn new(http: &'a dyn Http, listing: &Listing<'a>) -> Self {
        Self {
            http,
            listing: listing.clone(),
            walk: Walk::new(http, listing),
            seen: HashSet::new(),
            pages: Vec::new(),
            doubt: None,
            items: PhantomData,
        }
    }

    /// The items of the next page that no earlier page had; `None` at the end of the listing.
    ///
    /// # Errors
    /// The failure of the page.
    pub fn next_page(&mut self) -> Result<Option<Vec<Entry<T>>>, Error> {
        let (request, response) = match self.walk.step()? {
            Step::Page(request, response) => (request, response),
            Step::Repeated => {
                self.doubt = Some(format!("{} pagination returned a repeated page", self.listing.operation));
                return Ok(None);
            }
            Step::End => return Ok(None),
        };
        let entries = page::<T>(self.listing.items_at, &request, &response)?;
        let keys: Vec<String> = entries.iter().map(Entry::key).collect();
        let mut fresh = Vec::with_capacity(entries.len());
        for (entry, key) in entries.into_iter().zip(&keys) {
            if self.seen.insert(key.clone()) {
                fresh.push(entry);
            } else {
                self.doubt = Some(format!("{} listed {key:?} twice", self.listing.operation));
            }
        }
        self.pages.push(Page { total: self.listing.total.of(&response), request, body: response.body, keys });
        Ok(Some(fresh))
    }

    /// Why an item may have moved between two pages and be missing; to be called after the last page.
    ///
    /// # Errors
    /// A page cannot be read again.
    pub fn doubt(self) -> Result<Option<String>, Error> {
        if self.doubt.is_some() || self.pages.len() < 2 {
            return Ok(self.doubt);
        }
        let totals: Vec<u64> = self.pages.iter().filter_map(|page| page.total).collect();
        if totals.len() < self.pages.len() {
            return self.moved();
        }
        let count = u64::try_from(self.seen.len()).unwrap_or(u64::MAX);
        let operation = self.listing.operation;
        Ok(totals
            .iter()
            .any(|total| *total != count)
            .then(|| format!("{operation} listed {count} items while the server counted {totals:?} page by page")))
    }

    /// Reads every page but the last again: an item that moved has changed the items of one of them.
    fn moved(&self) -> Result<Option<String>, Error> {
        let Some((_, earlier)) = self.pages.split_last() else { return Ok(None) };
        for (index, before) in earlier.iter().enumerate() {
            let again = status::send(self.http, &before.request)?;
            if again.body == before.body {
                continue;
            }
            // A comment or a push changes a page without moving an item.
            let listed = page::<T>(self.listing.items_at, &before.request, &again)?;
            if !listed.iter().map(Entry::key).eq(before.keys.iter().cloned()) {
                return Ok(Some(format!(
                    "{} changed on page {} while the pages were read",
                    self.listing.operation,
                    index + 1
                )));
            }
        }
        Ok(None)
    }
}

impl Total<'_> {
    /// The number of items, if this answer has it.
    fn of(self, response: &Response) -> Option<u64> {
        match self {
            Self::Header(name) => response.header(name)?.trim().parse().ok(),
            Self::Body(pointer) => serde_json::from_slice::<Value>(&response.body).ok()?.pointer(pointer)?.as_u64(),
        }
    }
}
