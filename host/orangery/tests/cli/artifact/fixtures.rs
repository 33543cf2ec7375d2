//! Artifacts that Flux made: another compressor, and the configurations of its releases.

use super::{FX1, REVISION, SOURCE, artifact, example};
use crate::bench::whole_tree;
use orangery_test_registry::Registry;
use serde_json::json;
use std::fs;
use std::process::Command;

/// The files of [`example`] as Go's `compress/gzip` writes them, which is what Flux uses.
const LAYER: &[u8] = include_bytes!("go-gzip.tgz");
/// The configuration of Flux 2.9, the same for all artifacts.
const CONFIGURATION_2_9: &str = r#"{"architecture":"","created":"0001-01-01T00:00:00Z","os":"","rootfs":{"type":"layers","diff_ids":null},"config":{}}"#;
/// The configuration of Flux 2.8 before and after the digest of the archive.
const CONFIGURATION_2_8: [&str; 2] = [
    r#"{"architecture":"","created":"0001-01-01T00:00:00Z","history":[{"created":"0001-01-01T00:00:00Z"}],"os":"","rootfs":{"type":"layers","diff_ids":[""#,
    r#""]},"config":{}}"#,
];

/// Puts an artifact with this configuration into a registry, by somebody else's client.
fn put(registry: &Registry, tag: &str, configuration: &str) {
    let layout = tempfile::tempdir().unwrap();
    let blobs = layout.path().join("blobs/sha256");
    fs::create_dir_all(&blobs).unwrap();
    let blob = |media_type: &str, bytes: &[u8]| {
        let file = layout.path().join("blob");
        fs::write(&file, bytes).unwrap();
        let said = Command::new("sha256sum").arg(&file).output().unwrap().stdout;
        let digest = String::from_utf8(said).unwrap().split(' ').next().unwrap().to_owned();
        fs::rename(file, blobs.join(&digest)).unwrap();
        json!({"mediaType": media_type, "size": bytes.len(), "digest": format!("sha256:{digest}")})
    };
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": blob("application/vnd.cncf.flux.config.v1+json", configuration.as_bytes()),
        "layers": [blob("application/vnd.cncf.flux.content.v1.tar+gzip", LAYER)],
        "annotations": {
            "org.opencontainers.image.created": "2026-01-31T12:00:00Z",
            "org.opencontainers.image.source": SOURCE,
            "org.opencontainers.image.revision": REVISION,
        },
    });
    let entry = blob("application/vnd.oci.image.manifest.v1+json", manifest.to_string().as_bytes());
    fs::write(layout.path().join("oci-layout"), r#"{"imageLayoutVersion": "1.0.0"}"#).unwrap();
    fs::write(layout.path().join("index.json"), json!({"schemaVersion": 2, "manifests": [entry]}).to_string()).unwrap();
    let name = format!("{}/flux:{tag}", registry.address());
    registry.crane(&["push", layout.path().to_str().unwrap(), &name, "--insecure"]).unwrap();
}

#[test]
fn row_d10_artifacts_of_flux_are_pulled_and_compared_whatever_their_configuration() {
    let (registry, folder) = (Registry::start().unwrap(), example());
    put(&registry, "2.9", CONFIGURATION_2_9);
    put(&registry, "2.8", &CONFIGURATION_2_8.join(FX1));
    for tag in ["2.9", "2.8"] {
        let address = format!("oci://{}/flux:{tag}", registry.address());
        let path = folder.path().to_str().unwrap();
        artifact(&["diff", &address, "--path", path]).run().exits(0).warns("no changes detected");
        let out = tempfile::tempdir().unwrap();
        artifact(&["pull", &address, "-o", out.path().to_str().unwrap()]).run().exits(0).warns(REVISION);
        assert_eq!(whole_tree(out.path())["cm.yaml"], whole_tree(folder.path())["cm.yaml"]);
        artifact(&["diff", &address, "--path", out.path().to_str().unwrap()]).run().exits(0);
    }
    fs::write(folder.path().join("cm.yaml"), "changed").unwrap();
    let address = format!("oci://{}/flux:2.8", registry.address());
    artifact(&["diff", &address, "--path", folder.path().to_str().unwrap()]).run().exits(1).prints("~ cm.yaml");
}
