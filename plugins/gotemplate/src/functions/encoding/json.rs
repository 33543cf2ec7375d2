//! JSON in and out.

use crate::functions::{Answer, Args, Context};
use crate::json::{Style, from_bytes, to_bytes};
use crate::value::Value;

pub(in crate::functions) fn from_json(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(from_bytes(args.bytes(0)).unwrap_or(Value::Nil))
}

pub(in crate::functions) fn must_from_json(_: &mut Context, args: Args<'_>) -> Answer {
    from_bytes(args.bytes(0)).map_err(|e| e.to_string())
}

fn must(args: Args<'_>, style: Style) -> Answer {
    to_bytes(args.any(0), style).map(Value::from)
}

pub(in crate::functions) fn to_json(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(must(args, Style::Html).unwrap_or_else(|_| Value::text("")))
}

pub(in crate::functions) fn must_to_json(_: &mut Context, args: Args<'_>) -> Answer {
    must(args, Style::Html)
}

pub(in crate::functions) fn to_pretty_json(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(must(args, Style::Pretty).unwrap_or_else(|_| Value::text("")))
}

pub(in crate::functions) fn must_to_pretty_json(_: &mut Context, args: Args<'_>) -> Answer {
    must(args, Style::Pretty)
}

/// Panics in Go where the value cannot be written, which fails the template as an error does.
pub(in crate::functions) fn to_raw_json(_: &mut Context, args: Args<'_>) -> Answer {
    must(args, Style::Raw)
}

pub(in crate::functions) fn must_to_raw_json(_: &mut Context, args: Args<'_>) -> Answer {
    must(args, Style::Raw)
}
