//! `JsonFile`: environments listed in a JSON file behind HTTP.
//!
//! For teams whose environments are listed by a script, a spreadsheet export or a small service:
//!
//! ```json
//! {"environments": [{"name": "review/cart", "commit": "4f5c1d8", "owner": "ada"}]}
//! ```

use orangery_plugin_sdk::json::Value;
use orangery_plugin_sdk::listing::{Identity, Item, recognise};
use orangery_plugin_sdk::names::{checksum_id, slug};
use orangery_plugin_sdk::{Error, Found, Input, Note, Outcome, Poll, Provider, Request, ServedType, json};
use schemars::JsonSchema;
use serde::Deserialize;

/// `spec.config`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The path of the file below `spec.url`.
    #[serde(default = "default_file")]
    file: String,
    /// Whether the file is read without credential.
    #[serde(default)]
    anonymous: bool,
}

fn default_file() -> String {
    "environments.json".to_owned()
}

#[derive(Deserialize)]
struct File {
    environments: Vec<Value>,
}

#[derive(Deserialize)]
struct Environment {
    name: String,
    commit: String,
    owner: Option<String>,
}

impl Item for Environment {
    fn key(&self) -> String {
        self.name.clone()
    }

    /// An environment without commit must not stop the others; its name says which inputs stay as they are.
    fn identify(item: &Value) -> Option<Identity> {
        let name = item.get("name")?.as_str()?.to_owned();
        Some(Identity { key: name.clone(), id: Some(checksum_id(&name)), name: Some(name) })
    }
}

/// The provider.
pub struct JsonFile;

impl Provider for JsonFile {
    type Config = Config;
    const NAME: &'static str = "json-file";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");

    fn types() -> Vec<ServedType> {
        vec![ServedType::environments("JsonFile", "title")]
    }

    fn validate(_provider_type: &str, config: Config) -> Result<Vec<Note>, Error> {
        if config.file.starts_with('/') || config.file.split('/').any(|part| part == "..") {
            return Err(Error::invalid_config(
                "spec.config.file",
                format!("{:?} leaves spec.url: name a path below it, for example \"environments.json\"", config.file),
            ));
        }
        if config.file.ends_with(".json") {
            return Ok(Vec::new());
        }
        let message = format!("spec.config.file {:?} does not end in .json; is it a JSON file?", config.file);
        Ok(vec![Note { code: "OddFileName".to_owned(), message }])
    }

    fn poll(poll: &Poll<'_>, config: Config) -> Result<Outcome, Error> {
        let mut request = Request::get(format!("{}/{}", poll.url.trim_end_matches('/'), config.file));
        if !config.anonymous {
            request = request.credential("api");
        }
        // An answer that is not this shape is an error that names the path in it, never an empty list.
        let file: File = json::fetch(poll.http, &request)?;
        Ok(Outcome::Complete(Found::of(recognise(&file.environments), |environment: Environment| {
            Input::new(checksum_id(&environment.name))
                .with("sha", environment.commit)
                .with_text("slug", &slug(&environment.name))
                .with_text("author", environment.owner.as_deref().unwrap_or_default())
                .with("title", environment.name)
        })))
    }
}

orangery_plugin_sdk::export_provider!(JsonFile);

#[cfg(test)]
mod tests {
    use orangery_plugin_sdk::testing::{Script, answer, poll};

    use super::*;

    const URL: &str = "https://files.example/previews/environments.json";

    fn ask(config: &str, http: &Script) -> Result<Outcome, Error> {
        JsonFile::poll(
            &poll("JsonFile", "https://files.example/previews/", http),
            json::decode_config("spec.config", config)?,
        )
    }

    #[test]
    fn each_environment_becomes_an_input() {
        let body = r#"{"environments": [{"name": "review/cart", "commit": "4f5c1d8", "owner": "ada"}]}"#;
        let http = Script::new().get(URL, answer(200).text(body));
        let Outcome::Complete(Found { inputs, .. }) = ask("{}", &http).unwrap() else { panic!("expected a complete answer") };
        assert_eq!(inputs.len(), 1);
        assert_eq!(inputs[0].attributes["slug"], "review-cart");
        assert_eq!(http.sent()[0].credential.as_deref(), Some("api"));
    }

    #[test]
    fn a_file_of_another_shape_is_an_error_that_names_the_place() {
        let http = Script::new().get(URL, answer(200).text(r#"{"environments": {"name": "a"}}"#));
        let error = ask(r#"{"anonymous": true}"#, &http).unwrap_err();
        assert_eq!(error.kind(), "malformed-answer");
        assert!(error.to_string().contains("unexpected shape at environments"), "{error}");
        assert_eq!(http.sent()[0].credential, None);
    }

    #[test]
    fn an_environment_without_commit_is_unreadable_and_does_not_stop_the_others() {
        let body = r#"{"environments": [{"name": "a"}, {"name": "b", "commit": "4f5c1d8"}]}"#;
        let http = Script::new().get(URL, answer(200).text(body));
        let Outcome::Complete(found) = ask("{}", &http).unwrap() else { panic!("expected a complete answer") };
        assert_eq!((found.inputs.len(), found.unreadable.len()), (1, 1));
        assert_eq!(found.unreadable[0].name.as_deref(), Some("a"));
        assert!(found.unreadable[0].problem.contains("missing field `commit`"), "{:?}", found.unreadable);
    }

    #[test]
    fn a_path_that_leaves_the_folder_is_refused() {
        let config = json::decode_config("spec.config", r#"{"file": "../secrets.json"}"#).unwrap();
        let error = JsonFile::validate("JsonFile", config).unwrap_err();
        assert_eq!(error.failure().field.as_deref(), Some("spec.config.file"));
        let config = json::decode_config("spec.config", r#"{"file": "list.txt"}"#).unwrap();
        assert_eq!(JsonFile::validate("JsonFile", config).unwrap()[0].code, "OddFileName");
    }
}
