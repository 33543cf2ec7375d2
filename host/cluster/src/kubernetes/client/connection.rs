//! Requests to the API server: one session for each apply, prune or read, over what its identity has discovered.

use crate::kubernetes::client::discovery::Discovered;
use crate::kubernetes::client::identity::Identity;
use crate::kubernetes::client::refusal::Refusal;
use crate::kubernetes::client::rights::Rights;
use http::header::{ACCEPT, CONTENT_TYPE, WARNING};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode};
use kube::Client;
use kube::client::Body;
use orangery_core::{Object, keys};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Asks for the metadata of one object only, so that values of Secrets are not transferred.
const METADATA: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
/// Asks for the metadata of a list only.
const METADATA_LIST: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
const JSON: &str = "application/json";
/// Objects in one page of a list.
const PAGE: usize = 500;

/// One page of a list.
#[derive(serde::Deserialize)]
struct List {
    #[serde(default)]
    metadata: Option<ListMetadata>,
    #[serde(default)]
    items: Vec<Object>,
}

#[derive(serde::Deserialize)]
struct ListMetadata {
    /// Where the next page begins.
    #[serde(default, rename = "continue")]
    next: Option<String>,
}

/// The client of one identity, with its discovery cache.
pub(crate) struct Connection {
    pub(crate) identity: Identity,
    pub(crate) discovered: Discovered,
    pub(crate) rights: Rights,
    client: Client,
    /// The impersonation header.
    impersonated: Option<(HeaderName, HeaderValue)>,
}

impl Connection {
    pub(crate) fn new(identity: Identity, client: Client, impersonated: Option<(HeaderName, HeaderValue)>) -> Self {
        Self { identity, discovered: Discovered::default(), rights: Rights::default(), client, impersonated }
    }
}

/// One apply, prune or read. Counts its requests.
pub(crate) struct Session {
    pub(crate) connection: Arc<Connection>,
    requests: AtomicU64,
}

/// An answer with the server's warnings.
pub(crate) struct Answer<T> {
    pub(crate) body: T,
    pub(crate) warnings: Vec<String>,
    /// The object did not exist before (HTTP status 201).
    pub(crate) created: bool,
}

/// Whether an apply takes over fields that others hold with other values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Force {
    /// The conflicting fields are taken over.
    Yes,
    /// It fails with a conflict.
    No,
}

/// Whether a request is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Validated, defaulted and admitted, but not stored.
    DryRun,
    /// The API server stores the result.
    Real,
}

impl Mode {
    fn query(self) -> &'static str {
        match self {
            Self::DryRun => "&dryRun=All",
            Self::Real => "",
        }
    }
}

/// What happens to dependents of a deleted object.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Propagation {
    /// The API server deletes dependents after the object.
    Background,
    /// The API server deletes dependents before the object.
    Foreground,
}

/// How far a deletion has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deletion {
    /// The object is gone.
    Done,
    /// It waits for finalizers, or for the end of its grace period.
    Begun,
}

impl Session {
    pub(crate) fn new(connection: Arc<Connection>) -> Self {
        Self { connection, requests: AtomicU64::new(0) }
    }

    /// Requests so far.
    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        headers: [(HeaderName, &str); 2],
        body: Vec<u8>,
    ) -> Result<Answer<T>, Refusal> {
        let [(first, first_value), (second, second_value)] = headers;
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(first, first_value)
            .header(second, second_value)
            .body(Body::from(body))
            .map_err(|error| Refusal::unreachable(&error))?;
        if let Some((name, user)) = &self.connection.impersonated {
            request.headers_mut().insert(name.clone(), user.clone());
        }
        self.requests.fetch_add(1, Ordering::Relaxed);
        let response = self.connection.client.send(request).await.map_err(|error| Refusal::unreachable(&error))?;
        let (parts, body) = response.into_parts();
        let bytes = body.collect_bytes().await.map_err(|error| Refusal::unreachable(&error))?;
        if !parts.status.is_success() {
            return Err(Refusal::answered(parts.status.as_u16(), &bytes));
        }
        let body = serde_json::from_slice(&bytes).map_err(|error| Refusal::unreadable(&error))?;
        Ok(Answer { body, warnings: warnings(&parts.headers), created: parts.status == StatusCode::CREATED })
    }

    async fn read<T: DeserializeOwned>(&self, path: &str, accept: &str) -> Result<Option<T>, Refusal> {
        match self.send(Method::GET, path, [(ACCEPT, accept), (CONTENT_TYPE, JSON)], Vec::new()).await {
            Ok(answer) => Ok(Some(answer.body)),
            Err(refusal) if refusal.is_not_found() => Ok(None),
            Err(refusal) => Err(refusal),
        }
    }

    /// Reads anything; `None` if there is nothing at `path`.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>, Refusal> {
        self.read(path, JSON).await
    }

    /// Reads the metadata of one object; `None` if there is none.
    pub(crate) async fn metadata(&self, path: &str) -> Result<Option<Object>, Refusal> {
        self.read(path, METADATA).await
    }

    /// Reads the metadata of all objects in a collection, or of those that carry `selector`, page by page.
    pub(crate) async fn list_metadata(&self, collection: &str, selector: Option<&str>) -> Result<Vec<Object>, Refusal> {
        Ok(self.pages(collection, selector, METADATA_LIST).await?.unwrap_or_default())
    }

    /// Reads all objects in a collection, or those that carry `selector`, page by page; `None` if nothing is served there.
    pub(crate) async fn list(&self, collection: &str, selector: Option<&str>) -> Result<Option<Vec<Object>>, Refusal> {
        let selector = selector.map(encoded);
        self.pages(collection, selector.as_deref(), JSON).await
    }

    async fn pages(
        &self,
        collection: &str,
        selector: Option<&str>,
        accept: &str,
    ) -> Result<Option<Vec<Object>>, Refusal> {
        let selector = selector.map(|selector| format!("&labelSelector={selector}")).unwrap_or_default();
        let (mut items, mut next) = (Vec::new(), String::new());
        loop {
            let path = format!("{collection}?limit={PAGE}{selector}{next}");
            let Some(list) = self.read::<List>(&path, accept).await? else { return Ok(None) };
            items.extend(list.items);
            let token = list.metadata.and_then(|metadata| metadata.next).filter(|token| !token.is_empty());
            let Some(token) = token else { return Ok(Some(items)) };
            next = format!("&continue={}", encoded(&token));
        }
    }

    /// Server-side apply in the name of the field manager, taking over fields that others hold.
    pub(crate) async fn apply(&self, path: &str, object: &Object, mode: Mode) -> Result<Answer<Object>, Refusal> {
        self.apply_with(path, object, mode, Force::Yes).await
    }

    /// Server-side apply that leaves the fields of others alone.
    pub(crate) async fn apply_gently(&self, path: &str, object: &Object) -> Result<Answer<Object>, Refusal> {
        self.apply_with(path, object, Mode::Real, Force::No).await
    }

    async fn apply_with(
        &self,
        path: &str,
        object: &Object,
        mode: Mode,
        force: Force,
    ) -> Result<Answer<Object>, Refusal> {
        let force = force == Force::Yes;
        let path =
            format!("{path}?fieldManager={}&force={force}&fieldValidation=Warn{}", keys::FIELD_MANAGER, mode.query());
        let body = serde_json::to_vec(object).map_err(|error| Refusal::unreadable(&error))?;
        self.send(Method::PATCH, &path, [(ACCEPT, JSON), (CONTENT_TYPE, "application/apply-patch+yaml")], body).await
    }

    /// A JSON patch.
    pub(crate) async fn patch(&self, path: &str, operations: &Value) -> Result<Answer<Object>, Refusal> {
        let path = format!("{path}?fieldManager={}", keys::FIELD_MANAGER);
        let body = operations.to_string().into_bytes();
        self.send(Method::PATCH, &path, [(ACCEPT, JSON), (CONTENT_TYPE, "application/json-patch+json")], body).await
    }

    /// Creates an object in a collection.
    pub(crate) async fn create(&self, collection: &str, object: &Value, mode: Mode) -> Result<Answer<Value>, Refusal> {
        let path = format!("{collection}?fieldManager={}{}", keys::FIELD_MANAGER, mode.query());
        let body = object.to_string().into_bytes();
        self.send(Method::POST, &path, [(ACCEPT, JSON), (CONTENT_TYPE, JSON)], body).await
    }

    /// Deletes the object with this UID and no other; with a resource version, only in this very state. A missing object is an error
    /// of status 404, another UID or state one of 409.
    pub(crate) async fn delete(
        &self,
        path: &str,
        uid: &str,
        version: Option<&str>,
        propagation: Propagation,
    ) -> Result<Deletion, Refusal> {
        let policy = match propagation {
            Propagation::Background => "Background",
            Propagation::Foreground => "Foreground",
        };
        let mut preconditions = json!({"uid": uid});
        if let (Some(version), Some(fields)) = (version, preconditions.as_object_mut()) {
            fields.insert("resourceVersion".to_owned(), json!(version));
        }
        let options = json!({
            "apiVersion": "v1", "kind": "DeleteOptions",
            "propagationPolicy": policy, "preconditions": preconditions,
        });
        let headers = [(ACCEPT, METADATA), (CONTENT_TYPE, JSON)];
        let answer = self.send::<Value>(Method::DELETE, path, headers, options.to_string().into_bytes()).await?;
        // The answer is the terminating object while it still exists; else a Status, or the object as it was.
        let is_terminating = answer.body.pointer("/metadata/deletionTimestamp").is_some_and(Value::is_string);
        Ok(if is_terminating { Deletion::Begun } else { Deletion::Done })
    }
}

/// A text as the value of a query.
fn encoded(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

/// The texts of the `Warning` headers: `299 - "text"`.
fn warnings(headers: &HeaderMap) -> Vec<String> {
    let quoted = |value: &str| {
        let start = value.find('"')?;
        let end = value.rfind('"').filter(|end| *end > start)?;
        Some(value.get(start + 1..end)?.replace("\\\"", "\"").replace("\\\\", "\\"))
    };
    headers.get_all(WARNING).iter().filter_map(|value| quoted(value.to_str().ok()?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_are_unquoted() {
        let mut headers = HeaderMap::new();
        headers.append(WARNING, r#"299 - "unknown field \"spec.x\"""#.parse().unwrap());
        headers.append(WARNING, "nonsense".parse().unwrap());
        assert_eq!(warnings(&headers), [r#"unknown field "spec.x""#]);
    }
}
