//! Regular expressions. The plain functions panic in Go on a bad pattern, which fails the template as an error does;
//! only `regexMatch` answers false.

use super::{Answer, Args, Context};
use crate::regex::quote;
use crate::value::{Element, List, Text, Value};

/// What Go's `MustCompile` panics with.
fn compile(context: &mut Context, args: Args<'_>) -> Result<std::rc::Rc<crate::regex::Regex>, String> {
    context.regex(args.bytes(0)).map_err(|error| {
        let pattern = args.text(0).lossy().into_owned();
        let shown = if pattern.contains('`') { crate::fmt::quoted(pattern.as_bytes()) } else { format!("`{pattern}`") };
        format!("regexp: Compile({shown}): {error}")
    })
}

pub(super) fn matches(context: &mut Context, args: Args<'_>) -> Answer {
    Ok(Value::Bool(context.regex(args.bytes(0)).is_ok_and(|regex| regex.is_match(args.bytes(1)))))
}

pub(super) fn must_match(context: &mut Context, args: Args<'_>) -> Answer {
    Ok(Value::Bool(context.regex(args.bytes(0))?.is_match(args.bytes(1))))
}

fn texts(found: Option<Vec<Vec<u8>>>) -> Value {
    match found {
        Some(parts) => Value::texts(parts.into_iter().map(Text::from)),
        None => Value::List(List::nil(Element::Text)),
    }
}

pub(super) fn find_all(context: &mut Context, args: Args<'_>) -> Answer {
    Ok(texts(compile(context, args)?.find_all(args.bytes(1), args.int(2))))
}

pub(super) fn must_find_all(context: &mut Context, args: Args<'_>) -> Answer {
    Ok(texts(context.regex(args.bytes(0))?.find_all(args.bytes(1), args.int(2))))
}

pub(super) fn find(context: &mut Context, args: Args<'_>) -> Answer {
    Ok(compile(context, args)?.find(args.bytes(1)).to_vec().into())
}

pub(super) fn must_find(context: &mut Context, args: Args<'_>) -> Answer {
    Ok(context.regex(args.bytes(0))?.find(args.bytes(1)).to_vec().into())
}

pub(super) fn replace_all(context: &mut Context, args: Args<'_>) -> Answer {
    Ok(compile(context, args)?.replace_all(args.bytes(1), args.bytes(2)).into())
}

pub(super) fn must_replace_all(context: &mut Context, args: Args<'_>) -> Answer {
    Ok(context.regex(args.bytes(0))?.replace_all(args.bytes(1), args.bytes(2)).into())
}

pub(super) fn replace_all_literal(context: &mut Context, args: Args<'_>) -> Answer {
    Ok(compile(context, args)?.replace_all_literal(args.bytes(1), args.bytes(2)).into())
}

pub(super) fn must_replace_all_literal(context: &mut Context, args: Args<'_>) -> Answer {
    Ok(context.regex(args.bytes(0))?.replace_all_literal(args.bytes(1), args.bytes(2)).into())
}

pub(super) fn split(context: &mut Context, args: Args<'_>) -> Answer {
    Ok(texts(compile(context, args)?.split(args.bytes(1), args.int(2))))
}

pub(super) fn must_split(context: &mut Context, args: Args<'_>) -> Answer {
    Ok(texts(context.regex(args.bytes(0))?.split(args.bytes(1), args.int(2))))
}

pub(super) fn quote_meta(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(quote(args.bytes(0)).into())
}
