//! Lists of any element type.

use crate::functions::args::NIL_DEREFERENCE;
use crate::functions::numbers::to_int;
use crate::functions::{Answer, Args, Context};
use crate::value::growth::appended;
use crate::value::{Element, List, Type, Value, deep_equal};

fn items(args: Args<'_>, index: usize, verb: &str) -> Result<Vec<Value>, String> {
    Ok(args.list(index, |kind| format!("Cannot {verb} type {kind}"))?.to_vec())
}

pub(in crate::functions) fn list(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(Value::list(args.0.to_vec()))
}

pub(in crate::functions) fn push(_: &mut Context, args: Args<'_>) -> Answer {
    let mut out = items(args, 0, "push on")?;
    let room = appended(Element::Any, out.len(), out.len() + 1);
    out.push(args.any(1).clone());
    Ok(Value::List(List::with_room(Element::Any, out, room)))
}

pub(in crate::functions) fn prepend(_: &mut Context, args: Args<'_>) -> Answer {
    let mut out = items(args, 0, "prepend on")?;
    out.insert(0, args.any(1).clone());
    let room = appended(Element::Any, 1, out.len());
    Ok(Value::List(List::with_room(Element::Any, out, room)))
}

pub(in crate::functions) fn first(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(items(args, 0, "find first on")?.into_iter().next().unwrap_or(Value::Nil))
}

pub(in crate::functions) fn last(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(items(args, 0, "find last on")?.pop().unwrap_or(Value::Nil))
}

pub(in crate::functions) fn rest(_: &mut Context, args: Args<'_>) -> Answer {
    let mut out = items(args, 0, "find rest on")?;
    if out.is_empty() {
        return Ok(Value::List(List::nil(Element::Any)));
    }
    out.remove(0);
    Ok(Value::list(out))
}

pub(in crate::functions) fn initial(_: &mut Context, args: Args<'_>) -> Answer {
    let mut out = items(args, 0, "find initial on")?;
    if out.pop().is_none() {
        return Ok(Value::List(List::nil(Element::Any)));
    }
    Ok(Value::list(out))
}

pub(in crate::functions) fn reverse(_: &mut Context, args: Args<'_>) -> Answer {
    let mut out = items(args, 0, "find reverse on")?;
    out.reverse();
    Ok(Value::list(out))
}

pub(in crate::functions) fn compact(_: &mut Context, args: Args<'_>) -> Answer {
    let mut out = items(args, 0, "compact on")?;
    out.retain(Value::truth);
    Ok(Value::grown(out))
}

pub(in crate::functions) fn uniq(_: &mut Context, args: Args<'_>) -> Answer {
    let mut out: Vec<Value> = Vec::new();
    for item in items(args, 0, "find uniq on")? {
        if !out.iter().any(|known| deep_equal(known, &item)) {
            out.push(item);
        }
    }
    Ok(Value::grown(out))
}

pub(in crate::functions) fn without(_: &mut Context, args: Args<'_>) -> Answer {
    let mut out = items(args, 0, "find without on")?;
    out.retain(|item| !args.from(1).iter().any(|omitted| deep_equal(omitted, item)));
    Ok(Value::grown(out))
}

pub(in crate::functions) fn has(_: &mut Context, args: Args<'_>) -> Answer {
    if matches!(args.any(1), Value::Nil) {
        return Ok(Value::Bool(false));
    }
    let found = items(args, 1, "find has on")?.iter().any(|item| deep_equal(args.any(0), item));
    Ok(Value::Bool(found))
}

pub(in crate::functions) fn slice(_: &mut Context, args: Args<'_>) -> Answer {
    let list = args.list(0, |kind| format!("list should be type of slice or array but {kind}"))?;
    if list.is_empty() {
        return Ok(Value::Nil);
    }
    let length = i64::try_from(list.len()).unwrap_or(i64::MAX);
    let start = if args.0.len() > 1 { to_int(args.any(1)) } else { 0 };
    let end = if args.0.len() > 2 { to_int(args.any(2)) } else { length };
    let window = usize::try_from(start).ok().zip(usize::try_from(end).ok());
    let sliced = window.and_then(|(start, end)| list.slice(start, end));
    sliced.map(Value::List).ok_or_else(|| "reflect.Value.Slice: slice index out of bounds".to_owned())
}

pub(in crate::functions) fn concat(_: &mut Context, args: Args<'_>) -> Answer {
    let mut out: Option<Vec<Value>> = None;
    for value in args.0 {
        match value {
            Value::List(list) if list.is_empty() => {}
            Value::List(list) => out.get_or_insert_default().extend(list.to_vec()),
            Value::Nil => return Err(NIL_DEREFERENCE.to_owned()),
            other => {
                let kind = Type::of(other).map_or("invalid", Type::kind);
                return Err(format!("Cannot concat type {kind} as list"));
            }
        }
    }
    Ok(Value::List(out.map_or_else(|| List::nil(Element::Any), |items| List::grown(Element::Any, items))))
}

pub(in crate::functions) fn chunk(_: &mut Context, args: Args<'_>) -> Answer {
    let size = args.int(0);
    let all = items(args, 1, "chunk")?;
    let out_of_range = || "runtime error: makeslice: len out of range".to_owned();
    if size == 0 {
        return Err(out_of_range());
    }
    // Go computes in floats, so that a negative size is noticed only if there is a chunk to make.
    let count = ((all.len() as f64 - 1.0) / size as f64).floor() + 1.0;
    if count < 0.0 {
        return Err(out_of_range());
    }
    let last = i64::try_from(all.len()).unwrap_or(i64::MAX) % size;
    let (count, last) = (count as usize, if last == 0 { size } else { last });
    let mut rest = all.as_slice();
    let mut parts = Vec::with_capacity(count);
    for nth in 1..=count {
        let length = usize::try_from(if nth == count { last } else { size }).map_err(|_| out_of_range())?;
        let (part, tail) = rest.split_at_checked(length).ok_or_else(out_of_range)?;
        parts.push(Value::list(part.to_vec()));
        rest = tail;
    }
    Ok(chunks(parts))
}

fn chunks(parts: Vec<Value>) -> Value {
    Value::List(List::new(Element::List, parts))
}
