//! Regular expressions. The plain functions panic in Go on a bad pattern, which fails the template as an error does;
//! only `regexMatch` answers false.

use crate::functions::{Answer, Args, Context};
use crate::value::growth::grown;
use crate::value::{Element, List, Text, Value};
use go_std::regexp::{Regex, quote_meta as quoted};

/// The room that Go makes for matches.
const FOUND: usize = 10;

/// What Go's `MustCompile` panics with.
fn compile(context: &mut Context, args: Args<'_>) -> Result<std::rc::Rc<Regex>, String> {
    context.regex(args.bytes(0)).map_err(|error| {
        let pattern = args.bytes(0);
        let shown = if go_std::strconv::can_backquote(pattern) {
            format!("`{}`", String::from_utf8_lossy(pattern))
        } else {
            go_std::strconv::quote(pattern)
        };
        format!("regexp: Compile({shown}): {error}")
    })
}

pub(in crate::functions) fn matches(context: &mut Context, args: Args<'_>) -> Answer {
    Ok(Value::Bool(context.regex(args.bytes(0)).is_ok_and(|regex| regex.is_match(args.bytes(1)))))
}

pub(in crate::functions) fn must_match(context: &mut Context, args: Args<'_>) -> Answer {
    Ok(Value::Bool(context.regex(args.bytes(0))?.is_match(args.bytes(1))))
}

/// Go makes room for as many parts before it appends them.
fn texts(found: Option<Vec<Vec<u8>>>, room: usize) -> Value {
    match found {
        Some(parts) => {
            let room = grown(Element::Text, room, parts.len());
            let items = parts.into_iter().map(|part| Value::Text(Text::from(part))).collect();
            Value::List(List::with_room(Element::Text, items, room))
        }
        None => Value::List(List::nil(Element::Text)),
    }
}

pub(in crate::functions) fn find_all(context: &mut Context, args: Args<'_>) -> Answer {
    Ok(texts(compile(context, args)?.find_all(args.bytes(1), args.int(2)), FOUND))
}

pub(in crate::functions) fn must_find_all(context: &mut Context, args: Args<'_>) -> Answer {
    Ok(texts(context.regex(args.bytes(0))?.find_all(args.bytes(1), args.int(2)), FOUND))
}

pub(in crate::functions) fn find(context: &mut Context, args: Args<'_>) -> Answer {
    Ok(compile(context, args)?.find(args.bytes(1)).to_vec().into())
}

pub(in crate::functions) fn must_find(context: &mut Context, args: Args<'_>) -> Answer {
    Ok(context.regex(args.bytes(0))?.find(args.bytes(1)).to_vec().into())
}

pub(in crate::functions) fn replace_all(context: &mut Context, args: Args<'_>) -> Answer {
    Ok(compile(context, args)?.replace_all(args.bytes(1), args.bytes(2)).into())
}

pub(in crate::functions) fn must_replace_all(context: &mut Context, args: Args<'_>) -> Answer {
    Ok(context.regex(args.bytes(0))?.replace_all(args.bytes(1), args.bytes(2)).into())
}

pub(in crate::functions) fn replace_all_literal(context: &mut Context, args: Args<'_>) -> Answer {
    Ok(compile(context, args)?.replace_all_literal(args.bytes(1), args.bytes(2)).into())
}

pub(in crate::functions) fn must_replace_all_literal(context: &mut Context, args: Args<'_>) -> Answer {
    Ok(context.regex(args.bytes(0))?.replace_all_literal(args.bytes(1), args.bytes(2)).into())
}

pub(in crate::functions) fn split(context: &mut Context, args: Args<'_>) -> Answer {
    Ok(split_by(&*compile(context, args)?, args))
}

pub(in crate::functions) fn must_split(context: &mut Context, args: Args<'_>) -> Answer {
    Ok(split_by(&*context.regex(args.bytes(0))?, args))
}

fn split_by(regex: &Regex, args: Args<'_>) -> Value {
    // Go makes room for as many parts as there are matches; the part after the last one may be one too many.
    match regex.split(args.bytes(1), args.int(2)) {
        Some((parts, matches)) => texts(Some(parts), matches),
        None => texts(None, 0),
    }
}

pub(in crate::functions) fn quote_meta(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(quoted(args.bytes(0)).into())
}
