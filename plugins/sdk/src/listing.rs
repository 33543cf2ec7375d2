//! All items of a paged listing, and whether it held still while it was read.
//!
//! Pages are read one after the other while others close change requests and delete branches. When an item vanishes
//! from a page that was already read, the items behind it move up, and one slips from a page not yet read to one
//! already read: it would look closed, and its environment would be deleted. So a listing of several pages counts as
//! stable only if nothing can have slipped:
//!
//! * no page repeats and no item is listed twice, and
//! * the server's totals (`X-Total`, or what [`Total`] names) stayed the same on every page and match the number of items, or, where a server
//!   gives no totals, every page but the last has the same items when it is asked for again. Those are conditional
//!   requests, answered 304 in the usual case.
//!
//! An unstable listing is read once more; if that is unstable too, what was found is [`Outcome::Partial`]: it adds and
//! updates, and removes nothing.
//!
//! One item of another shape does not stop the others: it becomes an [`UnreadableItem`]. A page of which not one item can be
//! recognised is a page of something else, and an error.

mod page;
pub mod paging;
mod reader;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::Error;
use crate::http::{Http, Request};
use crate::paging::Paging;
use crate::provider::{Found, Input, Outcome, UnreadableItem};

pub use page::{Entry, entries, recognise};
pub use reader::Reader;

/// What is listed and how.
#[derive(Debug, Clone)]
pub struct Listing<'a> {
    /// Names the listing in errors and log lines, for example `GitHub tags`.
    pub operation: &'a str,
    /// The request for the first page.
    pub first: Request,
    /// How the forge says where the next page is.
    pub paging: Paging<'a>,
    /// Where the items stand in a body: a JSON pointer such as `/values`; empty where the body is the list.
    pub items_at: &'a str,
    /// Where the server says how many items there are, if it does.
    pub total: Total<'a>,
}

/// Where a server says how many items its listing has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Total<'a> {
    /// In a header of this name, in any case: `X-Total`, `X-Total-Count`.
    Header(&'a str),
    /// In the body, at this JSON pointer: `/total`.
    Body(&'a str),
}

/// The items of a listing, each once, in the order of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T> {
    /// The items.
    pub items: Vec<T>,
    /// Items of another shape.
    pub unreadable: Vec<UnreadableItem>,
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

    /// What can be told of an item of another shape. `None` if not even its identity can: then it may be any of those that
    /// were exported earlier.
    fn identify(_item: &Value) -> Option<Identity> {
        None
    }
}

/// The identity of an item whose shape is not the expected one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// What [`Item::key`] would be.
    pub key: String,
    /// The id that its input has in other answers.
    pub id: Option<String>,
    /// The value of the type's name attribute.
    pub name: Option<String>,
}

impl<'a> Listing<'a> {
    /// A listing whose bodies are lists of items, and whose server may count them in the header `X-Total`.
    #[must_use]
    pub fn new(operation: &'a str, first: Request, paging: Paging<'a>) -> Self {
        Self { operation, first, paging, items_at: "", total: Total::Header("x-total") }
    }

    /// The items stand at this JSON pointer in a body.
    #[must_use]
    pub fn items_at(self, pointer: &'a str) -> Self {
        Self { items_at: pointer, ..self }
    }

    /// The server counts its items there.
    #[must_use]
    pub fn total(self, total: Total<'a>) -> Self {
        Self { total, ..self }
    }
}

impl<T> Listed<T> {
    /// Turns the items into inputs: complete if the listing was stable.
    pub fn outcome(self, input: impl FnMut(T) -> Input) -> Outcome {
        let found = Found { inputs: self.items.into_iter().map(input).collect(), unreadable: self.unreadable };
        match self.completeness {
            Completeness::Stable => Outcome::Complete(found),
            Completeness::Shifting => Outcome::Partial(found),
        }
    }
}

impl Found {
    /// The inputs made of the entries, and the unreadable items among them.
    pub fn of<T>(entries: Vec<Entry<T>>, mut input: impl FnMut(T) -> Input) -> Self {
        let mut found = Self::default();
        for entry in entries {
            match entry {
                Entry::Item(item) => found.inputs.push(input(item)),
                Entry::Unreadable { item, .. } => found.unreadable.push(item),
            }
        }
        found
    }
}

/// Reads a listing to its end, twice if it did not hold still.
///
/// # Errors
/// Any failure of any page.
pub fn list<T: Item>(http: &dyn Http, listing: &Listing<'_>) -> Result<Listed<T>, Error> {
    let (first, doubt) = read(http, listing)?;
    let Some(doubt) = doubt else { return Ok(first) };
    crate::info!("{doubt}; listing again");
    let (again, doubt) = read(http, listing)?;
    let Some(doubt) = doubt else { return Ok(again) };
    crate::warn!("{doubt}; the listing is partial: nothing will be removed because of it");
    Ok(Listed { completeness: Completeness::Shifting, ..again })
}

/// One pass, and why it may have missed an item.
fn read<T: Item>(http: &dyn Http, listing: &Listing<'_>) -> Result<(Listed<T>, Option<String>), Error> {
    let mut reader = Reader::new(http, listing);
    let mut listed = Listed { items: Vec::new(), unreadable: Vec::new(), completeness: Completeness::Stable };
    while let Some(page) = reader.next_page()? {
        for entry in page {
            match entry {
                Entry::Item(item) => listed.items.push(item),
                Entry::Unreadable { item, .. } => listed.unreadable.push(item),
            }
        }
    }
    Ok((listed, reader.doubt()?))
}

#[cfg(test)]
mod tests;
