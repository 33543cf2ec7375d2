//! Answers requests from a script instead of the network, so that plugin authors can test without a forge.
//!
//! # Guarantees
//! Grants, header rules, budgets and size limits apply as on the network; nothing is dialled.

use crate::request::message::{HttpError, Request, Response};
use crate::session::Session;
use crate::session::trace::RequestTrace;
use async_trait::async_trait;
use std::fmt::Debug;

/// A source of scripted answers.
#[async_trait]
pub trait Script: Debug + Send + Sync {
    /// Answers one request that passed the rules. The headers are those that would have been sent for the plugin.
    ///
    /// # Errors
    /// The failure that the script describes.
    async fn answer(&self, request: &Request) -> Result<Response, HttpError>;
}

impl Session {
    /// Sends one request of a scripted session, after step 3.
    pub(crate) async fn send_scripted(
        &self,
        script: &dyn Script,
        request: &Request,
        shown: String,
    ) -> Result<Response, HttpError> {
        let mut trace = RequestTrace::start(request.method, shown);
        let outcome = self.scripted(script, request).await;
        if let Ok(answer) = &outcome {
            trace.status = Some(answer.status);
            trace.from_cache = answer.from_cache;
            trace.bytes = answer.body.len() as u64;
        }
        self.record(trace.ended(outcome.as_ref().err()));
        outcome
    }

    async fn scripted(&self, script: &dyn Script, request: &Request) -> Result<Response, HttpError> {
        let most = self.take_request()?;
        let answer = script.answer(request).await?;
        let bytes = answer.body.len() as u64;
        if bytes > most {
            return Err(HttpError::TooLarge(most));
        }
        self.charge(bytes);
        Ok(answer)
    }
}
