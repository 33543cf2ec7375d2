//! From text to a manifest, with the path of what is wrong and of what is not known.

use serde::Deserialize;
use serde_ignored::Path;
use serde_json::Value;

use super::{API_VERSION, Manifest};

/// Unknown keys that are noted; more are counted.
const MOST_NOTED: usize = 20;

/// A manifest, and the keys of it that were not understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed {
    /// What was understood.
    pub manifest: Manifest,
    /// The paths of unknown keys, for example `types[0].colour`.
    pub unknown: Vec<String>,
}

/// Why a text is not a manifest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// Another version of the manifest, or none at all.
    #[error("apiVersion: it is {found}, but this host reads {API_VERSION}")]
    ApiVersion {
        /// What it is.
        found: String,
    },
    /// A key is missing or has the wrong shape, or the text is not JSON.
    #[error("{field}: {problem}")]
    Shape {
        /// The path of the key; `the document` where it is the whole.
        field: String,
        /// What is wrong there.
        problem: String,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Versioned {
    #[serde(default)]
    api_version: Value,
}

/// Reads a manifest.
///
/// # Errors
/// The text is not JSON, has another `apiVersion`, or a key of it is missing or has the wrong shape.
pub fn parse(text: &str) -> Result<Parsed, ManifestError> {
    let versioned: Versioned = decode(text, &mut |_| ())?;
    match versioned.api_version {
        Value::String(version) if version == API_VERSION => {}
        Value::Null => return Err(ManifestError::ApiVersion { found: "missing".to_owned() }),
        Value::String(version) => return Err(ManifestError::ApiVersion { found: format!("'{}'", shown(&version)) }),
        _ => return Err(ManifestError::ApiVersion { found: "not a text".to_owned() }),
    }
    let mut unknown = Vec::new();
    let mut more = 0_usize;
    let manifest = decode(text, &mut |path| {
        if unknown.len() < MOST_NOTED {
            unknown.push(shown(&path));
        } else {
            more += 1;
        }
    })?;
    if more > 0 {
        unknown.push(format!("{more} more"));
    }
    Ok(Parsed { manifest, unknown })
}

fn decode<'de, T: Deserialize<'de>>(text: &'de str, ignored: &mut dyn FnMut(String)) -> Result<T, ManifestError> {
    let mut json = serde_json::Deserializer::from_str(text);
    let mut track = serde_path_to_error::Track::new();
    let tracked = serde_path_to_error::Deserializer::new(&mut json, &mut track);
    let decoded = serde_ignored::deserialize(tracked, |path| ignored(path_of(&path)));
    let value = decoded.map_err(|cause| {
        let path = track.path().to_string();
        let field = if matches!(path.as_str(), "." | "?") { "the document".to_owned() } else { shown(&path) };
        // The position in a text that nobody sees says nothing.
        let problem = cause.to_string();
        let problem = problem.rsplit_once(" at line ").map_or(problem.as_str(), |(problem, _)| problem);
        ManifestError::Shape { field, problem: shown(problem) }
    })?;
    json.end()
        .map_err(|cause| ManifestError::Shape { field: "the document".to_owned(), problem: cause.to_string() })?;
    Ok(value)
}

/// A path as error texts show it, for example `types[0].colour`.
fn path_of(path: &Path<'_>) -> String {
    match path {
        Path::Root => String::new(),
        Path::Seq { parent, index } => format!("{}[{index}]", path_of(parent)),
        Path::Map { parent, key } => {
            let parent = path_of(parent);
            if parent.is_empty() { key.clone() } else { format!("{parent}.{key}") }
        }
        Path::Some { parent } | Path::NewtypeStruct { parent } | Path::NewtypeVariant { parent } => path_of(parent),
    }
}

/// Foreign text in one bounded line.
fn shown(text: &str) -> String {
    text.chars().take(160).flat_map(char::escape_debug).collect::<String>().replace("\\'", "'").replace("\\\"", "\"")
}
