//! Answers from a script instead of a network: how plugin authors test without a forge.
//!
//! # Guarantees
//! The same grants, header rules, budgets and size limits as on the network come first; nothing is dialled.

use crate::request::message::{HttpError, Request, Response};
use crate::session::Session;
use crate::session::trace::RequestTrace;
use async_trait::async_trait;
use std::fmt::Debug;

/// Where scripted answers come from.
#[async_trait]
pub trait Script: Debug + Send + Sync {
    /// Answers one request that the rules have let pass. The headers are those that would have been sent for the plugin.
    ///
    /// # Errors
    /// What the script says went wrong.
    async fn answer(&self, request: &Request) -> Result<Response, HttpError>;
}

impl Session {
    /// One request of a scripted session, after step 3.
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
