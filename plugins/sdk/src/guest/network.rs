//! The imported interface `http`, the only way to the network for providers and notifiers.

use crate::bindings::describing::orangery::plugin::http;
use crate::{Http, HttpError, Request, Response};

/// Sends requests through the host.
pub(crate) struct Network;

impl Http for Network {
    fn send(&self, request: &Request) -> Result<Response, HttpError> {
        http::send(request).map_err(|error| match error {
            http::HttpError::Denied(text) => HttpError::Denied(text),
            http::HttpError::BudgetExhausted(text) => HttpError::BudgetExhausted(text),
            http::HttpError::Timeout(text) => HttpError::Timeout(text),
            http::HttpError::TooLarge(bytes) => HttpError::TooLarge(bytes),
            http::HttpError::Transport(text) => HttpError::Transport(text),
            http::HttpError::BackingOff(ms) => HttpError::BackingOff(ms),
            http::HttpError::Other(text) => HttpError::Other(text),
        })
    }
}
