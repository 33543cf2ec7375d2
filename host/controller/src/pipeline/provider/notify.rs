//! Sends one notice of one provider, with the same access as a poll.

use crate::pipeline::provider::access::{self, AccessError, AccessPolicy, Source};
use crate::pipeline::provider::poll::consumer;
use crate::pipeline::secrets::SecretReader;
use orangery_core::spec::ProviderSpec;
use orangery_egress::RequestTrace;
use orangery_sandbox::{CallError, LogLine, Notice, NotifyRequest, PluginRef, Sandbox};
use serde_json::Value;

/// The result of a notice.
#[derive(Debug)]
pub struct Notified {
    /// The notifier that sent it, or why it was not sent.
    pub result: Result<PluginRef, NotifyError>,
    /// What was asked of the network.
    pub requests: Vec<RequestTrace>,
    /// What the notifier logged.
    pub logs: Vec<LogLine>,
}

/// Why a notice was not sent.
#[derive(Debug, thiserror::Error)]
pub enum NotifyError {
    /// Credentials, certificates or the URL cannot be used.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// No notifier serves the type, or the notifier failed.
    #[error(transparent)]
    Call(CallError),
}

/// Sends a notice through the notifier of the provider's type, with the credentials of the provider's Secret.
pub async fn notify(
    sandbox: &Sandbox,
    policy: &AccessPolicy,
    provider: &ProviderSpec,
    secrets: &dyn SecretReader,
    notice: Notice,
) -> Notified {
    let failed = |error| Notified { result: Err(error), requests: Vec::new(), logs: Vec::new() };
    let plugin = match sandbox.notifier_of(provider.provider_type.as_str()) {
        Ok(plugin) => plugin,
        Err(missing) => return failed(NotifyError::Call(missing)),
    };
    let access = match access::arrange(Source::of(provider), &plugin, policy, secrets).await {
        Ok(access) => access,
        Err(error) => return failed(error.into()),
    };
    let consumer = consumer(provider);
    let request = NotifyRequest {
        consumer: consumer.clone(),
        type_name: provider.provider_type.as_str().to_owned(),
        url: provider.url.clone().unwrap_or_default(),
        config: provider.config.clone().map_or(Value::Null, Value::Object),
        session: access.session(&consumer),
        notice,
    };
    let report = sandbox.notify(request).await;
    let result = report.result.map(|()| plugin.plugin).map_err(NotifyError::Call);
    Notified { result, requests: report.requests, logs: report.logs }
}
