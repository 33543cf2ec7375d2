//! `html`, `js`, `urlquery`.

use crate::functions::{Answer, Args, Context};
use crate::value::Value;
use go_std::unicode::{chars, is_print};
use std::fmt::Write;

/// The arguments as one text; nil is `<no value>` here.
fn joined(args: Args<'_>) -> Vec<u8> {
    let shown: Vec<Value> =
        args.0.iter().map(|v| if let Value::Nil = v { Value::text("<no value>") } else { v.clone() }).collect();
    go_std::fmt::print(&shown)
}

pub(in crate::functions) fn html(_: &mut Context, args: Args<'_>) -> Answer {
    let mut out = Vec::new();
    for byte in joined(args) {
        match byte {
            0 => out.extend_from_slice("\u{fffd}".as_bytes()),
            b'"' => out.extend_from_slice(b"&#34;"),
            b'\'' => out.extend_from_slice(b"&#39;"),
            b'&' => out.extend_from_slice(b"&amp;"),
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            other => out.push(other),
        }
    }
    Ok(out.into())
}

pub(in crate::functions) fn js(_: &mut Context, args: Args<'_>) -> Answer {
    let text = joined(args);
    let mut out = String::new();
    for (_, c, _, valid) in chars(&text) {
        let _ = match c {
            '\\' => out.write_str("\\\\"),
            '\'' => out.write_str("\\'"),
            '"' => out.write_str("\\\""),
            '<' | '>' | '&' | '=' => write!(out, "\\u{:04X}", u32::from(c)),
            c if c < ' ' => write!(out, "\\u{:04X}", u32::from(c)),
            c if c.is_ascii() || valid && is_print(c) => out.write_char(c),
            // A broken byte is printed as it is by Go, which U+FFFD is too.
            c if !valid => out.write_char(c),
            c => write!(out, "\\u{:04X}", u32::from(c)),
        };
    }
    Ok(out.into())
}

pub(in crate::functions) fn url_query(_: &mut Context, args: Args<'_>) -> Answer {
    let mut out = String::new();
    for byte in joined(args) {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            other => {
                let _ = write!(out, "%{other:02X}");
            }
        }
    }
    Ok(out.into())
}
