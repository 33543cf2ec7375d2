//! What is packed, byte for byte.

use orangery_artifact::archive::{Contents, Limits, Links, Modes, Packing, inspect, pack, pack_file, unpack};
use orangery_artifact::compare::differences;
use orangery_artifact::ignore::{DEFAULT, IgnoreRules};
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use tempfile::TempDir;

/// The archive that Flux packs of [`example`].
const FX1: &str = "sha256:5bb46b7f37293e0ae8f71d1a7b44b8a809df018c813bca1d6dd37bc08f5c7159";

/// Files with everything that counts: an empty folder, ignored files, a link, files that are hidden.
fn example() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for name in ["base", "empty", ".git"] {
        fs::create_dir(root.join(name)).unwrap();
    }
    for (name, text) in [
        ("cm.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: demo\n"),
        ("base/kustomization.yaml", "resources:\n- ../cm.yaml\n"),
        (".sourceignore", "/*.txt\n"),
        ("note.txt", "n\n"),
        (".git/HEAD", "ref: refs/heads/main\n"),
        (".gitignore", "target\n"),
        ("logo.png", "png"),
        ("base/a.tar.gz", "gz"),
    ] {
        fs::write(root.join(name), text).unwrap();
    }
    symlink("cm.yaml", root.join("link.yaml")).unwrap();
    permit(root, 0o755, 0o644);
    folder
}

/// What a umask does to a checkout.
fn permit(root: &Path, folders: u32, files: u32) {
    for entry in fs::read_dir(root).unwrap().map(Result::unwrap) {
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            permit(&entry.path(), folders, files);
        } else if kind.is_file() {
            fs::set_permissions(entry.path(), Permissions::from_mode(files)).unwrap();
        }
    }
    fs::set_permissions(root, Permissions::from_mode(folders)).unwrap();
}

fn packing(patterns: &[&str], links: Links, modes: Modes) -> Packing {
    Packing { ignored: IgnoreRules::new(patterns.iter().copied()).unwrap(), links, modes }
}

fn paths(contents: &Contents) -> Vec<String> {
    contents.items().keys().map(|path| path.display().to_string()).collect()
}

fn listed(root: &Path, packing: &Packing) -> Vec<String> {
    paths(&inspect(pack(root, packing).unwrap().compressed(), Limits::default()).unwrap())
}

#[test]
fn row_d2_the_archive_has_the_bytes_that_flux_packs() {
    let folder = example();
    let layer = pack(folder.path(), &packing(&DEFAULT, Links::Skipped, Modes::Kept)).unwrap();
    assert_eq!(layer.diff_id(), FX1);
    // No name, no time, an unknown system: nothing of the machine is in the layer.
    assert_eq!(layer.compressed().first_chunk::<10>(), Some(&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]));
}

#[test]
fn row_d3_the_umask_of_a_checkout_changes_nothing_in_a_reproducible_archive() {
    let folder = example();
    permit(folder.path(), 0o775, 0o664);
    let kept = pack(folder.path(), &packing(&DEFAULT, Links::Skipped, Modes::Kept)).unwrap();
    assert_ne!(kept.diff_id(), FX1, "modes count where they are kept");
    for (folders, files) in [(0o755, 0o644), (0o775, 0o664), (0o700, 0o600)] {
        permit(folder.path(), folders, files);
        let layer = pack(folder.path(), &packing(&DEFAULT, Links::Skipped, Modes::Normal)).unwrap();
        assert_eq!(layer.diff_id(), FX1, "{folders:o} {files:o}");
    }
    fs::set_permissions(folder.path().join("note.txt"), Permissions::from_mode(0o775)).unwrap();
    let layer = pack(folder.path(), &packing(&DEFAULT, Links::Skipped, Modes::Normal)).unwrap();
    assert_ne!(layer.diff_id(), FX1, "a file that may be run stays one");
}

#[test]
fn row_d4_patterns_replace_or_follow_the_default_and_sourceignore_is_only_carried() {
    let folder = example();
    let of = |patterns: &[&str]| listed(folder.path(), &packing(patterns, Links::Skipped, Modes::Kept));
    let default = [".sourceignore", "base", "base/kustomization.yaml", "cm.yaml", "empty", "note.txt"];
    assert_eq!(of(&DEFAULT), default);
    assert_eq!(of(&[&DEFAULT[..], &["/*.txt", "empty/"]].concat()), &default[..4]);
    let replaced = of(&["*.yaml"]);
    assert!(replaced.contains(&".git/HEAD".to_owned()) && replaced.contains(&"logo.png".to_owned()), "{replaced:?}");
    assert!(!replaced.contains(&"cm.yaml".to_owned()), "{replaced:?}");
}

#[test]
fn row_d18_links_are_followed_where_asked_for() {
    let folder = example();
    let away = tempfile::tempdir().unwrap();
    fs::write(away.path().join("shared.yaml"), "shared: true\n").unwrap();
    symlink(away.path(), folder.path().join("linked")).unwrap();
    let followed = packing(&DEFAULT, Links::Followed, Modes::Kept);
    let found = listed(folder.path(), &followed);
    for path in ["link.yaml", "linked", "linked/shared.yaml"] {
        assert!(found.contains(&path.to_owned()), "{path} is not in {found:?}");
    }
    symlink(folder.path(), folder.path().join("base/up")).unwrap();
    let said = pack(folder.path(), &followed).unwrap_err().to_string();
    assert!(said.contains("base/up") && said.contains("--ignore-paths"), "{said}");
}

#[test]
fn row_d18_a_single_file_stands_in_a_private_folder_under_a_stable_name() {
    let layer = pack_file("stdin.yaml", 0o644, b"a: b").unwrap();
    assert_eq!(layer.diff_id(), pack_file("stdin.yaml", 0o644, b"a: b").unwrap().diff_id());
    assert_eq!(paths(&inspect(layer.compressed(), Limits::default()).unwrap()), ["stdin.yaml"]);
}

#[test]
fn long_and_foreign_names_come_back_as_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let deep = ["d".repeat(90), "e".repeat(90)].join("/");
    let names = [
        format!("{}.yaml", "a".repeat(120)),
        format!("{deep}/{}.yaml", "f".repeat(80)),
        "größe.yaml".to_owned(),
        "日本語/設定.yaml".to_owned(),
    ];
    for name in &names {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, name).unwrap();
    }
    let layer = pack(folder.path(), &packing(&[], Links::Skipped, Modes::Normal)).unwrap();
    let contents = inspect(layer.compressed(), Limits::default()).unwrap();
    let out = tempfile::tempdir().unwrap();
    unpack(&contents, out.path()).unwrap();
    for name in &names {
        assert_eq!(fs::read_to_string(out.path().join(name)).unwrap(), *name);
    }
    let again = pack(out.path(), &packing(&[], Links::Skipped, Modes::Normal)).unwrap();
    assert_eq!(again.diff_id(), layer.diff_id());
}

#[test]
fn a_difference_is_named_by_its_path() {
    let folder = example();
    let packing = packing(&DEFAULT, Links::Skipped, Modes::Kept);
    let of = || inspect(pack(folder.path(), &packing).unwrap().compressed(), Limits::default()).unwrap();
    let before = of();
    fs::write(folder.path().join("cm.yaml"), "changed: true\n").unwrap();
    fs::write(folder.path().join("new.yaml"), "").unwrap();
    fs::remove_file(folder.path().join("note.txt")).unwrap();
    fs::set_permissions(folder.path().join(".sourceignore"), Permissions::from_mode(0o600)).unwrap();
    let after = of();
    let found: Vec<String> = differences(&after, &before).iter().map(ToString::to_string).collect();
    assert_eq!(found, ["~ .sourceignore (mode 0644 is 0600 here)", "~ cm.yaml", "+ new.yaml", "- note.txt"]);
    assert_eq!(differences(&before, &before), []);
}
