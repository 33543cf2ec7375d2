//! kubectl's JSONPath templates: text with expressions in braces. Each path is translated to RFC 9535 and evaluated by a library.
//!
//! Understood are paths (`{.status.conditions[?(@.type=="Ready")].message}`, with or without `$`, with `\.` for dots in keys), text in
//! quotes (`{"\n"}`), and `{range PATH}…{end}`. A path that finds nothing prints nothing, as in kubectl.

use jsonpath_rust::JsonPath as _;
use serde_json::Value;
use std::iter::Peekable;
use std::str::Chars;

/// A template that cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum TemplateError {
    /// A brace is open at the end.
    #[error("the JSONPath template ends inside of {{…; close the brace")]
    OpenBrace,
    /// `{range}` without `{end}`.
    #[error("the JSONPath template has {{range …}} without {{end}}")]
    OpenRange,
    /// `{end}` without `{range}`.
    #[error("the JSONPath template has {{end}} without {{range …}}")]
    StrayEnd,
    /// A path that does not parse.
    #[error("the JSONPath {{{path}}} cannot be used: {message}")]
    Path { path: String, message: String },
}

/// A part of a template.
enum Part {
    Text(String),
    /// As written, and as RFC 9535 has it.
    Path(String, String),
    Range(String, String, Vec<Part>),
}

/// Fills in a template.
pub(crate) fn evaluate(template: &str, value: &Value) -> anyhow::Result<String> {
    // Without braces it is a path alone.
    let template = if template.contains('{') { template.to_owned() } else { format!("{{{template}}}") };
    let mut chars = template.chars().peekable();
    let parts = parts(&mut chars, Within::Template)?;
    let mut text = String::new();
    fill(&parts, value, &mut text)?;
    Ok(text)
}

/// What the parts belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    /// The whole template, which ends with the text.
    Template,
    /// A range, which `{end}` ends.
    Range,
}

fn parts(chars: &mut Peekable<Chars<'_>>, within: Within) -> Result<Vec<Part>, TemplateError> {
    let mut parts = Vec::new();
    let mut text = String::new();
    while let Some(c) = chars.next() {
        if c != '{' {
            text.push(c);
            continue;
        }
        if !text.is_empty() {
            parts.push(Part::Text(std::mem::take(&mut text)));
        }
        let expression = braced(chars)?;
        let expression = expression.trim();
        if expression == "end" {
            return match within {
                Within::Range => Ok(parts),
                Within::Template => Err(TemplateError::StrayEnd),
            };
        }
        if let Some(path) = expression.strip_prefix("range ") {
            let path = path.trim();
            parts.push(Part::Range(path.to_owned(), translate(path), self::parts(chars, Within::Range)?));
        } else if let Some(quoted) = quoted(expression) {
            parts.push(Part::Text(quoted));
        } else {
            parts.push(Part::Path(expression.to_owned(), translate(expression)));
        }
    }
    if within == Within::Range {
        return Err(TemplateError::OpenRange);
    }
    if !text.is_empty() {
        parts.push(Part::Text(text));
    }
    Ok(parts)
}

/// Everything up to the brace that closes, which does not stand in quotes.
fn braced(chars: &mut Peekable<Chars<'_>>) -> Result<String, TemplateError> {
    let mut text = String::new();
    let mut quote = None;
    while let Some(c) = chars.next() {
        match (quote, c) {
            (_, '\\') => {
                text.push(c);
                text.extend(chars.next());
                continue;
            }
            (Some(open), _) if open == c => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '}') => return Ok(text),
            _ => {}
        }
        text.push(c);
    }
    Err(TemplateError::OpenBrace)
}

/// The text of a literal, without its quotes.
fn quoted(expression: &str) -> Option<String> {
    let quote = expression.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let inner = expression.strip_prefix(quote)?.strip_suffix(quote)?;
    let mut text = String::new();
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match (c, c == '\\') {
            (_, true) => match chars.next() {
                Some('n') => text.push('\n'),
                Some('t') => text.push('\t'),
                Some('r') => text.push('\r'),
                other => text.extend(other),
            },
            (c, false) => text.push(c),
        }
    }
    Some(text)
}

/// kubectl's path as RFC 9535 writes it: from `$`, with keys in brackets, because kubectl's may have dashes and escaped dots.
fn translate(path: &str) -> String {
    let path = path.strip_prefix(['$', '@']).unwrap_or(path);
    let mut translated = "$".to_owned();
    let mut chars = path.chars().peekable();
    let mut start = true;
    while let Some(&c) = chars.peek() {
        match c {
            '[' => bracketed(&mut chars, &mut translated),
            '.' => {
                chars.next();
                if chars.peek() == Some(&'.') {
                    chars.next();
                    translated.push_str("..");
                }
                key(&mut chars, &mut translated);
            }
            _ if start => key(&mut chars, &mut translated),
            _ => {
                translated.push(c);
                chars.next();
            }
        }
        start = false;
    }
    translated
}

fn key(chars: &mut Peekable<Chars<'_>>, translated: &mut String) {
    let mut key = String::new();
    while let Some(c) = chars.next_if(|c| !matches!(c, '.' | '[')) {
        if c == '\\' { key.extend(chars.next()) } else { key.push(c) }
    }
    match key.as_str() {
        "" => {}
        "*" => translated.push_str("[*]"),
        _ => translated.push_str(&format!("['{}']", key.replace('\\', "\\\\").replace('\'', "\\'"))),
    }
}

/// Copies a selector in brackets.
fn bracketed(chars: &mut Peekable<Chars<'_>>, translated: &mut String) {
    let mut depth = 0_u32;
    let mut quote = None;
    for c in chars.by_ref() {
        translated.push(c);
        match (quote, c) {
            (Some(open), _) if open == c => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '[') => depth = depth.saturating_add(1),
            (None, ']') if depth <= 1 => return,
            (None, ']') => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
}

fn fill(parts: &[Part], value: &Value, text: &mut String) -> Result<(), TemplateError> {
    for part in parts {
        match part {
            Part::Text(literal) => text.push_str(literal),
            Part::Path(written, path) => {
                let found: Vec<String> = find(written, path, value)?.into_iter().map(shown).collect();
                text.push_str(&found.join(" "));
            }
            Part::Range(written, path, inner) => {
                for element in find(written, path, value)? {
                    fill(inner, element, text)?;
                }
            }
        }
    }
    Ok(())
}

fn find<'v>(written: &str, path: &str, value: &'v Value) -> Result<Vec<&'v Value>, TemplateError> {
    if path == "$" {
        return Ok(vec![value]);
    }
    value.query(path).map_err(|error| TemplateError::Path { path: written.to_owned(), message: error.to_string() })
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(template: &str) -> String {
        let value = json!({
            "metadata": {"name": "apps", "labels": {"app.kubernetes.io/name": "x", "a-b": "c"}},
            "status": {"conditions": [{"type": "Stalled", "status": "False"}, {"type": "Ready", "status": "True"}], "n": 3},
        });
        evaluate(template, &value).unwrap()
    }

    #[test]
    fn paths_are_written_as_for_kubectl() {
        for (template, text) in [
            ("{.metadata.name}", "apps"),
            ("{$.metadata.name}", "apps"),
            (".metadata.name", "apps"),
            ("{.metadata.labels.app\\.kubernetes\\.io/name}", "x"),
            ("{.metadata.labels['app.kubernetes.io/name']}", "x"),
            ("{.metadata.labels.a-b}", "c"),
            ("{.status.conditions[?(@.type==\"Ready\")].status}", "True"),
            ("{.status.conditions[*].type}", "Stalled Ready"),
            ("{.status.conditions[0].type}", "Stalled"),
            ("{.status.conditions[-1].type}", "Ready"),
            ("{..type}", "Stalled Ready"),
            ("{.status.n}", "3"),
            ("{.status.missing}", ""),
            ("{range .status.conditions[*]}{.type}={.status}{\"\\n\"}{end}", "Stalled=False\nReady=True\n"),
            ("name: {.metadata.name}{'\\t'}!", "name: apps\t!"),
            ("{.metadata.labels}", "{\"a-b\":\"c\",\"app.kubernetes.io/name\":\"x\"}"),
        ] {
            assert_eq!(of(template), text, "{template}");
        }
    }

    #[test]
    fn a_bad_template_says_what_is_wrong() {
        let error = |template: &str| evaluate(template, &json!({})).unwrap_err().to_string();
        assert!(error("{.a").contains("close the brace"));
        assert!(error("{range .a}x").contains("without {end}"));
        assert!(error("{end}").contains("without {range"));
        assert!(error("{.a[?(}").contains("cannot be used") || error("{.a[?(}").contains("close the brace"));
    }
}
