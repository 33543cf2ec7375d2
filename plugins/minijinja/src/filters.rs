//! The filters: those of Jinja that previews use, and those of the default renderer under their usual names.

use crate::inputs::plain;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minijinja::value::{Kwargs, Value, ValueKind};
use minijinja::{Environment, Error, ErrorKind, State};
use sha2::{Digest, Sha256};

/// The names of all filters, for suggestions and the documentation.
pub(crate) const NAMES: [&str; 51] = [
    "abs",
    "b64decode",
    "b64encode",
    "bool",
    "capitalize",
    "count",
    "d",
    "default",
    "dictsort",
    "expand",
    "first",
    "float",
    "groupby",
    "indent",
    "int",
    "items",
    "join",
    "last",
    "length",
    "lines",
    "list",
    "lower",
    "map",
    "max",
    "min",
    "quote",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "round",
    "select",
    "selectattr",
    "sha256",
    "slugify",
    "sort",
    "split",
    "string",
    "sum",
    "title",
    "tojson",
    "toyaml",
    "trim",
    "trunc",
    "unique",
    "upper",
    "urlencode",
    "zip",
    "batch",
    "slice",
    "chain",
];
/// Filters of the engine that are left out: they make HTML, show Rust's view of a value, or reach for any attribute.
const LEFT_OUT: [&str; 6] = ["attr", "e", "escape", "format", "pprint", "safe"];
/// The widest indentation.
const INDENT: usize = 64;

/// Takes away and adds filters.
pub(crate) fn limit(engine: &mut Environment<'_>) {
    for name in LEFT_OUT {
        engine.remove_filter(name);
    }
    engine.add_filter("slugify", |value: &Value| Ok::<_, Error>(orangery_slug::slugify(&text(value)?)));
    engine.add_filter("string", text);
    engine.add_filter("trunc", trunc);
    engine.add_filter("sha256", |value: &Value| Ok::<_, Error>(sha256(&text(value)?)));
    engine.add_filter("b64encode", |value: &Value| Ok::<_, Error>(STANDARD.encode(text(value)?)));
    engine.add_filter("b64decode", b64decode);
    engine.add_filter("toyaml", toyaml);
    engine.add_filter("quote", |value: &Value| Ok::<_, Error>(serde_json::Value::String(text(value)?).to_string()));
    engine.add_filter("expand", |value: &Value| plain(value));
    engine.add_filter("indent", indent);
}

/// The text of a scalar. Of a boolean as JSON and YAML write it, not as Python does.
pub(crate) fn text(value: &Value) -> Result<String, Error> {
    match value.kind() {
        ValueKind::Bool => Ok(value.is_true().to_string()),
        ValueKind::String | ValueKind::Number => Ok(value.to_string()),
        ValueKind::Undefined => Err(Error::from(ErrorKind::UndefinedError)),
        kind => Err(Error::new(ErrorKind::InvalidOperation, format!("a text is wanted here, this is a {kind}"))),
    }
}

/// The first characters; with a negative count the last ones.
fn trunc(value: &Value, count: i64) -> Result<String, Error> {
    let text = text(value)?;
    let wanted = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    if count >= 0 {
        return Ok(text.chars().take(wanted).collect());
    }
    let skipped = text.chars().count().saturating_sub(wanted);
    Ok(text.chars().skip(skipped).collect())
}

fn sha256(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn b64decode(value: &Value) -> Result<String, Error> {
    let refused = |why: String| Error::new(ErrorKind::InvalidOperation, format!("b64decode: {why}"));
    let bytes = STANDARD.decode(text(value)?.trim()).map_err(|error| refused(error.to_string()))?;
    String::from_utf8(bytes).map_err(|_| refused("what is encoded is no UTF-8 text".to_owned()))
}

/// A value as YAML text, to stand inside another text; no line break at the end.
fn toyaml(value: &Value) -> Result<String, Error> {
    let refused = |why: String| Error::new(ErrorKind::InvalidOperation, format!("toyaml: {why}"));
    let json = serde_json::to_value(value).map_err(|error| refused(error.to_string()))?;
    let yaml = go_yaml::to_string(&json).map_err(|error| refused(error.to_string()))?;
    Ok(yaml.trim_end_matches('\n').to_owned())
}

/// The filter of the engine with a bound, because a column needs no million blanks.
fn indent(
    state: &State<'_, '_>,
    value: String,
    width: usize,
    first: Option<bool>,
    options: Kwargs,
) -> Result<String, Error> {
    let _ = state;
    let every = options.get::<Option<bool>>("first")?.or(first).unwrap_or(false);
    let blank = options.get::<Option<bool>>("blank")?.unwrap_or(false);
    options.assert_all_used()?;
    if width > INDENT {
        let why = format!("indent: {width} is too wide, at most {INDENT} blanks");
        return Err(Error::new(ErrorKind::InvalidOperation, why));
    }
    let margin = " ".repeat(width);
    let mut out = String::with_capacity(value.len());
    for (nth, line) in value.split_inclusive('\n').enumerate() {
        let wanted = (nth > 0 || every) && (blank || !line.trim().is_empty());
        if wanted {
            out.push_str(&margin);
        }
        out.push_str(line);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_list_of_names_is_what_the_engine_knows() {
        let engine = crate::engine::engine(crate::engine::BlockLines::Removed);
        let state = engine.empty_state();
        for name in NAMES {
            let said = state.apply_filter(name, &[]).err().map(|error| error.kind());
            assert_ne!(said, Some(ErrorKind::UnknownFilter), "{name}");
        }
        for name in LEFT_OUT {
            let said = state.apply_filter(name, &[]).err().map(|error| error.kind());
            assert_eq!(said, Some(ErrorKind::UnknownFilter), "{name}");
        }
        assert_eq!(NAMES.iter().collect::<BTreeSet<_>>().len(), NAMES.len());
    }

    #[test]
    fn a_text_is_cut_by_characters_at_either_end() {
        let cut = |count| trunc(&Value::from("häuser"), count).ok();
        assert_eq!((cut(2), cut(-2), cut(99)), (Some("hä".into()), Some("er".into()), Some("häuser".into())));
    }
}
