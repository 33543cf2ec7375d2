//! Slash-separated paths: Go's `path`. The `os…` functions are the same, as on Unix.

use crate::functions::{Answer, Args, Context};
use crate::value::Value;

fn cleaned(path: &[u8]) -> Vec<u8> {
    if path.is_empty() {
        return b".".to_vec();
    }
    let rooted = path.first() == Some(&b'/');
    let mut out: Vec<&[u8]> = Vec::new();
    for part in path.split(|b| *b == b'/') {
        match part {
            b"" | b"." => {}
            b".." if out.last().is_some_and(|last| *last != b"..") => {
                out.pop();
            }
            b".." if rooted => {}
            part => out.push(part),
        }
    }
    let joined = out.join(&b'/');
    match (rooted, joined.is_empty()) {
        (true, _) => [b"/".as_slice(), &joined].concat(),
        (false, true) => b".".to_vec(),
        (false, false) => joined,
    }
}

pub(in crate::functions) fn clean(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(cleaned(args.bytes(0)).into())
}

pub(in crate::functions) fn dir(_: &mut Context, args: Args<'_>) -> Answer {
    let path = args.bytes(0);
    let end = path.iter().rposition(|b| *b == b'/').map_or(0, |at| at + 1);
    Ok(cleaned(path.get(..end).unwrap_or_default()).into())
}

pub(in crate::functions) fn base(_: &mut Context, args: Args<'_>) -> Answer {
    let path = args.bytes(0);
    if path.is_empty() {
        return Ok(Value::text("."));
    }
    let end = path.iter().rposition(|b| *b != b'/').map_or(0, |at| at + 1);
    let path = path.get(..end).unwrap_or_default();
    let name = path.rsplit(|b| *b == b'/').next().unwrap_or_default();
    Ok(if name.is_empty() { Value::text("/") } else { Value::text(name) })
}

pub(in crate::functions) fn ext(_: &mut Context, args: Args<'_>) -> Answer {
    let path = args.bytes(0);
    let at = path.iter().rposition(|b| matches!(b, b'.' | b'/')).filter(|at| path.get(*at) == Some(&b'.'));
    Ok(Value::text(at.and_then(|at| path.get(at..)).unwrap_or_default()))
}

pub(in crate::functions) fn is_abs(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(Value::Bool(args.bytes(0).starts_with(b"/")))
}
