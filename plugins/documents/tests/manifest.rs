//! The manifest from both sides: what the types write is what the schema says and what the reader understands.

use orangery_plugin_documents::Manifest;
use orangery_plugin_documents::manifest::{
    Credential, LimitRule, ManifestError, Method, NameKind, Notifies, RendererEntry, Scheme, ServedType, Shape, Want,
    parse,
};
use serde_json::{Value, json};

/// A manifest in which every key of the schema stands.
fn full() -> Manifest {
    let api = Credential::new("api")
        .description("Reads pull requests.")
        .required()
        .shape(Shape::new(Scheme::GitHubApp))
        .shape(Shape::new(Scheme::Bearer).token("password").beside("username"))
        .shape(Shape::header("Authorization", "token ").token("gitea"))
        .shape(Shape::new(Scheme::PrivateToken).token("private"))
        .shape(Shape::new(Scheme::Basic).username("user").optional().password("pass"))
        .shape(Shape::new(Scheme::AwsSigv4 { service: "codecommit".into() }));
    Manifest {
        description: "Pull requests.".into(),
        homepage: "https://orangery.dev".into(),
        license: "Apache-2.0".into(),
        types: vec![
            ServedType::change_requests("GitHubPullRequest")
                .description("Open pull requests.")
                .config::<String>()
                .attribute("sha", "The commit.")
                .facts(&["webUrl"])
                .cost("1 for each 100.")
                .example("pulls", json!({"url": "https://github.com/o/r"})),
            ServedType::tags("GitHubTag"),
        ],
        renderer: Some(RendererEntry { name: "plain".into(), config: Some(json!({"type": "object"})) }),
        notifies: vec![Notifies::of_type("GitHubPullRequest").config::<String>(), Notifies::of_channel("slack")],
        credentials: vec![api],
        wants: vec![
            Want::new("https://api.github.com").for_url("https://github.com").methods(&[Method::Get]).path("/repos/"),
        ],
        ..Manifest::new("github", "0.1.0")
    }
}

fn refused(document: &Value) -> String {
    parse(&document.to_string()).err().map(|error| error.to_string()).unwrap_or_default()
}

#[test]
fn what_is_written_is_read_back_and_fits_the_schema() {
    let manifest = full();
    let text = manifest.to_json().unwrap();
    let parsed = parse(&text).unwrap();
    assert_eq!((parsed.manifest, parsed.unknown), (manifest, Vec::new()));
    let schema = jsonschema::validator_for(&Manifest::schema()).unwrap();
    let value: Value = serde_json::from_str(&text).unwrap();
    assert!(schema.iter_errors(&value).next().is_none());
    assert!(schema.validate(&json!({"apiVersion": "plugins.orangery.dev/v1alpha1", "name": "x"})).is_err());
}

#[test]
fn an_unknown_key_is_a_note_and_not_an_error() {
    let mut document: Value = serde_json::from_str(&full().to_json().unwrap()).unwrap();
    document["colour"] = json!("green");
    document["types"][0]["speed"] = json!({"of": "light"});
    document["credentials"][0]["shapes"][2]["scheme"]["header"]["suffix"] = json!("!");
    let parsed = parse(&document.to_string()).unwrap();
    assert_eq!(parsed.manifest, full());
    let expected = ["colour", "credentials[0].shapes[2].scheme.suffix", "types[0].speed"];
    assert_eq!(parsed.unknown, expected);
    for n in 0..30 {
        document[format!("key{n}")] = json!(1);
    }
    let unknown = parse(&document.to_string()).unwrap().unknown;
    assert_eq!((unknown.len(), unknown.last().map(String::as_str)), (21, Some("13 more")));
}

#[test]
fn a_missing_or_wrong_key_is_named() {
    let document = |change: &dyn Fn(&mut Value)| {
        let mut document: Value = serde_json::from_str(&full().to_json().unwrap()).unwrap();
        change(&mut document);
        document
    };
    let without_name = document(&|document| drop(document.as_object_mut().unwrap().remove("name")));
    assert_eq!(refused(&without_name), "the document: missing field `name`");
    let of_number = document(&|document| document["types"][1]["labelled"] = json!("yes"));
    assert_eq!(refused(&of_number), "types[1].labelled: invalid type: string \"yes\", expected a boolean");
    let unknown_kind = document(&|document| document["types"][0]["nameKind"] = json!("river"));
    assert!(
        refused(&unknown_kind).starts_with("types[0].nameKind: unknown variant `river`, expected one of `branch`"),
        "{unknown_kind}"
    );
    let scheme = document(&|document| document["credentials"][0]["shapes"][1]["scheme"] = json!("digest"));
    let said = refused(&scheme);
    assert!(said.starts_with("credentials[0].shapes[1].scheme"), "{said}");
    assert!(said.contains("`digest`") && said.contains("`private-token`"), "{said}");
}

#[test]
fn another_version_is_refused_first() {
    let refused = |api_version: Value| refused(&json!({"apiVersion": api_version, "name": 1}));
    assert_eq!(
        refused(json!("plugins.orangery.dev/v2")),
        "apiVersion: it is 'plugins.orangery.dev/v2', but this host reads plugins.orangery.dev/v1alpha1"
    );
    assert!(refused(Value::Null).starts_with("apiVersion: it is missing"));
    assert!(refused(json!(1)).starts_with("apiVersion: it is not a text"));
}

#[test]
fn what_is_no_json_is_said_in_one_bounded_line() {
    for text in ["", "{", "[]", "{} {}", "\u{1b}[31m"] {
        let said = parse(text).unwrap_err().to_string();
        assert!(!said.contains(['\n', '\u{1b}']) && said.len() < 400, "{said}");
    }
    assert!(matches!(parse("{"), Err(ManifestError::Shape { field, .. }) if field == "the document"));
}

#[test]
fn the_least_manifest_needs_four_keys_of_a_type() {
    let document = json!({
        "apiVersion": "plugins.orangery.dev/v1alpha1", "name": "x", "version": "1.0.0",
        "types": [{"name": "X", "nameKind": "unnamed", "limit": "admit"}],
    });
    let manifest = parse(&document.to_string()).unwrap().manifest;
    assert_eq!((manifest.types[0].name_kind, manifest.types[0].limit), (NameKind::Unnamed, LimitRule::Admit));
    assert!(manifest.credentials.is_empty() && manifest.renderer.is_none());
}

#[test]
fn a_credential_without_shapes_is_a_token_or_a_pair() {
    let shapes = Credential::new("api").tried();
    assert_eq!(shapes.iter().map(|shape| shape.scheme.to_string()).collect::<Vec<_>>(), ["bearer", "basic"]);
}
