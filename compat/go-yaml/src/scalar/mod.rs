//! The type of one scalar, by its tag, its style and its text; as a value, as a key, as text for a string field.
//!
//! Integral floats are integers, and a date stays the text that was written.

pub(crate) mod number;
pub(crate) mod resolve;

use std::borrow::Cow;

use go_std::encoding::base64;
use serde_json::Number;

use crate::error::{Location, ReadError, Refusal};
use crate::tree::{Content, NodeData, NodeId, Tree};
use crate::value::Json;
use number::{general32, integral};
use resolve::{Resolved, resolve, resolve_as};

const LONG_TAG: &str = "tag:yaml.org,2002:";

/// A scalar whose type is decided.
pub(crate) enum Scalar {
    /// The text as it is.
    Text,
    /// What the text encodes.
    Decoded(String),
    Typed(Resolved),
}

/// Where a node stands.
pub(crate) fn place(node: &NodeData<'_>) -> Location {
    Location { line: node.line, column: node.column }
}

/// The text of a mapping key; none for keys that cannot be one.
pub(crate) fn key_text<'t>(tree: &'t Tree<'_>, id: NodeId) -> Option<Cow<'t, str>> {
    let node = tree.node(id)?;
    let Content::Scalar { text, implicit, .. } = &node.content else { return None };
    key_of(scalar(node, text, *implicit).ok()?, Cow::Borrowed(text), node).ok()
}

/// What sigs yaml makes of a scalar where a string is wanted.
pub(crate) fn coerced(tree: &Tree<'_>, id: NodeId) -> Option<String> {
    let node = tree.node(id)?;
    let Content::Scalar { text, implicit, .. } = &node.content else { return None };
    Some(match scalar(node, text, *implicit).ok()? {
        Scalar::Text => text.clone().into_owned(),
        Scalar::Decoded(text) => text,
        Scalar::Typed(Resolved::Null) => String::new(),
        Scalar::Typed(Resolved::Bool(b)) => b.to_string(),
        Scalar::Typed(Resolved::Int(n)) => n.to_string(),
        Scalar::Typed(Resolved::Uint(n)) => n.to_string(),
        Scalar::Typed(Resolved::Float(f)) => general32(f),
        Scalar::Typed(Resolved::Timestamp | Resolved::Str) => text.clone().into_owned(),
    })
}

/// The type of a scalar by its tag, its style and its text.
#[inline]
pub(crate) fn scalar(node: &NodeData<'_>, text: &str, implicit: bool) -> Result<Scalar, Refusal> {
    match node.tag() {
        "" if implicit => Ok(typed(resolve(text))),
        "" => Ok(Scalar::Text),
        tag => tagged(node, tag, text),
    }
}

#[inline(never)]
fn tagged(node: &NodeData<'_>, tag: &str, text: &str) -> Result<Scalar, Refusal> {
    match tag.strip_prefix(LONG_TAG) {
        Some("str") => Ok(Scalar::Text),
        Some("binary") => match base64::decode(text.as_bytes()) {
            Ok(bytes) => Ok(Scalar::Decoded(go_text(&bytes))),
            Err(_) => Err(ReadError::unusable("!!binary value contains invalid base64 data", place(node)).into()),
        },
        Some(wanted @ ("bool" | "int" | "float" | "null" | "timestamp")) => {
            let resolved = match resolve_as(text, wanted == "timestamp") {
                Resolved::Int(n) if wanted == "float" => Resolved::Float(n as f64),
                other => other,
            };
            if resolved.tag().strip_prefix("!!") != Some(wanted) {
                let found = resolved.tag();
                return Err(ReadError::unusable(
                    format!("cannot decode {found} `{text}` as a !!{wanted}"),
                    place(node),
                )
                .into());
            }
            Ok(typed(resolved))
        }
        // An unknown tag: the text as it is.
        _ => Ok(Scalar::Text),
    }
}

fn typed(resolved: Resolved) -> Scalar {
    match resolved {
        Resolved::Str | Resolved::Timestamp => Scalar::Text,
        other => Scalar::Typed(other),
    }
}

/// The value of a scalar with this text.
pub(crate) fn value_of<'a>(scalar: Scalar, text: &Cow<'a, str>, node: &NodeData<'_>) -> Result<Json<'a>, Refusal> {
    let resolved = match scalar {
        Scalar::Text => return Ok(Json::String(text.clone())),
        Scalar::Decoded(text) => return Ok(Json::String(Cow::Owned(text))),
        Scalar::Typed(resolved) => resolved,
    };
    Ok(match resolved {
        Resolved::Null | Resolved::Timestamp | Resolved::Str => Json::Null,
        Resolved::Bool(b) => Json::Bool(b),
        Resolved::Int(n) => Json::Number(n.into()),
        Resolved::Uint(n) => number(n as f64),
        Resolved::Float(f) if !f.is_finite() => {
            let name = if f.is_nan() {
                "NaN"
            } else if f > 0.0 {
                "+Inf"
            } else {
                "-Inf"
            };
            return Err(ReadError::not_json(format!("json: unsupported value: {name}"), place(node)).into());
        }
        Resolved::Float(f) => number(f),
    })
}

/// A float after its way through JSON text.
fn number(f: f64) -> Json<'static> {
    match integral(f) {
        Some(n) => Json::Number(n.into()),
        None => Number::from_f64(f).map_or(Json::Null, Json::Number),
    }
}

/// The text of a key that is written like this.
pub(crate) fn key_of<'t>(scalar: Scalar, text: Cow<'t, str>, node: &NodeData<'_>) -> Result<Cow<'t, str>, Refusal> {
    let resolved = match scalar {
        Scalar::Text => return Ok(text),
        Scalar::Decoded(text) => return Ok(Cow::Owned(text)),
        Scalar::Typed(resolved) => resolved,
    };
    Ok(Cow::Owned(match resolved {
        Resolved::Bool(b) => b.to_string(),
        Resolved::Int(n) => n.to_string(),
        Resolved::Float(f) => general32(f),
        Resolved::Uint(_) => return Err(ReadError::not_json("unsupported map key of type: uint64", place(node)).into()),
        Resolved::Null | Resolved::Timestamp | Resolved::Str => {
            return Err(ReadError::not_json("unsupported map key of type: null; put it in quotes", place(node)).into());
        }
    }))
}

/// Bytes as Go's JSON writes them: each byte that is not UTF-8 becomes one U+FFFD.
fn go_text(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(std::iter::repeat_n('\u{FFFD}', chunk.invalid().len()));
    }
    text
}
