//! Values to JSON text.

use crate::value::JSON_DEPTH;
use crate::value::{Element, List, Text, Value};
use go_std::strconv::format_float;
use go_std::unicode::chars;

/// How JSON is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// `json.Marshal`: `<`, `>` and `&` escaped.
    Html,
    /// The same without that escaping.
    Raw,
    /// `json.MarshalIndent` with two spaces.
    Pretty,
}

/// Writes a value.
///
/// # Errors
/// Go's text for what JSON cannot hold.
pub fn to_bytes(value: &Value, style: Style) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    write(value, style, 0, &mut out)?;
    Ok(out)
}

fn write(value: &Value, style: Style, depth: usize, out: &mut Vec<u8>) -> Result<(), String> {
    if depth > JSON_DEPTH {
        return Err("json: unsupported value: encountered a cycle via map[string]interface {}".to_owned());
    }
    match value {
        Value::Nil => out.extend_from_slice(b"null"),
        Value::Bool(b) => out.extend_from_slice(b.to_string().as_bytes()),
        Value::Int(i) | Value::Int64(i) => out.extend_from_slice(i.to_string().as_bytes()),
        Value::Uint8(b) => out.extend_from_slice(b.to_string().as_bytes()),
        Value::Float(f) => out.extend_from_slice(float(*f)?.as_bytes()),
        Value::Complex(..) => return Err("json: unsupported type: complex128".to_owned()),
        Value::Text(text) => string(text.bytes(), style, out),
        Value::List(list) => write_list(list, style, depth, out)?,
        Value::Map(map) if map.is_nil() => out.extend_from_slice(b"null"),
        Value::Map(map) => write_map(&map.entries(), style, depth, out)?,
        Value::TextMap(map) => {
            let entries: Vec<_> = map.iter().map(|(k, v)| (k.clone(), Value::Text(v.clone()))).collect();
            write_map(&entries, style, depth, out)?;
        }
        Value::Time(t) => string(t.json()?.as_bytes(), style, out),
        Value::Duration(d) => out.extend_from_slice(d.0.to_string().as_bytes()),
        Value::Month(m) => out.extend_from_slice(m.0.to_string().as_bytes()),
        Value::Weekday(d) => out.extend_from_slice(d.0.to_string().as_bytes()),
        // A pointer to a struct without exported fields.
        Value::Location(_) => out.extend_from_slice(b"{}"),
    }
    Ok(())
}

fn line(style: Style, depth: usize, out: &mut Vec<u8>) {
    if style == Style::Pretty {
        out.push(b'\n');
        out.extend(std::iter::repeat_n(b' ', depth * 2));
    }
}

fn write_list(list: &List, style: Style, depth: usize, out: &mut Vec<u8>) -> Result<(), String> {
    if list.is_nil() {
        out.extend_from_slice(b"null");
        return Ok(());
    }
    if list.element() == Element::Byte {
        let bytes: Vec<u8> = list.to_vec().iter().map(|v| if let Value::Uint8(b) = v { *b } else { 0 }).collect();
        string(go_std::encoding::base64::encode(&bytes).as_bytes(), style, out);
        return Ok(());
    }
    out.push(b'[');
    for (index, item) in list.to_vec().iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        line(style, depth + 1, out);
        write(item, style, depth + 1, out)?;
    }
    if !list.is_empty() {
        line(style, depth, out);
    }
    out.push(b']');
    Ok(())
}

fn write_map(entries: &[(Text, Value)], style: Style, depth: usize, out: &mut Vec<u8>) -> Result<(), String> {
    out.push(b'{');
    for (index, (key, value)) in entries.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        line(style, depth + 1, out);
        string(key.bytes(), style, out);
        out.extend_from_slice(if style == Style::Pretty { b": " } else { b":" });
        write(value, style, depth + 1, out)?;
    }
    if !entries.is_empty() {
        line(style, depth, out);
    }
    out.push(b'}');
    Ok(())
}

fn float(f: f64) -> Result<String, String> {
    if !f.is_finite() {
        return Err(format!("json: unsupported value: {}", format_float(f, b'g', None)));
    }
    let magnitude = f.abs();
    if magnitude != 0.0 && !(1e-6..1e21).contains(&magnitude) {
        // e-09 to e-9
        let text = format_float(f, b'e', None);
        return Ok(text.replace("e-0", "e-"));
    }
    Ok(format_float(f, b'f', None))
}

fn string(text: &[u8], style: Style, out: &mut Vec<u8>) {
    out.push(b'"');
    for (at, c, length, valid) in chars(text) {
        match c {
            _ if !valid => out.extend_from_slice(b"\\ufffd"),
            '"' => out.extend_from_slice(b"\\\""),
            '\\' => out.extend_from_slice(b"\\\\"),
            '\u{8}' => out.extend_from_slice(b"\\b"),
            '\u{c}' => out.extend_from_slice(b"\\f"),
            '\n' => out.extend_from_slice(b"\\n"),
            '\r' => out.extend_from_slice(b"\\r"),
            '\t' => out.extend_from_slice(b"\\t"),
            '<' | '>' | '&' if style != Style::Raw => {
                out.extend_from_slice(format!("\\u{:04x}", u32::from(c)).as_bytes())
            }
            c if c < ' ' || matches!(c, '\u{2028}' | '\u{2029}') => {
                out.extend_from_slice(format!("\\u{:04x}", u32::from(c)).as_bytes());
            }
            _ => out.extend_from_slice(text.get(at..at + length).unwrap_or_default()),
        }
    }
    out.push(b'"');
}

/// The value as a document for the YAML writer.
///
/// # Errors
/// Go's text for what JSON cannot hold.
pub fn to_serde(value: &Value) -> Result<serde_json::Value, String> {
    serde(value, 0)
}

fn serde(value: &Value, depth: usize) -> Result<serde_json::Value, String> {
    use serde_json::Value as Json;
    if depth > JSON_DEPTH {
        return Err("json: unsupported value: encountered a cycle via map[string]interface {}".to_owned());
    }
    Ok(match value {
        Value::Nil => Json::Null,
        Value::Bool(b) => Json::Bool(*b),
        Value::Int(i) | Value::Int64(i) => Json::from(*i),
        Value::Float(f) => {
            float(*f)?;
            Json::from(*f)
        }
        Value::Text(text) => Json::String(text.lossy().into_owned()),
        Value::List(list) if list.is_nil() => Json::Null,
        Value::List(list) if list.element() != Element::Byte => {
            Json::Array(list.to_vec().iter().map(|item| serde(item, depth + 1)).collect::<Result<_, _>>()?)
        }
        Value::Map(map) if map.is_nil() => Json::Null,
        Value::Map(map) => {
            let entries = map.entries().into_iter();
            let pairs = entries.map(|(k, v)| Ok((k.lossy().into_owned(), serde(&v, depth + 1)?)));
            Json::Object(pairs.collect::<Result<_, String>>()?)
        }
        Value::TextMap(map) => Json::Object(
            map.iter().map(|(k, v)| (k.lossy().into_owned(), Json::String(v.lossy().into_owned()))).collect(),
        ),
        other => serde_json::from_slice(&to_bytes(other, Style::Raw)?).map_err(|e| e.to_string())?,
    })
}
