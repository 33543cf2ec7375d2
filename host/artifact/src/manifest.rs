//! The manifest of an artifact: media types, annotations, and its bytes, which are those that Flux writes for the same layer.

use crate::digest;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Media type of the manifest.
pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// Media type of the configuration, by which Flux's tools know an artifact.
pub const CONFIGURATION: &str = "application/vnd.cncf.flux.config.v1+json";
/// Media type of the layer.
pub const CONTENT: &str = "application/vnd.cncf.flux.content.v1.tar+gzip";
/// The configuration that Flux 2.9 writes. Nothing reads its content, and that of an artifact found elsewhere may be any.
pub const CONFIGURATION_BYTES: &[u8] =
    br#"{"architecture":"","created":"0001-01-01T00:00:00Z","os":"","rootfs":{"type":"layers","diff_ids":null},"config":{}}"#;

/// Annotation: when the artifact was made.
pub const CREATED: &str = "org.opencontainers.image.created";
/// Annotation: the repository that its files come from.
pub const SOURCE: &str = "org.opencontainers.image.source";
/// Annotation: branch or tag and commit, `main@sha1:…`.
pub const REVISION: &str = "org.opencontainers.image.revision";

/// Annotations by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Annotations(BTreeMap<String, String>);

/// Annotations cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnnotationError {
    /// No key, or no `=`.
    #[error("{0:?} is not an annotation; write KEY=VALUE")]
    Unreadable(String),
    /// The time of creation is not RFC 3339.
    #[error("{CREATED}={0:?} is not a time; write it as 2026-01-31T12:00:00Z")]
    Created(String),
}

impl Annotations {
    /// The three annotations of every artifact.
    #[must_use]
    pub fn new(created: Timestamp, source: &str, revision: &str) -> Self {
        // Registries and Flux compare texts: whole seconds, in UTC.
        let created = created.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let entries = [(CREATED, created.as_str()), (SOURCE, source), (REVISION, revision)];
        Self(entries.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect())
    }

    /// Adds `KEY=VALUE`, or puts it in the place of what was there. The value may contain `=`.
    ///
    /// # Errors
    /// There is no key, or the time of creation is not a time.
    pub fn set(&mut self, text: &str) -> Result<(), AnnotationError> {
        let unreadable = || AnnotationError::Unreadable(text.to_owned());
        let (key, value) = text.split_once('=').ok_or_else(unreadable)?;
        if key.is_empty() {
            return Err(unreadable());
        }
        if key == CREATED && value.parse::<Timestamp>().is_err() {
            return Err(AnnotationError::Created(value.to_owned()));
        }
        self.0.insert(key.to_owned(), value.to_owned());
        Ok(())
    }

    /// The value of an annotation, empty if there is none.
    #[must_use]
    pub fn get(&self, key: &str) -> &str {
        self.0.get(key).map_or("", String::as_str)
    }
}

/// What a manifest says of a blob.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// What it is.
    #[serde(default)]
    pub media_type: String,
    /// Its length in bytes.
    pub size: u64,
    /// Its digest.
    pub digest: String,
}

impl Descriptor {
    /// Of these bytes.
    #[must_use]
    pub fn of(media_type: &str, bytes: &[u8]) -> Self {
        Self { media_type: media_type.to_owned(), size: bytes.len() as u64, digest: digest::sha256(bytes) }
    }
}

/// A manifest. The order of the fields is that of the bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    schema_version: u8,
    #[serde(default)]
    media_type: String,
    config: Descriptor,
    #[serde(default)]
    layers: Vec<Descriptor>,
    #[serde(default)]
    annotations: Annotations,
}

/// A manifest is not that of an artifact.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// Not a manifest.
    #[error("it is not the manifest of an image or artifact: an index with several platforms has no files of its own")]
    Unreadable(#[source] serde_json::Error),
    /// No layer.
    #[error("its manifest lists no layer, so there is nothing to unpack")]
    NoLayer,
}

impl Manifest {
    /// The manifest of an artifact with this layer.
    #[must_use]
    pub fn new(layer: Descriptor, annotations: Annotations) -> Self {
        Self {
            schema_version: 2,
            media_type: MANIFEST.to_owned(),
            config: Descriptor::of(CONFIGURATION, CONFIGURATION_BYTES),
            layers: vec![layer],
            annotations,
        }
    }

    /// Reads one. The configuration may be any: its content differs between the releases of Flux.
    ///
    /// # Errors
    /// It is not one.
    pub fn read(bytes: &[u8]) -> Result<Self, ManifestError> {
        serde_json::from_slice(bytes).map_err(ManifestError::Unreadable)
    }

    /// The layer with the files: the first one, as in Flux.
    ///
    /// # Errors
    /// There is none.
    pub fn layer(&self) -> Result<&Descriptor, ManifestError> {
        self.layers.first().ok_or(ManifestError::NoLayer)
    }

    /// The annotations.
    #[must_use]
    pub fn annotations(&self) -> &Annotations {
        &self.annotations
    }

    /// The bytes that a registry stores, and whose digest names the artifact.
    ///
    /// # Errors
    /// It cannot be written as JSON, which no manifest of this type brings about.
    pub fn bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        // Go writes these characters so, and the digest is over what is written. They stand nowhere but in strings.
        let text = serde_json::to_string(self)?;
        let text =
            [('<', "\\u003c"), ('>', "\\u003e"), ('&', "\\u0026"), ('\u{2028}', "\\u2028"), ('\u{2029}', "\\u2029")]
                .into_iter()
                .fold(text, |text, (character, escaped)| text.replace(character, escaped));
        Ok(text.into_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn annotations() -> Annotations {
        let revision = format!("main@sha1:{}", "0123456789".repeat(4));
        Annotations::new(Timestamp::UNIX_EPOCH, "https://example.com/org/app.git", &revision)
    }

    #[test]
    fn row_d1_the_manifest_is_the_one_that_flux_writes() {
        let layer = Descriptor {
            media_type: CONTENT.to_owned(),
            size: 335,
            digest: "sha256:5f3e9bb070f327554fc452bbc28221c9a028b4017be677d3b7ae8607dd2212e1".to_owned(),
        };
        let bytes = Manifest::new(layer, annotations()).bytes().unwrap();
        assert_eq!(CONFIGURATION_BYTES.len(), 115);
        assert_eq!(
            digest::sha256(&bytes),
            "sha256:ac3693d1923354a99d9082776617a5acc838265757091f9f5604cfe335f21837",
            "{}",
            String::from_utf8_lossy(&bytes)
        );
    }

    #[test]
    fn an_annotation_is_added_or_replaced_and_may_hold_an_equals_sign() {
        let mut annotations = annotations();
        annotations.set("org.example.query=a=b&c").unwrap();
        annotations.set(&format!("{CREATED}=2026-01-31T12:00:00Z")).unwrap();
        assert_eq!(annotations.get("org.example.query"), "a=b&c");
        assert_eq!(annotations.get(CREATED), "2026-01-31T12:00:00Z");
        assert_eq!(annotations.set("novalue"), Err(AnnotationError::Unreadable("novalue".to_owned())));
        assert_eq!(annotations.set("=x"), Err(AnnotationError::Unreadable("=x".to_owned())));
        let said = annotations.set(&format!("{CREATED}=yesterday")).unwrap_err().to_string();
        assert!(said.contains("yesterday") && said.contains("2026-01-31T12:00:00Z"), "{said}");
        let bytes = Manifest::new(Descriptor::of(CONTENT, b""), annotations).bytes().unwrap();
        assert!(String::from_utf8(bytes).unwrap().contains(r"a=b\u0026c"));
    }
}
