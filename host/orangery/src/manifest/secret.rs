//! Secrets of local mode: from Secret manifests, or from environment variables named on the command line.

use crate::manifest::ManifestError;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use orangery_controller::pipeline::secrets::{SecretData, StoredSecret};
use orangery_core::{NamespacedName, keys};
use orangery_egress::credential::consent::SecretFacts;
use serde_json::Value;
use std::collections::BTreeMap;

/// A Secret that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The flag is not of the form `NAMESPACE/NAME=VARIABLE`.
    #[error(
        "--secret-from-env {given:?} is not of the form NAMESPACE/NAME=VARIABLE, for example app-preview/github-auth=GITHUB_TOKEN"
    )]
    Flag {
        /// The value of the flag.
        given: String,
    },
    /// The environment variable is missing or empty.
    #[error(
        "--secret-from-env {secret} reads the environment variable {variable}, which is {state}; set it, or leave the flag out to poll anonymously"
    )]
    Variable {
        /// The Secret that names the variable.
        secret: NamespacedName,
        /// The environment variable that is not set.
        variable: String,
        /// `not set`, `empty` or `not text`.
        state: &'static str,
    },
}

/// Reads `NAMESPACE/NAME=VARIABLE`. The value plays every part that a token can play: `password` (username `git`) and `token`.
///
/// # Errors
/// The flag or the variable cannot be used.
pub fn from_environment(flag: &str) -> Result<(NamespacedName, StoredSecret), SecretError> {
    let malformed = || SecretError::Flag { given: flag.to_owned() };
    let (secret, variable) = flag.split_once('=').ok_or_else(malformed)?;
    let (namespace, name) = secret.split_once('/').ok_or_else(malformed)?;
    if namespace.is_empty() || name.is_empty() || variable.is_empty() || name.contains('/') {
        return Err(malformed());
    }
    let secret = NamespacedName::new(namespace, name);
    let missing = |state| SecretError::Variable { secret: secret.clone(), variable: variable.to_owned(), state };
    let value = std::env::var(variable).map_err(|error| {
        missing(match error {
            std::env::VarError::NotPresent => "not set",
            std::env::VarError::NotUnicode(_) => "not text",
        })
    })?;
    if value.trim().is_empty() {
        return Err(missing("empty"));
    }
    let data = BTreeMap::from([
        ("username".to_owned(), b"git".to_vec()),
        ("password".to_owned(), value.clone().into_bytes()),
        ("token".to_owned(), value.into_bytes()),
    ]);
    Ok((secret, data.into()))
}

/// Reads the `data` (base64) and `stringData` of a Secret manifest; `stringData` wins, as on the API server.
///
/// # Errors
/// A value is not text, or not base64. The value is not repeated.
pub fn from_manifest(place: &str, manifest: &Value) -> Result<StoredSecret, ManifestError> {
    let mut data = SecretData::new();
    for (key, value) in manifest.get("data").and_then(Value::as_object).into_iter().flatten() {
        let field = format!("data.{key}");
        let text = value
            .as_str()
            .ok_or_else(|| ManifestError::field(place, &field, "must be base64 text; use stringData for plain text"))?;
        let compact: String = text.split_whitespace().collect();
        let bytes = STANDARD
            .decode(compact)
            .map_err(|_| ManifestError::field(place, &field, "is not base64; use stringData for plain text"))?;
        data.insert(key.clone(), bytes);
    }
    for (key, value) in manifest.get("stringData").and_then(Value::as_object).into_iter().flatten() {
        let text = value.as_str().ok_or_else(|| {
            ManifestError::field(place, &format!("stringData.{key}"), "must be text; put it in quotes")
        })?;
        data.insert(key.clone(), text.as_bytes().to_vec());
    }
    let annotations = manifest.pointer("/metadata/annotations");
    let origins = match annotations.and_then(|annotations| annotations.get(keys::SECRET_ORIGINS)) {
        None => None,
        Some(origins) => Some(origins.as_str().map(str::to_owned).ok_or_else(|| {
            let field = format!("metadata.annotations.{}", keys::SECRET_ORIGINS);
            ManifestError::field(place, &field, "must be text: origins separated by commas")
        })?),
    };
    let kind = manifest.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok(StoredSecret { data, facts: SecretFacts { kind, origins } })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn string_data_wins_over_data() {
        let secret = json!({"data": {"a": "b2xk", "b": "Yg=="}, "stringData": {"a": "new"}});
        let data = from_manifest("f.yaml", &secret).unwrap().data;
        assert_eq!(data["a"], b"new");
        assert_eq!(data["b"], b"b");
    }

    #[test]
    fn type_and_origins_are_read_as_the_api_server_has_them() {
        let mut secret = json!({"type": "kubernetes.io/tls", "metadata": {"annotations": {keys::SECRET_ORIGINS: "https://a.example"}}});
        let facts = from_manifest("f.yaml", &secret).unwrap().facts;
        assert_eq!((facts.kind.as_str(), facts.origins.as_deref()), ("kubernetes.io/tls", Some("https://a.example")));
        secret["metadata"]["annotations"][keys::SECRET_ORIGINS] = json!(["https://a.example"]);
        let error = from_manifest("f.yaml:2", &secret).map(drop).unwrap_err().to_string();
        assert!(error.contains("orangery.dev/origins") && error.contains("f.yaml:2"), "{error}");
    }

    #[test]
    fn a_value_that_is_not_base64_is_named_but_not_shown() {
        let error =
            from_manifest("f.yaml:3", &json!({"data": {"token": "hush-hush!"}})).map(drop).unwrap_err().to_string();
        assert!(error.contains("data.token") && error.contains("f.yaml:3") && !error.contains("hush"), "{error}");
    }

    #[test]
    fn a_flag_without_its_three_parts_says_the_form() {
        for flag in ["token", "a/b", "a=B", "/b=C", "a/=C", "a/b=", "a/b/c=D"] {
            assert!(
                from_environment(flag).map(drop).unwrap_err().to_string().contains("NAMESPACE/NAME=VARIABLE"),
                "{flag}"
            );
        }
    }

    #[test]
    fn a_missing_variable_is_named() {
        let error = from_environment("a/b=ORANGERY_SURELY_NOT_SET").map(drop).unwrap_err().to_string();
        assert!(error.contains("ORANGERY_SURELY_NOT_SET") && error.contains("not set"), "{error}");
    }
}
