//! The host functions behind a plugin's imports: the only doors in the glass.
//!
//! A refusal is an answer, never a trap: a plugin can report it, and a trap would count as its fault.

use crate::bindings::{http, log, selection, types};
use crate::store::CallState;

impl types::Host for CallState {}

impl http::Host for CallState {
    async fn send(&mut self, request: http::Request) -> Result<http::Response, http::HttpError> {
        let answer = self.network.send(request).await;
        self.was_in_host = true;
        answer
    }
}

impl selection::Host for CallState {
    fn wants(&mut self, name: String, labels: Vec<String>) -> bool {
        // Without a filter everything is wanted; the host filters again anyway.
        self.wants.as_ref().is_none_or(|wants| wants(&name, &labels))
    }
}

impl log::Host for CallState {
    fn log(&mut self, level: log::Level, message: String, fields: Vec<(String, String)>) {
        let redact = self.redact().clone();
        self.log.write(level.into(), &message, &fields, &redact);
    }
}
