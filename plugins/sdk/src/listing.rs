//! Reads all items of a paged listing, and finds out whether it changed meanwhile.
//!
//! Pages are read one after the other while others close change requests and delete branches. If an item disappears
//! from a page that was already read, the items behind it move up, and one of them moves from a page not yet read to
//! one already read. It would look closed, and its environment would be deleted. A listing of several pages therefore
//! counts as stable only if no item can have moved:
//!
//! * no page repeats and no item is listed twice, and
//! * the server's totals (`X-Total`, or what [`Total`] names) stayed the same on every page and match the number of
//!   items, or, if a server gives no totals, every page but the last has the same items when it is read again. Those
//!   are conditional requests, which are usually answered with 304.
//!
//! An unstable listing is read once more. If that is unstable too, the result is [`Outcome::Partial`]: it adds and
//! updates inputs, and removes none.
//!
//! An item with an unexpected shape does not affect the others: it becomes an [`UnreadableItem`]. A page on which no
//! item can be recognised is an error, because it lists something else.

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

/// A listing to read.
#[derive(Debug, Clone)]
pub struct Listing<'a> {
    /// The name of the listing in errors and log lines, for example `GitHub tags`.
    pub operation: &'a str,
    /// The request for the first page.
    pub first: Request,
    /// The way in which the forge names the next page.
    pub paging: Paging<'a>,
    /// Where the items are in a body: a JSON pointer such as `/values`; empty if the body is the list.
    pub items_at: &'a str,
    /// Where the server says how many items there are, if it does.
    pub total: Total<'a>,
}

/// Where a server gives the number of items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Total<'a> {
    /// In a header of this name (case-insensitive), for example `X-Total` or `X-Total-Count`.
    Header(&'a str),
    /// In the body at this JSON pointer, for example `/total`.
    Body(&'a str),
}

/// The items of a listing without duplicates, in the order of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T> {
    /// The items that could be read.
    pub items: Vec<T>,
    /// The items with an unexpected shape.
    pub unreadable: Vec<UnreadableItem>,
    /// Whether items may be missing.
    pub completeness: Completeness,
}

/// Whether a listing changed while it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completeness {
    /// No item can have moved between two pages.
    Stable,
    /// An item may have moved between two pages and be missing.
    Shifting,
}

/// An item that can be told from the others of its listing.
pub trait Item: DeserializeOwned {
    /// What identifies the item in its listing: a number or a name.
    fn key(&self) -> String;

    /// The identity of an item with an unexpected shape. `None` if it cannot be told: then the item may be any of those
    /// that were exported earlier.
    fn identify(_item: &Value) -> Option<Identity> {
        None
    }
}

/// The identity of an item with an unexpected shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The value that [`Item::key`] would have.
    pub key: String,
    /// The id that its input has in other answers.
    pub id: Option<String>,
    /// The value of the type's name attribute.
    pub name: Option<String>,
}

impl<'a> Listing<'a> {
    /// A listing whose bodies are lists of items, and whose server may give their number in the header `X-Total`.
    #[must_use]
    pub fn new(operation: &'a str, first: Request, paging: Paging<'a>) -> Self {
        Self { operation, first, paging, items_at: "", total: Total::Header("x-total") }
    }

    /// Sets the JSON pointer at which a body has the items.
    #[must_use]
    pub fn items_at(self, pointer: &'a str) -> Self {
        Self { items_at: pointer, ..self }
    }

    /// Sets where the server gives the number of items.
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

/// Reads a listing to its end, and a second time if it changed meanwhile.
///
/// # Errors
/// The failure of any page.
pub fn list<T: Item>(http: &dyn Http, listing: &Listing<'_>) -> Result<Listed<T>, Error> {
    let (first, doubt) = read(http, listing)?;
    let Some(doubt) = doubt else { return Ok(first) };
    crate::info!("{doubt}; listing again");
    let (again, doubt) = read(http, listing)?;
    let Some(doubt) = doubt else { return Ok(again) };
    crate::warn!("{doubt}; the listing is partial: nothing will be removed because of it");
    Ok(Listed { completeness: Completeness::Shifting, ..again })
}

/// Reads all pages once; the text says why an item may be missing.
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
