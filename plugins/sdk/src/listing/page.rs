//! The items of one page, with those that cannot be read.

use serde_json::Value;

use super::{Identity, Item};
use crate::error::Error;
use crate::http::{Request, Response};
use crate::json;
use crate::provider::UnreadableItem;

/// An element of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry<T> {
    /// An item with the expected shape.
    Item(T),
    /// An item with another shape.
    Unreadable {
        /// What identifies it on its page.
        key: String,
        /// The item as it is reported to the host.
        item: UnreadableItem,
    },
}

impl<T: Item> Entry<T> {
    /// What identifies the element on its page.
    pub fn key(&self) -> String {
        match self {
            Self::Item(item) => item.key(),
            Self::Unreadable { key, .. } => key.clone(),
        }
    }

    fn is_recognised(&self) -> bool {
        match self {
            Self::Item(_) => true,
            Self::Unreadable { item, .. } => item.id.is_some() || item.name.is_some(),
        }
    }
}

/// The elements of a list. One with an unexpected shape does not affect the others.
///
/// # Errors
/// The answer is not a JSON list.
pub fn entries<T: Item>(request: &Request, response: &Response) -> Result<Vec<Entry<T>>, Error> {
    match json::decode::<Vec<T>>(request, response) {
        Ok(items) => Ok(items.into_iter().map(Entry::Item).collect()),
        // Decoding element by element costs more, and most pages do not need it.
        Err(error @ Error::MalformedAnswer(_)) => match json::elements(request, response) {
            Ok(elements) => Ok(elements.into_iter().map(entry).collect()),
            Err(_) => Err(error),
        },
        Err(other) => Err(other),
    }
}

/// The elements of a list inside a document. One with an unexpected shape does not affect the others.
pub fn recognise<T: Item>(elements: &[Value]) -> Vec<Entry<T>> {
    elements.iter().map(|element| entry(&element.to_string())).collect()
}

/// The elements of a page of a listing.
///
/// # Errors
/// The answer is not a JSON list, or none of its elements can be recognised, so it lists something else.
pub(super) fn page<T: Item>(items_at: &str, request: &Request, response: &Response) -> Result<Vec<Entry<T>>, Error> {
    if !items_at.is_empty() {
        // The list is treated like a body, so that the same rules apply.
        let body = Value::Array(json::list_at(items_at, request, response)?).to_string().into_bytes();
        return page("", request, &Response { body, ..response.clone() });
    }
    let page = entries::<T>(request, response)?;
    if page.is_empty() || page.iter().any(Entry::is_recognised) {
        return Ok(page);
    }
    // Decoding the whole page gives the error text for the page.
    json::decode::<Vec<T>>(request, response).map(|items| items.into_iter().map(Entry::Item).collect())
}

fn entry<T: Item>(text: &str) -> Entry<T> {
    match json::decode_item(text) {
        Ok(item) => Entry::Item(item),
        Err(problem) => {
            let identity = serde_json::from_str::<Value>(text).ok().and_then(|value| T::identify(&value));
            let Identity { key, id, name } =
                identity.unwrap_or_else(|| Identity { key: text.to_owned(), id: None, name: None });
            Entry::Unreadable { key, item: UnreadableItem { id, name, problem } }
        }
    }
}
