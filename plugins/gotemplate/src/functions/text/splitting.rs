//! Splitting, joining and sorting of strings.

use crate::functions::args::MAX_BYTES;
use crate::functions::{Answer, Args, Context, to_text};
use crate::value::{Element, List, Text, Value, marked, merge, shadow_of};
use go_std::unicode::chars;
use std::collections::BTreeMap;
use std::rc::Rc;

/// `strings.SplitN`: at most `most` parts, all if negative, none if 0.
pub(in crate::functions) fn parts(text: &[u8], separator: &[u8], most: i64) -> Vec<Vec<u8>> {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let mut out = Vec::new();
    if most == 0 {
        return out;
    }
    let mut rest = text;
    if separator.is_empty() {
        let mut pieces = chars(text);
        while out.len() + 1 < most {
            let Some((at, _, length, _)) = pieces.next() else { return out };
            out.push(text.get(at..at + length).unwrap_or_default().to_vec());
            rest = text.get(at + length..).unwrap_or_default();
        }
        if !rest.is_empty() {
            out.push(rest.to_vec());
        }
        return out;
    }
    while out.len() + 1 < most {
        let Some(at) = rest.windows(separator.len()).position(|window| window == separator) else { break };
        out.push(rest.get(..at).unwrap_or_default().to_vec());
        rest = rest.get(at + separator.len()..).unwrap_or_default();
    }
    out.push(rest.to_vec());
    out
}

fn numbered(parts: Vec<Vec<u8>>) -> Value {
    let entries = parts.into_iter().enumerate().map(|(nth, part)| (Text::from(format!("_{nth}")), Text::from(part)));
    Value::TextMap(Rc::new(entries.collect::<BTreeMap<_, _>>()))
}

pub(in crate::functions) fn split(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(numbered(parts(args.bytes(1), args.bytes(0), -1)))
}

pub(in crate::functions) fn splitn(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(numbered(parts(args.bytes(2), args.bytes(0), args.int(1))))
}

pub(in crate::functions) fn split_list(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(Value::texts(parts(args.bytes(1), args.bytes(0), -1).into_iter().map(Text::from)))
}

/// sprig's `strslice`: a list of strings is itself, nil elements are dropped, a scalar is a list of one.
fn texts(value: &Value) -> List {
    match value {
        Value::List(list) if list.element() == Element::Text => list.clone(),
        Value::List(list) => {
            let items = list.to_vec();
            let shown = items.iter().filter(|v| !matches!(v, Value::Nil)).map(|v| Value::from(to_text(v)));
            List::with_room(Element::Text, shown.collect(), items.len())
        }
        Value::Nil => List::new(Element::Text, Vec::new()),
        other => List::new(Element::Text, vec![to_text(other).into()]),
    }
}

pub(in crate::functions) fn to_strings(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(Value::List(texts(args.any(0))))
}

pub(in crate::functions) fn join(_: &mut Context, args: Args<'_>) -> Answer {
    let separator = args.bytes(0);
    let parts: Vec<Vec<u8>> = texts(args.any(1)).to_vec().iter().map(to_text).collect();
    let length: usize = parts.iter().map(|p| p.len() + separator.len()).sum();
    if length > MAX_BYTES {
        return Err("the result is larger than 8 MiB".to_owned());
    }
    Ok(parts.join(separator).into())
}

pub(in crate::functions) fn sort_alpha(_: &mut Context, args: Args<'_>) -> Answer {
    let list = match args.any(0) {
        Value::List(list) if list.element() == Element::Text => list.clone(),
        // Elements keep what is known about their untrusted parts, whatever their order.
        Value::List(list) => {
            let shown = list.to_vec().into_iter().filter(|v| !matches!(v, Value::Nil)).map(|v| as_text(&v));
            List::with_room(Element::Text, shown.collect(), list.len())
        }
        other => List::new(Element::Text, vec![as_text(other)]),
    };
    list.sort_by(|a, b| match (a, b) {
        (Value::Text(a), Value::Text(b)) => a.cmp(b),
        _ => std::cmp::Ordering::Equal,
    });
    Ok(Value::List(list))
}

fn as_text(value: &Value) -> Value {
    if let Value::Text(_) = value {
        return value.clone();
    }
    let text = Value::from(to_text(value));
    match marked(value) {
        Some(origin) => merge(text, Some(to_text(&shadow_of(value)).into()), &origin),
        None => text,
    }
}
