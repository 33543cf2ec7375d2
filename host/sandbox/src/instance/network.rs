//! The network of a call: the egress session that it was given, or none.
//!
//! A credential needs two permissions: the plugin declares its name in its manifest, and the consumer grants it. The
//! session checks the second; the first is checked here.

use crate::bindings::http;
use orangery_egress::{HttpError, Method, Request, RequestTrace, Response, Session};
use std::sync::Arc;

/// The network that one call may use.
#[derive(Clone)]
pub(crate) enum Network {
    /// The call has no network; the text says why.
    Closed(&'static str),
    /// The call uses this session; the names are the credentials that the plugin declares.
    Open(Arc<Session>, Arc<[String]>),
}

impl Network {
    /// Sends one request of the guest.
    pub(crate) async fn send(&self, request: http::Request) -> Result<http::Response, http::HttpError> {
        let (session, declared) = match self {
            Self::Closed(why) => return Err(http::HttpError::Denied((*why).to_owned())),
            Self::Open(session, declared) => (session, declared),
        };
        if let Some(name) = request.credential.as_ref().filter(|name| !declared.contains(name)) {
            session.count_refused();
            let declared = if declared.is_empty() { "none".to_owned() } else { declared.join(", ") };
            return Err(http::HttpError::Denied(format!(
                "the plugin asks for the credential '{}', which it does not declare in its manifest; it declares {declared}",
                name.escape_debug()
            )));
        }
        session.send(asked(request)).await.map(answered).map_err(refused)
    }

    /// The requests that were made so far.
    pub(crate) fn trace(&self) -> Vec<RequestTrace> {
        match self {
            Self::Closed(_) => Vec::new(),
            Self::Open(session, _) => session.trace(),
        }
    }
}

fn asked(request: http::Request) -> Request {
    Request {
        method: match request.method {
            http::Method::Get => Method::Get,
            http::Method::Head => Method::Head,
            http::Method::Post => Method::Post,
            http::Method::Put => Method::Put,
            http::Method::Patch => Method::Patch,
            http::Method::Delete => Method::Delete,
        },
        url: request.url,
        headers: request.headers,
        body: request.body,
        credential: request.credential,
        conditional: request.conditional,
    }
}

fn answered(response: Response) -> http::Response {
    http::Response {
        status: response.status,
        headers: response.headers,
        body: response.body,
        from_cache: response.from_cache,
        final_url: response.final_url,
        authenticated: response.authenticated,
    }
}

fn refused(error: HttpError) -> http::HttpError {
    match error {
        HttpError::Denied(why) => http::HttpError::Denied(why),
        HttpError::BudgetExhausted(why) => http::HttpError::BudgetExhausted(why),
        HttpError::Timeout(why) => http::HttpError::Timeout(why),
        HttpError::TooLarge(bytes) => http::HttpError::TooLarge(bytes),
        HttpError::Transport(why) => http::HttpError::Transport(why),
        HttpError::BackingOff(ms) => http::HttpError::BackingOff(ms),
        HttpError::Other(why) => http::HttpError::Other(why),
    }
}
