//! All items of a paged listing, and whether it held still while it was read.
//!
//! Pages are read one after the other while others close change requests and delete branches. When an item vanishes
//! from a page that was already read, the items behind it move up, and one slips from a page not yet read to one
//! already read: it would look closed, and its environment would be deleted. So a listing of several pages counts as
//! stable only if nothing can have slipped:
//!
//! * no page repeats and no item is listed twice, and
//! * the server's totals (`X-Total`) stayed the same on every page and match the number of items, or, where a server
//!   gives no totals, every page but the last has the same items when it is asked for again. Those are conditional
//!   requests, answered 304 in the usual case.
//!
//! An unstable listing is read once more; if that is unstable too, what was found is [`Outcome::Partial`]: it adds and
//! updates, and removes nothing.

use std::collections::HashSet;

use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::http::{Http, Request, Response};
use crate::json;
use crate::paging::{Paging, Step, Walk};
use crate::provider::{Input, Outcome};
use crate::status;

/// What is listed and how.
#[derive(Debug, Clone)]
pub struct Listing<'a> {
    /// Names the listing in errors and log lines, for example `GitHub tags`.
    pub operation: &'a str,
    /// The request for the first page.
    pub first: Request,
    /// How the forge says where the next page is.
    pub paging: Paging,
}

/// The items of a listing, each once, in the order of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T> {
    /// The items.
    pub items: Vec<T>,
    /// Whether this is all there is.
    pub completeness: Completeness,
}

/// Whether a listing held still while it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completeness {
    /// Nothing can have slipped between two pages.
    Stable,
    /// Something may have.
    Shifting,
}

/// One item with an identity within its listing.
pub trait Item: DeserializeOwned {
    /// What tells this item from the others: a number, a name.
    fn key(&self) -> String;
}

struct Pass<T> {
    items: Vec<T>,
    doubt: Option<String>,
}

struct Page {
    request: Request,
    body: Vec<u8>,
    keys: Vec<String>,
    total: Option<u64>,
}

impl<T> Listed<T> {
    /// Turns the items into inputs: complete if the listing was stable.
    pub fn outcome(self, input: impl FnMut(T) -> Input) -> Outcome {
        let inputs = self.items.into_iter().map(input).collect();
        match self.completeness {
            Completeness::Stable => Outcome::Complete(inputs),
            Completeness::Shifting => Outcome::Partial(inputs),
        }
    }
}

/// Reads a listing to its end, twice if it did not hold still.
///
/// # Errors
/// Any failure of any page.
pub fn list<T: Item>(http: &dyn Http, listing: &Listing<'_>) -> Result<Listed<T>, Error> {
    let first = read(http, listing)?;
    let Some(doubt) = first.doubt else { return Ok(Listed { items: first.items, completeness: Completeness::Stable }) };
    crate::info!("{doubt}; listing again");
    let again: Pass<T> = read(http, listing)?;
    let completeness = match again.doubt {
        None => Completeness::Stable,
        Some(doubt) => {
            crate::warn!("{doubt}; the listing is partial: nothing will be removed because of it");
            Completeness::Shifting
        }
    };
    Ok(Listed { items: again.items, completeness })
}

fn read<T: Item>(http: &dyn Http, listing: &Listing<'_>) -> Result<Pass<T>, Error> {
    let mut walk = Walk::new(http, listing.operation, listing.paging, listing.first.clone());
    let (mut items, mut pages, mut seen, mut doubt) = (Vec::new(), Vec::new(), HashSet::new(), None);
    loop {
        let (request, response) = match walk.step()? {
            Step::Page(request, response) => (request, response),
            Step::Repeated => {
                doubt = Some(format!("{} pagination returned a repeated page", listing.operation));
                break;
            }
            Step::End => break,
        };
        let listed: Vec<T> = json::decode(&request, &response)?;
        let keys: Vec<String> = listed.iter().map(Item::key).collect();
        for (item, key) in listed.into_iter().zip(&keys) {
            if seen.insert(key.clone()) {
                items.push(item);
            } else {
                doubt = Some(format!("{} listed {key:?} twice", listing.operation));
            }
        }
        pages.push(Page { total: total(&response), request, body: response.body, keys });
    }
    if doubt.is_none() && pages.len() > 1 {
        doubt = doubt_of::<T>(http, listing.operation, &pages, items.len())?;
    }
    Ok(Pass { items, doubt })
}

fn doubt_of<T: Item>(http: &dyn Http, operation: &str, pages: &[Page], count: usize) -> Result<Option<String>, Error> {
    let totals: Vec<u64> = pages.iter().filter_map(|page| page.total).collect();
    if totals.len() < pages.len() {
        return moved::<T>(http, operation, pages);
    }
    let count = u64::try_from(count).unwrap_or(u64::MAX);
    Ok(totals
        .iter()
        .any(|total| *total != count)
        .then(|| format!("{operation} listed {count} items while the server counted {totals:?} page by page")))
}

/// Asks for every page but the last again: an item that slipped did so across one of their ends.
fn moved<T: Item>(http: &dyn Http, operation: &str, pages: &[Page]) -> Result<Option<String>, Error> {
    let Some((_, earlier)) = pages.split_last() else { return Ok(None) };
    for (index, page) in earlier.iter().enumerate() {
        let again = status::send(http, &page.request)?;
        if again.body == page.body {
            continue;
        }
        // A comment or a push changes a page without moving anything.
        let listed: Vec<T> = json::decode(&page.request, &again)?;
        if !listed.iter().map(Item::key).eq(page.keys.iter().cloned()) {
            return Ok(Some(format!("{operation} changed on page {} while the pages were read", index + 1)));
        }
    }
    Ok(None)
}

fn total(response: &Response) -> Option<u64> {
    response.header("x-total")?.trim().parse().ok()
}

#[cfg(test)]
mod tests;
