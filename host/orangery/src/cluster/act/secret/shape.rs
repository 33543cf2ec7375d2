//! Turns flags into the type and the keys of a Secret.

use crate::cli::cluster::{PasswordOptions, SecretCommand, SecretOptions};
use anyhow::{Context as _, ensure};
use serde_json::json;
use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

const OPAQUE: &str = "Opaque";

/// The type of a Secret, and its values.
pub(super) struct Shape {
    pub(super) of: &'static str,
    pub(super) values: BTreeMap<String, String>,
}

/// Reads the files and the password that the flags name.
///
/// # Errors
/// A file cannot be read, or the password is empty.
pub(super) fn read(command: SecretCommand) -> anyhow::Result<(SecretOptions, Shape)> {
    let mut values = BTreeMap::new();
    let mut put = |key: &str, value: Option<String>| {
        values.extend(value.map(|value| (key.to_owned(), value)));
    };
    let (options, of) = match command {
        SecretCommand::BasicAuth(options) => {
            put("username", Some(options.username));
            put("password", Some(required(options.password)?));
            (options.secret, "kubernetes.io/basic-auth")
        }
        SecretCommand::GitHubApp(options) => {
            put("githubAppID", Some(options.app_id));
            put("githubAppPrivateKey", Some(file(&options.app_private_key_file)?));
            put("githubAppInstallationID", options.app_installation_id);
            put("githubAppInstallationOwner", options.app_installation_owner);
            put("githubAppBaseURL", options.app_base_url);
            (options.secret, OPAQUE)
        }
        SecretCommand::Tls(options) => {
            let pair = options.tls_crt_file.is_some();
            put("tls.crt", optional(options.tls_crt_file.as_deref())?);
            put("tls.key", optional(options.tls_key_file.as_deref())?);
            put("ca.crt", optional(options.ca_crt_file.as_deref())?);
            // The type of Kubernetes demands a certificate and a key.
            (options.secret, if pair { "kubernetes.io/tls" } else { OPAQUE })
        }
        SecretCommand::Registry(options) => {
            let (username, password) = (options.username, required(options.password)?);
            let auth = base64(&format!("{username}:{password}"));
            let server = json!({"username": username, "password": password, "auth": auth});
            put(".dockerconfigjson", Some(json!({"auths": {options.server: server}}).to_string()));
            (options.secret, "kubernetes.io/dockerconfigjson")
        }
        SecretCommand::Proxy(options) => {
            put("address", Some(options.address));
            put("username", options.username);
            put("password", password(options.password, options.password_stdin)?);
            (options.secret, OPAQUE)
        }
        SecretCommand::Ssh(options) => {
            put("identity", Some(file(&options.private_key_file)?));
            put("identity.pub", optional(options.public_key_file.as_deref())?);
            put("known_hosts", Some(file(&options.knownhosts_file)?));
            put("password", password(options.password, options.password_stdin)?);
            (options.secret, OPAQUE)
        }
        SecretCommand::Sops(options) => {
            for (ending, files) in [("agekey", &options.age_key_file), ("asc", &options.gpg_key_file)] {
                for path in files {
                    put(&format!("{}.{ending}", stem(path)), Some(file(path)?));
                }
            }
            (options.secret, OPAQUE)
        }
    };
    Ok((options, Shape { of, values }))
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn optional(path: Option<&Path>) -> anyhow::Result<Option<String>> {
    path.map(file).transpose()
}

fn file(path: impl Into<PathBuf>) -> anyhow::Result<String> {
    let path = path.into();
    std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
}

fn required(options: PasswordOptions) -> anyhow::Result<String> {
    let given = password(options.password, options.password_stdin)?.unwrap_or_default();
    ensure!(!given.is_empty(), "the password is empty");
    Ok(given)
}

/// The password of the flag, or of stdin without the line break at its end.
fn password(given: Option<String>, stdin: bool) -> anyhow::Result<Option<String>> {
    if !stdin {
        return Ok(given);
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).context("cannot read the password from stdin")?;
    Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()))
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}
