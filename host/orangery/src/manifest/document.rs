//! Reads the YAML documents of files and folders, and finds the line of each field.

use super::{ManifestError, place};
use go_yaml::{Location, PathSegment};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The no-break space. Text pasted from web pages holds it, and it looks like a space.
const PASTED: char = '\u{a0}';

/// One YAML document that is not empty.
#[derive(Debug, Clone)]
pub struct Document {
    /// Path of its file, as given.
    pub file: String,
    /// The parsed document; never null.
    pub value: Value,
    /// The line that the document begins at.
    line: u32,
    /// The whole text of the file, in which the line of a field is looked up.
    text: std::sync::Arc<str>,
    /// Position of the document in the file, from zero.
    index: usize,
}

impl Document {
    /// `file:line` of the document.
    #[must_use]
    pub fn place(&self) -> String {
        format!("{}:{}", self.file, self.line)
    }

    /// The string at a JSON pointer; empty where there is none.
    #[must_use]
    pub fn text(&self, pointer: &str) -> &str {
        self.value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    /// `file:line` of a field such as `spec.filter.labels[0]`, or of its closest ancestor in the file.
    #[must_use]
    pub fn place_of(&self, field: &str) -> String {
        let mut path = segments(field);
        let roots = go_yaml::parse(&self.text).unwrap_or_default();
        let Some(root) = roots.get(self.index) else { return self.place() };
        loop {
            if let Some(at) = root.locate(&path) {
                return place(&self.file, at);
            }
            if path.pop().is_none() {
                return self.place();
            }
        }
    }

    /// Deserialises the document; an error names the field and its line.
    ///
    /// # Errors
    /// A field is missing or has another type.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, ManifestError> {
        serde_path_to_error::deserialize(&self.value).map_err(|error| {
            let field = error.path().to_string();
            ManifestError::Field { place: self.place_of(&field), field, message: error.into_inner().to_string() }
        })
    }

    /// An error about one of its fields.
    #[must_use]
    pub fn wrong(&self, field: &str, message: impl Into<String>) -> ManifestError {
        ManifestError::Field { place: self.place_of(field), field: field.to_owned(), message: message.into() }
    }
}

/// `spec.filter.labels[0]` as segments.
fn segments(field: &str) -> Vec<PathSegment> {
    let mut path = Vec::new();
    for part in field.split('.') {
        let (key, indexes) = part.split_once('[').map_or((part, ""), |(key, rest)| (key, rest));
        if !key.is_empty() {
            path.push(PathSegment::Key(key.to_owned()));
        }
        path.extend(indexes.split(['[', ']']).filter_map(|index| index.parse().ok()).map(PathSegment::Index));
    }
    path
}

/// Reads all documents of a text.
///
/// # Errors
/// The text is not YAML.
pub fn read_text(file: &str, bytes: &[u8]) -> Result<Vec<Document>, ManifestError> {
    let failed = |source| ManifestError::Syntax { file: file.to_owned(), source };
    let text: std::sync::Arc<str> = go_yaml::decode_text(bytes).map_err(failed)?.into();
    let mut documents = Vec::new();
    for (index, root) in go_yaml::parse(&text).map_err(failed)?.iter().enumerate() {
        let value = root.to_value().map_err(failed)?;
        if !value.is_null() {
            let Location { line, .. } = root.location();
            let document = Document { file: file.to_owned(), value, line, text: std::sync::Arc::clone(&text), index };
            refuse_pasted_spaces(&document)?;
            documents.push(document);
        }
    }
    Ok(documents)
}

/// YAML does not count a no-break space as indentation. It becomes part of the key, and the field would be ignored silently.
fn refuse_pasted_spaces(document: &Document) -> Result<(), ManifestError> {
    let Some(key) = pasted_key(&document.value) else { return Ok(()) };
    let line =
        document.text.lines().position(|line| line.contains(key)).map_or(document.line as usize, |line| line + 1);
    Err(ManifestError::Field {
        place: format!("{}:{line}", document.file),
        field: key.trim_start_matches(PASTED).to_owned(),
        message:
            "is indented by a no-break space (U+00A0), as text pasted from a web page is; replace it by ordinary spaces"
                .to_owned(),
    })
}

fn pasted_key(value: &Value) -> Option<&str> {
    match value {
        Value::Object(map) => map
            .iter()
            .find_map(|(key, value)| if key.starts_with(PASTED) { Some(key.as_str()) } else { pasted_key(value) }),
        Value::Array(items) => items.iter().find_map(pasted_key),
        _ => None,
    }
}

/// Reads files as given, and folders recursively: their `*.yaml`, `*.yml` and `*.json` files in the order of their names.
///
/// # Errors
/// A path cannot be read, a folder holds no manifest, a text is not YAML.
pub fn read_all(paths: &[PathBuf]) -> Result<Vec<Document>, ManifestError> {
    let mut documents = Vec::new();
    for path in paths {
        let mut files = Vec::new();
        collect(path, Named::ByUser, &mut files)?;
        if files.is_empty() {
            return Err(ManifestError::Empty { path: path.clone() });
        }
        for file in files {
            let bytes =
                std::fs::read(&file).map_err(|source| ManifestError::Unreadable { path: file.clone(), source })?;
            documents.extend(read_text(&file.display().to_string(), &bytes)?);
        }
    }
    Ok(documents)
}

/// How a path came to be read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Named {
    /// On the command line: read whatever its extension.
    ByUser,
    /// By the folder that holds it: read if its extension is that of a manifest.
    ByFolder,
}

fn collect(path: &Path, named: Named, files: &mut Vec<PathBuf>) -> Result<(), ManifestError> {
    let failed = |source| ManifestError::Unreadable { path: path.to_owned(), source };
    if !std::fs::metadata(path).map_err(failed)?.is_dir() {
        let known =
            path.extension().is_some_and(|extension| ["yaml", "yml", "json"].iter().any(|known| extension == *known));
        if named == Named::ByUser || known {
            files.push(path.to_owned());
        }
        return Ok(());
    }
    let mut entries: Vec<PathBuf> = std::fs::read_dir(path)
        .map_err(failed)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()
        .map_err(failed)?;
    entries.sort();
    for entry in entries {
        let hidden = entry.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if !hidden {
            collect(&entry, Named::ByFolder, files)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_in_the_second_document() {
        let text = "a: 1\n---\nspec:\n  filter:\n    labels:\n      - x\n      - y\n";
        let documents = read_text("f.yaml", text.as_bytes()).unwrap();
        assert_eq!(documents.len(), 2);
        assert_eq!(documents[1].place_of("spec.filter.labels[1]"), "f.yaml:7");
        assert_eq!(documents[1].place_of("spec.filter.absent.more"), "f.yaml:4");
    }

    #[test]
    fn a_key_that_begins_with_a_no_break_space_is_named_instead_of_ignored() {
        let error =
            read_text("f.yaml", "spec:\n  a: 1\n\u{a0}\u{a0}resources: []\n".as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with("f.yaml:3: resources: is indented by a no-break space"), "{error}");
    }

    #[test]
    fn a_no_break_space_pasted_from_a_web_page_is_named() {
        let error = read_text("f.yaml", "spec:\n\u{a0} name: x\n\u{a0} other: y\n".as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with("f.yaml:2:") && error.contains("no-break space"), "{error}");
    }
}
