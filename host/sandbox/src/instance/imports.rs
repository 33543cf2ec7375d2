//! The host functions behind a plugin's imports: everything that a guest can reach.
//!
//! A refusal is an answer, never a trap: a plugin can report it, and a trap would count as its fault.

use crate::bindings::{http, log, selection, types};
use crate::instance::store::CallState;

/// Labels of a candidate that the filter looks at.
const MOST_LABELS: usize = 256;
/// Bytes of a name or label that the filter looks at; what a forge calls a branch has at most 255.
const NAME_BYTES: usize = 1024;

impl types::Host for CallState {}

impl http::Host for CallState {
    async fn send(&mut self, request: http::Request) -> Result<http::Response, http::HttpError> {
        self.network.send(request).await
    }
}

impl selection::Host for CallState {
    fn wants(&mut self, name: String, labels: Vec<String>) -> bool {
        // Without a filter everything is wanted; the host filters again anyway. The same where the question is so long that
        // answering it is work: this is about saving sub-requests, and a candidate must never be lost by it.
        let longest = labels.iter().map(String::len).chain([name.len()]).max().unwrap_or(0);
        if labels.len() > MOST_LABELS || longest > NAME_BYTES {
            return true;
        }
        self.wants.as_ref().is_none_or(|wants| wants(&name, &labels))
    }
}

impl log::Host for CallState {
    fn log(&mut self, level: log::Level, message: String, fields: Vec<(String, String)>) {
        let redact = self.redact().clone();
        self.log.write(level.into(), &message, &fields, &redact);
    }
}
