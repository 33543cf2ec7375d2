//! The audit log as a list that tests filter and count.

use anyhow::{Context, Result, bail};
use kube::Client;
use serde::Deserialize;
use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;
use std::time::Duration;

/// Who asked for what, for every request, once it was answered. No bodies: Secrets stay out of the log.
pub(crate) const POLICY: &str = r#"{"apiVersion":"audit.k8s.io/v1","kind":"Policy","omitStages":["RequestReceived"],"rules":[{"level":"Metadata"}]}"#;

/// One answered request.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditEvent {
    /// `get`, `list`, `watch`, `create`, `patch`, `update`, `delete`, `deletecollection`.
    pub verb: String,
    /// Path and query.
    #[serde(rename = "requestURI")]
    pub uri: String,
    /// What the client calls itself.
    #[serde(default)]
    pub user_agent: String,
    /// Who authenticated.
    pub user: AuditUser,
    /// Whom they acted as.
    pub impersonated_user: Option<AuditUser>,
    /// The object, for requests about objects.
    pub object_ref: Option<AuditObject>,
    /// The answer.
    pub response_status: Option<AuditStatus>,
    /// When the request came: RFC 3339 with microseconds, so that texts compare as times do.
    pub request_received_timestamp: String,
    /// When it was answered.
    pub stage_timestamp: String,
}

/// A user of an [`AuditEvent`].
#[derive(Debug, Clone, Deserialize)]
pub struct AuditUser {
    /// Name.
    #[serde(default)]
    pub username: String,
}

/// An object of an [`AuditEvent`].
#[derive(Debug, Clone, Default, Deserialize)]
pub struct AuditObject {
    /// Plural of the kind.
    #[serde(default)]
    pub resource: String,
    /// Namespace.
    #[serde(default)]
    pub namespace: String,
    /// Name.
    #[serde(default)]
    pub name: String,
}

/// The answer of an [`AuditEvent`].
#[derive(Debug, Clone, Deserialize)]
pub struct AuditStatus {
    /// HTTP status.
    #[serde(default)]
    pub code: u16,
}

/// A list of requests; every filter returns a shorter one.
#[derive(Debug, Clone, Default)]
pub struct Audit {
    events: Vec<AuditEvent>,
}

/// The log from some moment on, read piece by piece: what was read is not read again.
#[derive(Debug, Clone)]
pub struct AuditTail {
    path: PathBuf,
    /// Where the next piece begins: always at the start of a line.
    at: u64,
}

impl AuditTail {
    pub(crate) fn new(path: PathBuf, from: Begin) -> Result<Self> {
        let at = match from {
            Begin::Start => 0,
            Begin::Now => {
                let text = fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
                // The last line may be half written.
                text.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1).try_into()?
            }
        };
        Ok(Self { path, at })
    }

    /// What was asked since the last time, by clients whose name starts with `prefix`.
    ///
    /// # Errors
    /// The log cannot be read, or does not show a request that was just made.
    pub async fn next(&mut self, client: &Client, prefix: &str) -> Result<Audit> {
        // An answer may reach its client before its line reaches the file. A request of our own, made now, marks the spot.
        let mark =
            format!("/version?audit-mark={:x}", std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), 1));
        client.request_text(http::Request::get(&mark).body(Vec::new())?).await.context("marking the audit log")?;
        for _ in 0..200 {
            tokio::time::sleep(Duration::from_millis(25)).await;
            let mut file = File::open(&self.path).with_context(|| format!("reading {}", self.path.display()))?;
            file.seek(SeekFrom::Start(self.at))?;
            let mut text = String::new();
            file.read_to_string(&mut text).with_context(|| format!("reading {}", self.path.display()))?;
            let whole = text.rfind('\n').map_or(0, |last| last + 1);
            let Some(lines) = text.get(..whole).filter(|lines| lines.contains(&mark)) else { continue };
            let of_prefix = lines.lines().filter(|line| line.contains(prefix));
            let events: Vec<AuditEvent> = of_prefix.map(serde_json::from_str).collect::<Result<_, _>>()?;
            self.at += u64::try_from(whole)?;
            return Ok(Audit { events }.by_agent(prefix));
        }
        bail!("the audit log {} does not show a request made 5 s ago", self.path.display())
    }
}

/// Where reading begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Begin {
    /// With the first request ever.
    Start,
    /// With the next one.
    Now,
}

impl Audit {
    fn keep(&self, wanted: impl Fn(&AuditEvent) -> bool) -> Self {
        Self { events: self.events.iter().filter(|event| wanted(event)).cloned().collect() }
    }

    /// Requests of clients whose name starts with `prefix`.
    #[must_use]
    pub fn by_agent(&self, prefix: &str) -> Self {
        self.keep(|event| event.user_agent.starts_with(prefix))
    }

    /// Requests about objects in `namespace`, or about that namespace itself.
    #[must_use]
    pub fn in_namespace(&self, namespace: &str) -> Self {
        self.keep(|event| event.object_ref.as_ref().is_some_and(|object| object.namespace == namespace))
    }

    /// Requests with `verb`.
    #[must_use]
    pub fn verb(&self, verb: &str) -> Self {
        self.keep(|event| event.verb == verb)
    }

    /// Requests that may change something and were no dry run.
    #[must_use]
    pub fn writes(&self) -> Self {
        self.keep(|event| {
            matches!(event.verb.as_str(), "create" | "patch" | "update" | "delete" | "deletecollection")
                && !event.uri.contains("dryRun=All")
                && !event.uri.contains("/selfsubject")
        })
    }

    /// Requests made as `user`, by name or by impersonation.
    #[must_use]
    pub fn acting_as(&self, user: &str) -> Self {
        self.keep(|event| event.impersonated_user.as_ref().unwrap_or(&event.user).username == user)
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.events.len()
    }

    /// The requests themselves.
    pub fn iter(&self) -> impl Iterator<Item = &AuditEvent> {
        self.events.iter()
    }
}
