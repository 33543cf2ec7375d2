//! The OCI image layout: blobs by digest, and an index. The documents are written as JSON values: the crate `oci-spec` would turn on
//! `preserve_order` of serde_json in the whole workspace, and with it change what every other crate prints.

use super::archive::{Layer, digest};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

/// The program in the image.
pub(super) const ENTRYPOINT: &str = "/orangery";
/// The user and the group: those of `distroless` images, and of the chart.
pub(super) const USER: u32 = 65532;

/// Names of the specification.
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIGURATION: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// A layout that is being written.
pub(super) struct Layout {
    folder: PathBuf,
    layers: Vec<Value>,
    diff_ids: Vec<String>,
}

impl Layout {
    /// An empty one in a folder.
    pub(super) fn create(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder.join("blobs/sha256")).with_context(|| format!("creating {}", folder.display()))?;
        let layout = Self { folder: folder.to_owned(), layers: Vec::new(), diff_ids: Vec::new() };
        layout.document("oci-layout", &json!({"imageLayoutVersion": "1.0.0"}))?;
        Ok(layout)
    }

    /// Adds a layer above those before it.
    pub(super) fn layer(&mut self, layer: Layer) -> Result<()> {
        self.layers.push(self.blob(LAYER, &layer.compressed)?);
        self.diff_ids.push(layer.diff_id);
        Ok(())
    }

    /// Writes configuration, manifest and index; answers the digest of the manifest.
    pub(super) fn finish(self, architecture: &str, version: &str, time: u64) -> Result<String> {
        let labels = json!({
            "org.opencontainers.image.title": "orangery",
            "org.opencontainers.image.description": "Preview environments for Kubernetes and Flux",
            "org.opencontainers.image.version": version,
            "org.opencontainers.image.licenses": "Apache-2.0",
            "org.opencontainers.image.source": env!("CARGO_PKG_REPOSITORY"),
        });
        let configuration = json!({
            "architecture": architecture,
            "os": "linux",
            "created": utc(time),
            "config": {
                "User": format!("{USER}:{USER}"),
                "Entrypoint": [ENTRYPOINT],
                "Env": ["PATH=/", "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"],
                "WorkingDir": "/",
                "Labels": labels,
            },
            "rootfs": {"type": "layers", "diff_ids": self.diff_ids},
            "history": self.diff_ids.iter().map(|_| json!({"created_by": "cargo xtask image", "created": utc(time)})).collect::<Vec<_>>(),
        });
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": self.blob(CONFIGURATION, &serde_json::to_vec(&configuration)?)?,
            "layers": self.layers,
            "annotations": labels,
        });
        let bytes = serde_json::to_vec(&manifest)?;
        let mut entry = self.blob(MANIFEST, &bytes)?;
        if let Some(entry) = entry.as_object_mut() {
            entry.insert("platform".to_owned(), json!({"architecture": architecture, "os": "linux"}));
            entry.insert("annotations".to_owned(), json!({"org.opencontainers.image.ref.name": version}));
        }
        self.document(
            "index.json",
            &json!({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [entry]}),
        )?;
        Ok(digest(&bytes))
    }

    /// Stores bytes under their digest; answers how others refer to them.
    fn blob(&self, media_type: &str, bytes: &[u8]) -> Result<Value> {
        let digest = digest(bytes);
        let path = self.folder.join("blobs").join(digest.replace(':', "/"));
        fs::write(&path, bytes).with_context(|| format!("writing {}", path.display()))?;
        Ok(json!({"mediaType": media_type, "digest": digest, "size": bytes.len()}))
    }

    fn document(&self, name: &str, content: &Value) -> Result<()> {
        let path = self.folder.join(name);
        fs::write(&path, serde_json::to_vec(content)?).with_context(|| format!("writing {}", path.display()))
    }
}

/// RFC 3339, by the civil calendar from days since 1970 (Howard Hinnant's algorithm): one number does not need a calendar crate.
fn utc(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400 + 719_468, seconds % 86_400);
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let (month, date) = (if month < 10 { month + 3 } else { month - 9 }, day - (153 * month + 2) / 5 + 1);
    let year = year + era * 400 + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{date:02}T{:02}:{:02}:{:02}Z", rest / 3_600, rest / 60 % 60, rest % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_as_a_date() {
        for (seconds, date) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_709_251_199, "2024-02-29T23:59:59Z"),
            (1_735_689_599, "2024-12-31T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(utc(seconds), date);
        }
    }
}
