//! Strings, byte by byte as Go does: lengths and cuts count bytes, case follows simple mappings.

use crate::functions::args::MAX_BYTES;
use crate::functions::{Answer, Args, Context, to_text};
use crate::value::Value;
use go_std::unicode::{chars, is_digit, is_letter, is_space, to_lower, to_title, to_upper};

fn checked(bytes: Vec<u8>) -> Answer {
    if bytes.len() > MAX_BYTES { Err("the result is larger than 8 MiB".to_owned()) } else { Ok(bytes.into()) }
}

pub(in crate::functions) fn hello(_: &mut Context, _: Args<'_>) -> Answer {
    Ok(Value::text("Hello!"))
}

pub(in crate::functions) fn print(_: &mut Context, args: Args<'_>) -> Answer {
    checked(go_std::fmt::print(args.0))
}

pub(in crate::functions) fn println(_: &mut Context, args: Args<'_>) -> Answer {
    checked(go_std::fmt::println(args.0))
}

pub(in crate::functions) fn printf(_: &mut Context, args: Args<'_>) -> Answer {
    checked(go_std::fmt::printf(args.bytes(0), args.from(1)))
}

pub(in crate::functions) fn to_string(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(to_text(args.any(0)).into())
}

pub(in crate::functions) fn trunc(_: &mut Context, args: Args<'_>) -> Answer {
    let (count, text) = (args.int(0), args.bytes(1));
    let length = i64::try_from(text.len()).unwrap_or(i64::MAX);
    let cut = if count < 0 && length.saturating_add(count) > 0 {
        usize::try_from(length.saturating_add(count)).ok().and_then(|at| text.get(at..))
    } else if count >= 0 && length > count {
        usize::try_from(count).ok().and_then(|at| text.get(..at))
    } else {
        None
    };
    Ok(cut.unwrap_or(text).to_vec().into())
}

pub(in crate::functions) fn substr(_: &mut Context, args: Args<'_>) -> Answer {
    let (start, end, text) = (args.int(0), args.int(1), args.bytes(2));
    let length = i64::try_from(text.len()).unwrap_or(i64::MAX);
    let out_of_range = |what: String| format!("runtime error: slice bounds out of range {what}");
    let at = |n: i64| usize::try_from(n).unwrap_or(usize::MAX);
    if start < 0 {
        if end < 0 {
            return Err(out_of_range(format!("[:{end}]")));
        }
        let cut = text.get(..at(end)).ok_or_else(|| out_of_range(format!("[:{end}] with length {length}")))?;
        return Ok(cut.to_vec().into());
    }
    let end = if end < 0 || end > length { length } else { end };
    let cut = text.get(at(start)..at(end)).ok_or_else(|| out_of_range(format!("[{start}:{end}]")))?;
    Ok(cut.to_vec().into())
}

pub(in crate::functions) fn repeat(_: &mut Context, args: Args<'_>) -> Answer {
    let (count, text) = (args.int(0), args.bytes(1));
    if count < 0 {
        return Err("strings: negative Repeat count".to_owned());
    }
    let count = if text.is_empty() { 0 } else { usize::try_from(count).unwrap_or(usize::MAX) };
    match text.len().checked_mul(count) {
        Some(length) if length <= MAX_BYTES => Ok(text.repeat(count).into()),
        Some(_) => Err("the result is larger than 8 MiB".to_owned()),
        None => Err("strings: Repeat output length overflow".to_owned()),
    }
}

/// The text without the characters at its ends that a rule names.
fn trimmed(text: &[u8], cut: impl Fn(char) -> bool) -> &[u8] {
    let start = chars(text).find(|&(_, c, ..)| !cut(c)).map_or(text.len(), |(at, ..)| at);
    let end = chars(text).filter(|&(_, c, ..)| !cut(c)).last().map_or(start, |(at, _, length, _)| at + length);
    text.get(start..end).unwrap_or_default()
}

pub(in crate::functions) fn trim(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(trimmed(args.bytes(0), is_space).to_vec().into())
}

pub(in crate::functions) fn trim_all(_: &mut Context, args: Args<'_>) -> Answer {
    let set: Vec<char> = chars(args.bytes(0)).map(|(_, c, ..)| c).collect();
    Ok(trimmed(args.bytes(1), |c| set.contains(&c)).to_vec().into())
}

pub(in crate::functions) fn trim_suffix(_: &mut Context, args: Args<'_>) -> Answer {
    let text = args.bytes(1);
    Ok(text.strip_suffix(args.bytes(0)).unwrap_or(text).to_vec().into())
}

pub(in crate::functions) fn trim_prefix(_: &mut Context, args: Args<'_>) -> Answer {
    let text = args.bytes(1);
    Ok(text.strip_prefix(args.bytes(0)).unwrap_or(text).to_vec().into())
}

pub(in crate::functions) fn contains(_: &mut Context, args: Args<'_>) -> Answer {
    let (part, text) = (args.bytes(0), args.bytes(1));
    Ok(Value::Bool(part.is_empty() || text.windows(part.len()).any(|window| window == part)))
}

pub(in crate::functions) fn has_prefix(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(Value::Bool(args.bytes(1).starts_with(args.bytes(0))))
}

pub(in crate::functions) fn has_suffix(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(Value::Bool(args.bytes(1).ends_with(args.bytes(0))))
}

fn mapped(text: &[u8], mut change: impl FnMut(char) -> char) -> Value {
    let mut out = Vec::with_capacity(text.len());
    for (_, c, ..) in chars(text) {
        out.extend_from_slice(change(c).encode_utf8(&mut [0; 4]).as_bytes());
    }
    out.into()
}

pub(in crate::functions) fn upper(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(mapped(args.bytes(0), to_upper))
}

pub(in crate::functions) fn lower(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(mapped(args.bytes(0), to_lower))
}

pub(in crate::functions) fn title(_: &mut Context, args: Args<'_>) -> Answer {
    let mut separated = true;
    Ok(mapped(args.bytes(0), |c| {
        let out = if separated { to_title(c) } else { c };
        separated = if c.is_ascii() {
            !(c.is_ascii_alphanumeric() || c == '_')
        } else {
            !is_letter(c) && !is_digit(c) && is_space(c)
        };
        out
    }))
}

pub(in crate::functions) fn quote(_: &mut Context, args: Args<'_>) -> Answer {
    let shown = args.0.iter().filter(|v| !matches!(v, Value::Nil));
    Ok(shown.map(|v| go_std::strconv::quote(&to_text(v))).collect::<Vec<_>>().join(" ").into())
}

pub(in crate::functions) fn squote(_: &mut Context, args: Args<'_>) -> Answer {
    let shown = args.0.iter().filter(|v| !matches!(v, Value::Nil));
    let quoted: Vec<Vec<u8>> = shown.map(|v| [b"'", &*crate::value::print_one(v), b"'"].concat()).collect();
    Ok(quoted.join(&b' ').into())
}

pub(in crate::functions) fn cat(_: &mut Context, args: Args<'_>) -> Answer {
    let shown = args.0.iter().filter(|v| !matches!(v, Value::Nil));
    Ok(shown.map(crate::value::print_one).collect::<Vec<_>>().join(&b' ').into())
}

fn indented(args: Args<'_>, first: &str) -> Answer {
    let (spaces, text) = (args.int(0), args.bytes(1));
    if spaces < 0 {
        return Err("strings: negative Repeat count".to_owned());
    }
    let lines = 1 + text.iter().filter(|b| **b == b'\n').count();
    let pad = usize::try_from(spaces).unwrap_or(usize::MAX);
    if pad.saturating_mul(lines) > MAX_BYTES {
        return Err("the result is larger than 8 MiB".to_owned());
    }
    let pad = vec![b' '; pad];
    let mut out = first.as_bytes().to_vec();
    for (index, line) in text.split(|b| *b == b'\n').enumerate() {
        if index > 0 {
            out.push(b'\n');
        }
        out.extend_from_slice(&pad);
        out.extend_from_slice(line);
    }
    checked(out)
}

pub(in crate::functions) fn indent(_: &mut Context, args: Args<'_>) -> Answer {
    indented(args, "")
}

pub(in crate::functions) fn nindent(_: &mut Context, args: Args<'_>) -> Answer {
    indented(args, "\n")
}

pub(in crate::functions) fn replace(_: &mut Context, args: Args<'_>) -> Answer {
    let (old, new, text) = (args.bytes(0), args.bytes(1), args.bytes(2));
    let mut out = Vec::with_capacity(text.len());
    if old.is_empty() {
        for (at, _, length, _) in chars(text) {
            out.extend_from_slice(new);
            out.extend_from_slice(text.get(at..at + length).unwrap_or_default());
        }
        out.extend_from_slice(new);
        return checked(out);
    }
    let mut rest = text;
    while let Some(at) = rest.windows(old.len()).position(|window| window == old) {
        out.extend_from_slice(rest.get(..at).unwrap_or_default());
        out.extend_from_slice(new);
        rest = rest.get(at + old.len()..).unwrap_or_default();
        if out.len() > MAX_BYTES {
            break;
        }
    }
    out.extend_from_slice(rest);
    checked(out)
}

pub(in crate::functions) fn plural(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(args.any(usize::from(args.int(2) != 1)).clone())
}

pub(in crate::functions) fn slugify(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(crate::slug::slugify(&args.text(0).lossy()).into())
}
