//! Credentials: how a Secret becomes a request, as data. The host reads the Secret; a plugin never sees a value of it.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A credential that a plugin may name in its requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Credential {
    /// The name in requests, for example `api`.
    pub name: String,
    /// One sentence: what it is for, and which rights it needs.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Whether a provider without `spec.secretRef` is an error. Otherwise its requests are anonymous.
    #[serde(default)]
    pub required: bool,
    /// The Secrets that it can be made of. The first shape whose keys are all there is used. Without any: `token` as bearer, or
    /// `username` and `password` as basic authentication.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shapes: Vec<Shape>,
}

/// What a Secret may look like, and how it authenticates a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Shape {
    /// How the request is authenticated.
    pub scheme: Scheme,
    /// The keys of the Secret. `github-app` has keys of its own and needs none here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<SecretKey>,
}

/// How a request is authenticated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Scheme {
    /// `Authorization: Bearer <token>`.
    Bearer,
    /// `Authorization: Basic <username>:<password>`, encoded.
    Basic,
    /// One header: `<name>: <prefix><token>`.
    Header {
        /// Its name, for example `X-Api-Key`.
        name: String,
        /// What stands before the token, for example `token ` with its space.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        prefix: String,
    },
    /// GitLab's `PRIVATE-TOKEN: <token>`.
    PrivateToken,
    /// An installation token of a GitHub App, which the host requests with the keys `githubAppID`, `githubAppPrivateKey`, one of
    /// `githubAppInstallationID` and `githubAppInstallationOwner`, and perhaps `githubAppBaseURL`. The token is good for the
    /// repository that is the last part of `spec.url`.
    #[serde(rename = "github-app")]
    GitHubApp,
    /// A registry login. Reserved: no version of the host sends it yet.
    Oci,
    /// AWS Signature Version 4. Reserved: no version of the host sends it yet.
    AwsSigv4 {
        /// The service that is signed for, for example `codecommit`.
        service: String,
    },
    /// Microsoft Entra ID. Reserved: no version of the host sends it yet.
    Azure,
    /// Google Cloud. Reserved: no version of the host sends it yet.
    Gcp,
}

/// One key of a Secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretKey {
    /// The key in `data`.
    pub name: String,
    /// Which part of the scheme it holds; a key without one has to be there and is not sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holds: Option<Part>,
    /// Whether the shape fits without it.
    #[serde(default)]
    pub optional: bool,
}

/// A part of a scheme that a key holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Part {
    /// The token of `bearer`, `header` and `private-token`.
    Token,
    /// The user name of `basic`; empty if no key holds it.
    Username,
    /// The password of `basic`.
    Password,
}

impl Credential {
    /// A credential of this name without shapes, which the host then knows as `token`, or `username` and `password`.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), description: String::new(), required: false, shapes: Vec::new() }
    }

    /// Says in one sentence what it is for.
    #[must_use]
    pub fn description(mut self, sentence: &str) -> Self {
        sentence.clone_into(&mut self.description);
        self
    }

    /// Makes a provider without `spec.secretRef` an error.
    #[must_use]
    pub fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// Adds a shape, after those that are preferred to it.
    #[must_use]
    pub fn shape(mut self, shape: Shape) -> Self {
        self.shapes.push(shape);
        self
    }

    /// The shapes in the order in which they are tried.
    pub fn tried(&self) -> Vec<Shape> {
        if !self.shapes.is_empty() {
            return self.shapes.clone();
        }
        let pair = Shape::new(Scheme::Basic).username("username").password("password");
        vec![Shape::new(Scheme::Bearer).token("token"), pair]
    }
}

impl Shape {
    /// A shape without keys.
    pub fn new(scheme: Scheme) -> Self {
        Self { scheme, keys: Vec::new() }
    }

    /// A header of this name, with what stands before the token.
    pub fn header(name: &str, prefix: &str) -> Self {
        Self::new(Scheme::Header { name: name.to_owned(), prefix: prefix.to_owned() })
    }

    /// The key that holds the token.
    #[must_use]
    pub fn token(self, key: &str) -> Self {
        self.key(key, Some(Part::Token))
    }

    /// The key that holds the user name.
    #[must_use]
    pub fn username(self, key: &str) -> Self {
        self.key(key, Some(Part::Username))
    }

    /// The key that holds the password.
    #[must_use]
    pub fn password(self, key: &str) -> Self {
        self.key(key, Some(Part::Password))
    }

    /// A key that has to be there and is not sent.
    #[must_use]
    pub fn beside(self, key: &str) -> Self {
        self.key(key, None)
    }

    /// Makes the last key one that need not be there.
    #[must_use]
    pub fn optional(mut self) -> Self {
        if let Some(last) = self.keys.last_mut() {
            last.optional = true;
        }
        self
    }

    /// The key that holds this part.
    pub fn holding(&self, part: Part) -> Option<&SecretKey> {
        self.keys.iter().find(|key| key.holds == Some(part))
    }

    fn key(mut self, name: &str, holds: Option<Part>) -> Self {
        self.keys.push(SecretKey { name: name.to_owned(), holds, optional: false });
        self
    }
}

impl Scheme {
    /// The parts that a key has to hold, and those that a key may hold.
    pub fn parts(&self) -> (&'static [Part], &'static [Part]) {
        match self {
            Self::Bearer | Self::Header { .. } | Self::PrivateToken => (&[Part::Token], &[]),
            Self::Basic => (&[Part::Password], &[Part::Username]),
            Self::GitHubApp | Self::Oci | Self::AwsSigv4 { .. } | Self::Azure | Self::Gcp => (&[], &[]),
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bearer => "bearer",
            Self::Basic => "basic",
            Self::Header { name, .. } => return write!(f, "header {name}"),
            Self::PrivateToken => "private-token",
            Self::GitHubApp => "github-app",
            Self::Oci => "oci",
            Self::AwsSigv4 { .. } => "aws-sigv4",
            Self::Azure => "azure",
            Self::Gcp => "gcp",
        })
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Token => "token",
            Self::Username => "username",
            Self::Password => "password",
        })
    }
}
