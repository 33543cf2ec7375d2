//! The log of every request, byte for byte as it came over the wire.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One request and how it was answered. Requests to `/_control` are not logged.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Request {
    /// When its head had been read.
    pub at: Timestamp,
    /// `GET`, …
    pub method: String,
    /// The path as sent, percent signs and all.
    pub path: String,
    /// The query as sent, without the question mark; empty when there was none.
    pub query: String,
    /// Names and values as sent: order, case and credentials.
    pub headers: Vec<(String, String)>,
    /// The whole request as it arrived, head and body; bytes that are not UTF-8 are replaced here only.
    pub raw: String,
    /// The answered status; none when the connection was cut before an answer.
    pub status: Option<u16>,
}

impl Request {
    /// Reads the head out of the bytes that arrived.
    pub(crate) fn arrived(raw: &[u8], at: Timestamp, method: &str, path: &str, query: &str) -> Self {
        let raw = String::from_utf8_lossy(raw).into_owned();
        let head = raw.split("\r\n\r\n").next().unwrap_or_default();
        let headers = head.split("\r\n").skip(1).filter_map(|line| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_owned(), value.trim().to_owned()))
        });
        Self {
            at,
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: headers.collect(),
            raw: raw.clone(),
            status: None,
        }
    }

    /// The first header of this name, whatever its case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Path and query in one.
    pub fn target(&self) -> String {
        if self.query.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, self.query) }
    }
}
