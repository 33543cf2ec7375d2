//! The imported interface `http`: the one door of providers and reporters.

use crate::{Http, HttpError, Method, Request, Response};

mod bindings {
    wit_bindgen::generate!({
        inline: "package orangery:sdk-network; world network { import orangery:plugin/http@0.1.0; }",
        path: "wit",
        generate_all,
    });
}

use bindings::orangery::plugin::http;

/// The door that the host opens.
pub(crate) struct Network;

impl Http for Network {
    fn send(&self, request: &Request) -> Result<Response, HttpError> {
        let sent = http::send(&http::Request {
            method: match request.method {
                Method::Get => http::Method::Get,
                Method::Head => http::Method::Head,
                Method::Post => http::Method::Post,
                Method::Put => http::Method::Put,
                Method::Patch => http::Method::Patch,
                Method::Delete => http::Method::Delete,
            },
            url: request.url.clone(),
            headers: request.headers.clone(),
            body: request.body.clone(),
            credential: request.credential.clone(),
            conditional: request.conditional,
        });
        match sent {
            Ok(response) => Ok(Response {
                status: response.status,
                headers: response.headers,
                body: response.body,
                from_cache: response.from_cache,
                final_url: response.final_url,
            }),
            Err(http::HttpError::Denied(text)) => Err(HttpError::Denied(text)),
            Err(http::HttpError::BudgetExhausted(text)) => Err(HttpError::BudgetExhausted(text)),
            Err(http::HttpError::Timeout(text)) => Err(HttpError::Timeout(text)),
            Err(http::HttpError::TooLarge(bytes)) => Err(HttpError::TooLarge(bytes)),
            Err(http::HttpError::Transport(text)) => Err(HttpError::Transport(text)),
            Err(http::HttpError::BackingOff(ms)) => Err(HttpError::BackingOff(ms)),
            Err(http::HttpError::Other(text)) => Err(HttpError::Other(text)),
        }
    }
}
