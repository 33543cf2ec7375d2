//! The list follows the folders; a folder that cannot be understood is an error with its path.

use super::*;

/// A workspace whose `plugins/` has these folders, each with this `Cargo.toml`.
fn workspace(folders: &[(&str, &str)]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join("compat/text/src")).unwrap();
    for (name, manifest) in folders {
        let folder = root.path().join("plugins").join(name);
        fs::create_dir_all(folder.join("src")).unwrap();
        fs::create_dir_all(folder.join("cases")).unwrap();
        fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    }
    root
}

fn manifest(name: &str, metadata: &str) -> String {
    format!("[package]\nname = \"{name}\"\nversion.workspace = true\n\n{metadata}")
}

fn names(root: &Path) -> Vec<String> {
    components(root).unwrap().into_iter().map(|component| component.name).collect()
}

const PROVIDER: &str = "[package.metadata.orangery]\nrole = \"provider\"\n";

#[test]
fn a_new_folder_with_metadata_is_a_new_component() {
    let forge = manifest("orangery-plugin-forge", PROVIDER);
    let root = workspace(&[("forge", &forge), ("sdk", &manifest("orangery-plugin-sdk", ""))]);
    assert_eq!(names(root.path()), ["forge"]);
    let another = root.path().join("plugins/another");
    fs::create_dir_all(&another).unwrap();
    fs::write(another.join("Cargo.toml"), manifest("orangery-plugin-another", PROVIDER)).unwrap();
    assert_eq!(names(root.path()), ["another", "forge"]);
    let first = components(root.path()).unwrap().swap_remove(0);
    assert_eq!((first.role, first.profile.as_str()), (Role::Provider, "plugin"));
    assert_eq!(first.file(), "orangery_plugin_another.wasm");
}

#[test]
fn a_component_may_name_its_profile() {
    let private = "[package.metadata.orangery]\nrole = \"private\"\nprofile = \"small\"\n";
    let root = workspace(&[("adder", &manifest("orangery-plugin-adder", private))]);
    let found = components(root.path()).unwrap().swap_remove(0);
    assert_eq!((found.role, found.profile.as_str()), (Role::Private, "small"));
}

#[test]
fn the_watched_sources_leave_out_tests_and_cases() {
    let root = workspace(&[("forge", &manifest("orangery-plugin-forge", PROVIDER))]);
    let found = sources(root.path()).unwrap();
    for path in ["wit", "plugins/forge/Cargo.toml", "plugins/forge/src", "compat/text/src"] {
        assert!(found.contains(&root.path().join(path)), "{path}: {found:?}");
    }
    assert!(!found.iter().any(|path| path.ends_with("cases")), "{found:?}");
}

#[test]
fn what_cannot_be_understood_is_an_error_with_its_path() {
    let said = |manifest: &str| {
        let root = workspace(&[("odd", manifest)]);
        let error = components(root.path()).unwrap_err().to_string();
        assert!(error.contains("plugins/odd/Cargo.toml"), "{error}");
        error
    };
    let role = said(&manifest("orangery-plugin-odd", "[package.metadata.orangery]\nrole = \"forge\"\n"));
    assert!(role.contains("unknown variant `forge`") && role.contains("\"renderer\" or \"private\""), "{role}");
    let field = said(&manifest("orangery-plugin-odd", "[package.metadata.orangery]\nroles = \"provider\"\n"));
    assert!(field.contains("unknown field `roles`"), "{field}");
    let name = said(&manifest("odd", PROVIDER));
    assert!(name.contains("named orangery-plugin-NAME, but this one is \"odd\""), "{name}");
    assert!(said("package = 7").contains("invalid type"));
    let root = workspace(&[("empty", "")]);
    fs::remove_file(root.path().join("plugins/empty/Cargo.toml")).unwrap();
    assert!(components(root.path()).unwrap_err().to_string().starts_with("cannot read "));
}

/// A workspace with an SDK that needs a crate beside it.
fn with_sdk() -> tempfile::TempDir {
    let sdk = "[package]\nname = \"orangery-plugin-sdk\"\nversion.workspace = true\n[lints]\nworkspace = true\n\
        [dependencies]\nserde = { workspace = true, features = [\"rc\"] }\nurl.workspace = true\ntext.workspace = true\n\
        [dev-dependencies]\ntempfile.workspace = true\n";
    let root = workspace(&[("sdk", sdk), ("text", &manifest("text", ""))]);
    let shared = "[workspace.package]\nversion = \"7.0.0\"\n[workspace.dependencies]\n\
        serde = { version = \"1\", features = [\"derive\"] }\nurl = \"2.5\"\n\
        text = { path = \"plugins/text\", version = \"7.0.0\" }\n\
        orangery-plugin-sdk = { path = \"plugins/sdk\", version = \"7.0.0\" }\n";
    fs::write(root.path().join("Cargo.toml"), shared).unwrap();
    fs::write(root.path().join("plugins/sdk/src/lib.rs"), "//! The SDK.\n").unwrap();
    root
}

#[test]
fn the_copy_of_the_sdk_inherits_nothing_and_brings_what_it_needs() {
    let root = with_sdk();
    let files = sdk(root.path()).unwrap();
    let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, ["orangery-plugin-sdk/Cargo.toml", "orangery-plugin-sdk/src/lib.rs", "text/Cargo.toml"]);
    let text = &files.first().unwrap().text;
    for gone in ["workspace", "lints", "dev-dependencies", "tempfile"] {
        assert!(!text.contains(gone), "{text}");
    }
    let copy: toml::Table = toml::from_str(text).unwrap();
    assert_eq!(copy["package"]["version"].as_str(), Some("7.0.0"));
    let dependencies = &copy["dependencies"];
    assert_eq!(dependencies["serde"]["features"].as_array().map(Vec::len), Some(2));
    assert_eq!(dependencies["url"]["version"].as_str(), Some("2.5"));
    assert_eq!(dependencies["text"]["path"].as_str(), Some("../text"));
}

#[test]
fn what_the_workspace_does_not_have_cannot_be_inherited() {
    let root = with_sdk();
    let file = root.path().join("Cargo.toml");
    let text = fs::read_to_string(&file).unwrap().replace("url = \"2.5\"\n", "");
    fs::write(&file, text).unwrap();
    let error = sdk(root.path()).unwrap_err().to_string();
    assert!(error.contains("has no workspace.dependencies.url"), "{error}");
}
