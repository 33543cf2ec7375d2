//! How Flux is told to look now.

use crate::cli::SyncOptions;
use anyhow::Context;
use orangery_egress::{JsonPost, SecretText};
use serde_json::json;
use std::time::Duration;

/// How long a hook may take: Flux answers it after it has annotated what the Receiver lists.
const TIMEOUT: Duration = Duration::from_secs(15);

/// How Flux is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Notify {
    /// By the annotation of a request on each source.
    Annotation,
    /// By a Receiver of type `generic-hmac`.
    Hook { url: String, key: SecretText },
    /// Not at all.
    Nothing,
}

impl Notify {
    pub(super) fn of(options: &SyncOptions) -> anyhow::Result<Self> {
        match (&options.hook_url, &options.hook_token) {
            _ if options.no_request => Ok(Self::Nothing),
            (Some(url), Some(token)) => {
                let key = SecretText::line(token.as_bytes()).context("the token of the hook (ORANGERY_HOOK_TOKEN)")?;
                Ok(Self::Hook { url: url.clone(), key })
            }
            _ => Ok(Self::Annotation),
        }
    }

    /// Posts to the hook, if there is one. A filter of the Receiver may look at `req.digest`.
    pub(super) async fn send(&self, digest: Option<&str>) -> anyhow::Result<()> {
        let Self::Hook { url, key } = self else { return Ok(()) };
        let sent = JsonPost::new(TIMEOUT).send_signed(url, &json!({"digest": digest}), key).await;
        sent.context(
            "the hook did not take the notice; is --hook-url the address of a Receiver, and the token its own?",
        )?;
        eprintln!("► hook notified");
        Ok(())
    }
}
