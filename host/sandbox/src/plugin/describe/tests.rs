//! What a plugin may say of itself.

use super::*;

const PROVIDER: Roles = Roles { provider: true, renderer: false, reporter: false };
const RENDERER: Roles = Roles { provider: false, renderer: true, reporter: false };

fn branches() -> wit::ServedType {
    wit::ServedType {
        name: "TestBranch".into(),
        name_kind: wit::NameKind::Branch,
        name_attribute: "branch".into(),
        labelled: false,
        limit_rule: wit::LimitRule::Admit,
        config_schema: "{}".into(),
    }
}

fn provider() -> wit::PluginInfo {
    wit::PluginInfo {
        name: "test".into(),
        version: "1.2.3-rc.1".into(),
        types: vec![branches()],
        renderer: None,
        renderer_schema: "{}".into(),
        credentials: vec!["api".into()],
        wants: vec![wit::Want { origin: "https://api.example.com".into(), for_url: None }],
    }
}

fn said(info: wit::PluginInfo) -> String {
    check(info, PROVIDER, "d", PluginSource::given("t")).err().unwrap().to_string()
}

#[test]
fn a_good_description_passes_with_its_schemas() {
    let (description, schemas) = check(provider(), PROVIDER, "d", PluginSource::given("t")).unwrap();
    assert_eq!(description.plugin.to_string(), "test 1.2.3-rc.1");
    assert_eq!(description.types[0].name_kind, NameKind::Branch);
    assert!(schemas.contains_key("TestBranch"));
}

#[test]
fn names_follow_their_grammar() {
    assert!(said(wit::PluginInfo { name: "Test\u{1b}".into(), ..provider() }).starts_with("its name is 'Test\\u{1b}'"));
    assert!(said(wit::PluginInfo { version: "1.2".into(), ..provider() }).starts_with("its version is '1.2'"));
    assert!(
        said(wit::PluginInfo { credentials: vec![String::new()], ..provider() }).starts_with("its credential is ''")
    );
    let lower = wit::ServedType { name: "lower".into(), ..branches() };
    assert!(said(wit::PluginInfo { types: vec![lower], ..provider() }).starts_with("its type is 'lower'"));
    let nameless = wit::ServedType { name_attribute: String::new(), ..branches() };
    assert!(said(wit::PluginInfo { types: vec![nameless], ..provider() }).contains("no name-attribute"));
}

#[test]
fn nothing_is_listed_twice_or_without_end() {
    let twice = wit::PluginInfo { types: vec![branches(), branches()], ..provider() };
    assert_eq!(said(twice), "it lists the type 'TestBranch' twice");
    let many = (0..65).map(|n| format!("c{n}")).collect();
    assert!(said(wit::PluginInfo { credentials: many, ..provider() }).contains("at most 64"));
}

#[test]
fn a_wanted_origin_is_an_origin() {
    for wrong in ["api.example.com", "ftp://x.example", "https://user@x.example", "https://x.example/path"] {
        let wants = vec![wit::Want { origin: wrong.into(), for_url: None }];
        assert!(said(wit::PluginInfo { wants, ..provider() }).starts_with("it wants"), "{wrong}");
    }
}

#[test]
fn what_it_exports_and_what_it_lists_agree() {
    let renderer = wit::PluginInfo { types: Vec::new(), renderer: Some("text".into()), ..provider() };
    assert!(check(renderer.clone(), RENDERER, "d", PluginSource::given("t")).is_ok());
    assert_eq!(said(renderer), "it exports provider, but describe lists no types");
    let both = wit::PluginInfo { renderer: Some("text".into()), ..provider() };
    assert_eq!(said(both), "it exports provider, but describe lists a renderer name");
    let error = check(provider(), RENDERER, "d", PluginSource::given("t")).err().unwrap();
    assert_eq!(error.to_string(), "it exports renderer, but describe lists types");
}

#[test]
fn a_schema_that_cannot_be_used_names_its_type() {
    let types = vec![wit::ServedType { config_schema: "{".into(), ..branches() }];
    assert!(said(wit::PluginInfo { types, ..provider() }).starts_with("the configuration of TestBranch: the schema"));
}

#[test]
fn all_schemas_of_a_plugin_have_a_size_together() {
    let schema = format!(r#"{{"type": "object", "description": "{}"}}"#, "x".repeat(200 * 1024));
    let ty = |n: u32| wit::ServedType { name: format!("Type{n}"), config_schema: schema.clone(), ..branches() };
    let info = |count: u32| wit::PluginInfo { types: (0..count).map(ty).collect(), ..provider() };
    assert!(check(info(2), PROVIDER, "d", PluginSource::given("t")).is_ok());
    assert!(said(info(3)).contains("the schemas of the plugin have"), "{}", said(info(3)));
}
