//! What a plugin may say of itself.

use super::*;
use orangery_plugin_documents::manifest::{RendererEntry, Scheme, Shape};
use serde_json::json;

const PROVIDER: Roles = Roles { provider: true, renderer: false, notifier: false };
const RENDERER: Roles = Roles { provider: false, renderer: true, notifier: false };
const NOTIFIER: Roles = Roles { provider: false, renderer: false, notifier: true };

fn branches() -> manifest::ServedType {
    manifest::ServedType::branches("TestBranch")
}

fn provider() -> Manifest {
    Manifest {
        types: vec![branches()],
        credentials: vec![Credential::new("api")],
        wants: vec![Want::new("https://api.example.com")],
        ..Manifest::new("test", "1.2.3-rc.1")
    }
}

fn checked(manifest: &Manifest, roles: Roles) -> Result<Described, DescriptionError> {
    check(&manifest.to_json().unwrap(), roles, "d", PluginSource::given("t"))
}

fn said(manifest: Manifest) -> String {
    checked(&manifest, PROVIDER).err().unwrap().to_string()
}

#[test]
fn a_good_description_passes_with_its_schemas() {
    let (description, schemas) = checked(&provider(), PROVIDER).unwrap();
    assert_eq!(description.plugin.to_string(), "test 1.2.3-rc.1");
    assert_eq!(description.types[0].name_kind, NameKind::Branch);
    assert!(schemas.contains_key("TestBranch") && description.notes.is_empty());
}

#[test]
fn what_cannot_be_read_is_refused_with_its_field() {
    let refused = |text: &str| check(text, PROVIDER, "d", PluginSource::given("t")).err().unwrap().to_string();
    assert_eq!(
        refused("{}"),
        "its manifest cannot be read: apiVersion: it is missing, but this host reads plugins.orangery.dev/v1alpha1"
    );
    let nameless = json!({"apiVersion": manifest::API_VERSION, "version": "1.0.0"}).to_string();
    assert!(refused(&nameless).ends_with("missing field `name`"), "{}", refused(&nameless));
    assert!(refused(&" ".repeat(MANIFEST_BYTES + 1)).contains("at most 1048576 are allowed"));
}

#[test]
fn what_this_host_does_not_know_is_a_note() {
    let mut manifest: Value = serde_json::to_value(provider()).unwrap();
    manifest["types"][0]["speed"] = json!(1);
    manifest["types"][0]["facts"] = json!(["webUrl", "mood"]);
    let (description, _) = check(&manifest.to_string(), PROVIDER, "d", PluginSource::given("t")).unwrap();
    assert_eq!(
        description.notes,
        [
            "its manifest has the key 'types[0].speed', which this host does not know",
            "the type TestBranch fills the fact 'mood', which this host does not know"
        ]
    );
}

#[test]
fn names_follow_their_grammar() {
    let named = |name: &str| said(Manifest { name: name.into(), ..provider() });
    assert!(named("Test\u{1b}").starts_with("its name is 'Test\\u{1b}'"));
    assert!(said(Manifest { version: "1.2".into(), ..provider() }).starts_with("its version is '1.2'"));
    let credentials = vec![Credential::new("")];
    assert!(said(Manifest { credentials, ..provider() }).starts_with("its credential is ''"));
    let lower = manifest::ServedType { name: "lower".into(), ..branches() };
    assert!(said(Manifest { types: vec![lower], ..provider() }).starts_with("its type is 'lower'"));
    let nameless = manifest::ServedType { name_attribute: String::new(), ..branches() };
    assert!(said(Manifest { types: vec![nameless], ..provider() }).contains("no nameAttribute"));
    let dashed = branches().attribute("a-b", "");
    assert!(said(Manifest { types: vec![dashed], ..provider() }).starts_with("its attribute is 'a-b'"));
}

#[test]
fn nothing_is_listed_twice_or_without_end() {
    let twice = Manifest { types: vec![branches(), branches()], ..provider() };
    assert_eq!(said(twice), "it lists the type 'TestBranch' twice");
    let credentials = (0..65).map(|n| Credential::new(&format!("c{n}"))).collect();
    assert!(said(Manifest { credentials, ..provider() }).contains("at most 64"));
}

#[test]
fn a_wanted_origin_is_an_origin_and_a_path_a_path() {
    for wrong in ["api.example.com", "ftp://x.example", "https://user@x.example", "https://x.example/path"] {
        assert!(said(Manifest { wants: vec![Want::new(wrong)], ..provider() }).starts_with("it wants"), "{wrong}");
    }
    for wrong in ["repos", "/repos?x=1", "/*"] {
        let wants = vec![Want::new("https://x.example").path(wrong)];
        assert!(said(Manifest { wants, ..provider() }).starts_with("it wants the path"), "{wrong}");
    }
}

#[test]
fn a_shape_that_cannot_be_is_refused_with_its_position() {
    let credential = Credential::new("api")
        .shape(Shape::new(Scheme::Bearer).token("token"))
        .shape(Shape::header("Host", "").token("token"));
    assert_eq!(
        said(Manifest { credentials: vec![credential], ..provider() }),
        "credentials: the shape 1 of 'api': scheme.header.name: no credential can be sent in the header 'Host'"
    );
}

#[test]
fn what_it_exports_and_what_it_lists_agree() {
    let entry = || Some(RendererEntry { name: "text".into(), config: None });
    let renderer = Manifest { types: Vec::new(), renderer: entry(), ..provider() };
    assert!(checked(&renderer, RENDERER).is_ok());
    assert_eq!(said(renderer), "it exports provider, but its manifest lists a renderer name");
    assert_eq!(
        said(Manifest { types: Vec::new(), ..provider() }),
        "it exports provider, but its manifest lists no types"
    );
    let error = checked(&provider(), RENDERER).err().unwrap();
    assert_eq!(error.to_string(), "it exports renderer, but its manifest lists types");

    let notifier = Manifest { types: Vec::new(), notifies: vec![Notifies::of_type("TestBranch")], ..provider() };
    assert!(checked(&notifier, NOTIFIER).is_ok());
    let both = Manifest { types: vec![branches()], ..notifier.clone() };
    assert!(checked(&both, Roles { provider: true, ..NOTIFIER }).is_ok());
    assert_eq!(said(both), "it exports provider, but its manifest lists something under notifies");
    let silent = Manifest { notifies: Vec::new(), ..notifier };
    let error = checked(&silent, NOTIFIER).err().unwrap();
    assert_eq!(error.to_string(), "it exports notifier, but its manifest lists nothing under notifies");
}

#[test]
fn a_schema_that_cannot_be_used_names_its_type() {
    let types = vec![manifest::ServedType { config: Some(json!("{")), ..branches() }];
    assert!(said(Manifest { types, ..provider() }).starts_with("the configuration of TestBranch: the schema"));
}

#[test]
fn all_schemas_of_a_plugin_have_a_size_together() {
    let schema = json!({"type": "object", "description": "x".repeat(200 * 1024)});
    let ty = |n: u32| manifest::ServedType { name: format!("Type{n}"), config: Some(schema.clone()), ..branches() };
    let of = |count: u32| Manifest { types: (0..count).map(ty).collect(), ..provider() };
    assert!(checked(&of(2), PROVIDER).is_ok());
    assert!(said(of(3)).contains("the schemas of the plugin have"), "{}", said(of(3)));
}

#[test]
fn sentences_are_single_lines() {
    let description = "red \u{1b}[31m\nline ".to_owned();
    let (description, _) = checked(&Manifest { description, ..provider() }, PROVIDER).unwrap();
    assert_eq!(description.manifest.description, "red  [31m line");
}
