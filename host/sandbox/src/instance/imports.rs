//! The host functions behind a plugin's imports. A guest can reach nothing else.
//!
//! A refusal is an answer and never a trap: a plugin can report an answer, and a trap would count as its fault.

use crate::bindings::{http, log, selection, types};
use crate::instance::store::CallState;

/// Labels of a candidate that are matched with the filter.
const MOST_LABELS: usize = 256;
/// Bytes of a name or label that are matched with the filter; branch names have at most 255 on every forge.
const NAME_BYTES: usize = 1024;

impl types::Host for CallState {}

impl http::Host for CallState {
    async fn send(&mut self, request: http::Request) -> Result<http::Response, http::HttpError> {
        self.network.send(request).await
    }
}

impl selection::Host for CallState {
    fn wants(&mut self, name: String, labels: Vec<String>) -> bool {
        // Without a filter the host wants everything; it filters the answer again anyway. It also wants whatever is too long
        // to match cheaply: this function only saves sub-requests, and must never lose a candidate.
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
