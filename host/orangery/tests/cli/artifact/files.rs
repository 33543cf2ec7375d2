//! What is packed and pushed.

use super::{FX1, REVISION, SOURCE, artifact, at, example, manifest, push};
use orangery_test_registry::Registry;
use serde_json::{Value, json};
use std::fs;

#[test]
fn row_d1_an_artifact_has_the_media_types_and_annotations_of_flux() {
    let (registry, folder) = (Registry::start().unwrap(), example());
    let address = at(&registry, "org/app:v1");
    let mut words = push(&address, folder.path());
    words.extend(["-a", "org.example.query=a=b", "-a", "org.opencontainers.image.created=2026-01-31T12:00:00Z"]);
    artifact(&words).run().exits(0);
    let (found, text) = manifest(&registry, "org/app:v1");
    assert_eq!(found["mediaType"], "application/vnd.oci.image.manifest.v1+json");
    assert_eq!(found["config"]["mediaType"], "application/vnd.cncf.flux.config.v1+json");
    assert_eq!(found["config"]["digest"], "sha256:5b943e2b943f6c81dbbd4e2eca5121f4fcc39139e3d1219d6d89bd925b77d9fe");
    assert_eq!(found["layers"].as_array().unwrap().len(), 1);
    assert_eq!(found["layers"][0]["mediaType"], "application/vnd.cncf.flux.content.v1.tar+gzip");
    assert_eq!(
        found["annotations"],
        json!({
            "org.example.query": "a=b",
            "org.opencontainers.image.created": "2026-01-31T12:00:00Z",
            "org.opencontainers.image.source": SOURCE,
            "org.opencontainers.image.revision": REVISION,
        })
    );
    let order = ["schemaVersion", "mediaType", "config", "layers", "annotations"].map(|key| text.find(key).unwrap());
    assert!(order.is_sorted(), "{text}");
    registry.crane(&["validate", "--remote", &format!("{}/org/app:v1", registry.address()), "--insecure"]).unwrap();

    let mut words = push(&address, folder.path());
    words.extend(["-a", "org.opencontainers.image.created=yesterday"]);
    artifact(&words).run().fails_with("\"yesterday\" is not a time");
}

#[test]
fn row_d2_the_files_are_those_that_flux_packs() {
    let folder = example();
    let out = folder.path().join("../artifact-of-row-d2.tgz");
    let words = ["build", "-p", folder.path().to_str().unwrap(), "-o", out.to_str().unwrap()];
    artifact(&words).run().exits(0).warns(FX1);
    fs::remove_file(out).unwrap();
}

#[test]
fn row_d3_a_reproducible_artifact_has_one_digest_in_all_time_zones() {
    let (registry, folder) = (Registry::start().unwrap(), example());
    let mut digests = Vec::new();
    for (zone, tag) in [("UTC", "one"), ("Pacific/Kiritimati", "two"), ("America/Los_Angeles", "three")] {
        let address = at(&registry, &format!("app:{tag}"));
        let mut words = push(&address, folder.path());
        words.extend(["--reproducible", "-o", "json"]);
        let said: Value = serde_json::from_str(&artifact(&words).with("TZ", zone).run().exits(0).out).unwrap();
        digests.push(said["digest"].clone());
        let (found, _) = manifest(&registry, &format!("app:{tag}"));
        assert_eq!(found["annotations"]["org.opencontainers.image.created"], "1970-01-01T00:00:00Z");
    }
    assert_eq!(digests[0], digests[1]);
    assert_eq!(digests[0], digests[2]);
    let address = at(&registry, "app:four");
    let said = artifact(&[push(&address, folder.path()), vec!["-o", "json"]].concat()).run().exits(0).out;
    assert!(!said.contains(digests[0].as_str().unwrap()), "the time counts where it is not asked away");
}

#[test]
fn row_d4_ignored_paths_are_replaced_or_added() {
    let folder = example();
    let out = tempfile::tempdir().unwrap();
    let listed = |flags: &[&str]| {
        let file = out.path().join("a.tgz");
        let words = ["build", "-p", folder.path().to_str().unwrap(), "-o", file.to_str().unwrap()];
        artifact(&[&words[..], flags].concat()).run().exits(0);
        let listed = std::process::Command::new("tar").arg("tzf").arg(&file).output().unwrap();
        String::from_utf8(listed.stdout)
            .unwrap()
            .lines()
            .map(|line| line.trim_end_matches('/').to_owned())
            .collect::<Vec<_>>()
    };
    let all = [".", ".sourceignore", "base", "base/kustomization.yaml", "cm.yaml", "empty", "note.txt"];
    assert_eq!(listed(&[]), all);
    assert_eq!(listed(&["--add-ignore-paths", "*.txt,empty/"]), &all[..5]);
    assert_eq!(listed(&["--ignore-paths", "*.yaml,.git/,*.png"]), [".", ".sourceignore", "base", "empty", "note.txt"]);
    let words = ["build", "-p", folder.path().to_str().unwrap(), "--ignore-paths", "a[z-a]"];
    artifact(&words).run().fails_with("\"a[z-a]\" is not a pattern");
}

#[test]
fn row_d5_what_a_script_reads_is_on_stdout_and_nothing_else() {
    let (registry, folder) = (Registry::start().unwrap(), example());
    let address = at(&registry, "org/app:v1");
    let words = push(&address, folder.path());
    let told = artifact(&words).run().exits(0);
    assert_eq!(told.out, "");
    let repository = format!("{}/org/app", registry.address());
    let told = told.warns(&format!("✔ artifact successfully pushed to {repository}@sha256:"));
    assert!(
        !told.err.contains('\u{1b}') && !told.err.contains('\r'),
        "no bar where there is no terminal: {:?}",
        told.err
    );

    let told = artifact(&[&words[..], &["-o", "json", "--reproducible"]].concat()).run().exits(0);
    let document: Value = serde_json::from_str(&told.out).unwrap();
    let digest = document["digest"].as_str().unwrap();
    assert_eq!(
        told.out,
        format!(
            "{{\n  \"url\": \"oci://{repository}@{digest}\",\n  \"repository\": \"{repository}\",\n  \"tag\": \"v1\",\n  \
             \"digest\": \"{digest}\"\n}}\n"
        )
    );
    let yaml = artifact(&[&words[..], &["-o", "yaml", "--reproducible"]].concat()).run().exits(0).out;
    assert_eq!(
        yaml,
        format!("digest: {digest}\nrepository: {repository}\ntag: v1\nurl: oci://{repository}@{digest}\n")
    );
}

#[test]
fn row_d18_stdin_has_a_stable_name_and_a_file_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("a.tgz");
    let build = |path: &str, stdin: &str| {
        let words = ["build", "-p", path, "-o", out.to_str().unwrap()];
        let told = artifact(&words).reads(stdin).run().exits(0).err;
        let listed = std::process::Command::new("tar").arg("tzf").arg(&out).output().unwrap();
        (told, String::from_utf8(listed.stdout).unwrap())
    };
    let (told, listed) = build("-", "kind: ConfigMap\r\n\n");
    assert_eq!(listed, ".\nstdin.yaml\n");
    assert_eq!(build("-", "kind: ConfigMap").0, told, "line ends at the end do not count");
    assert_ne!(build("-", "kind: Secret").0, told);
    let file = folder.path().join("all.yaml");
    fs::write(&file, "kind: ConfigMap").unwrap();
    assert_eq!(build(file.to_str().unwrap(), "").1, ".\nall.yaml\n");
    artifact(&["build", "-p", "-"]).run().fails_with("there is nothing on stdin");
    artifact(&["build", "-p", "/nonexistent"]).run().fails_with("cannot pack /nonexistent");
}
