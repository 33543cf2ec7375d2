//! Sends notices through the notifier of a plugin.

use crate::bindings::notifier::NotifiesHost;
use crate::bindings::notifier::exports::orangery::plugin::notifier as wit;
use crate::calls::{Attempt, Body, CallError, Completed, Usage};
use crate::consumer::Consumer;
use crate::guest::failure::GuestFailure;
use crate::guest::log::LogLine;
use crate::instance::network::Network;
use crate::instance::store::{CallSpec, Clock};
use crate::operations::Sandbox;
use crate::operations::{poll, validate};
use crate::plugin::PluginDescription;
use orangery_egress::{RequestTrace, SessionSpec};
use orangery_plugin_documents::{EnvironmentNotice, EventNotice};
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Wall clock of one notice, which takes a few requests. It is not configurable.
const WALL: Duration = Duration::from_secs(60);

/// What a notifier is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// The state of the environment of one input.
    Environment(EnvironmentNotice),
    /// An event of an object.
    Event(EventNotice),
}

/// A notice and its destination.
#[derive(Debug, Clone)]
pub struct NotifyRequest {
    /// The object that the notice is sent for, as `Kind/namespace/name`.
    pub consumer: Consumer,
    /// `spec.type` of the provider of the environment, or of a notification channel.
    pub type_name: String,
    /// `spec.url`; empty if the manifest has none.
    pub url: String,
    /// `spec.config`; `Null` if absent.
    pub config: Value,
    /// The origins that the plugin may reach, and with which credentials.
    pub session: SessionSpec,
    /// The notice to send.
    pub notice: Notice,
}

/// The result of sending a notice.
#[derive(Debug, Clone)]
pub struct NotifyReport {
    /// `Ok` if the plugin has sent it.
    pub result: Result<(), CallError>,
    /// The requests that the plugin made.
    pub requests: Vec<RequestTrace>,
    /// The lines that the plugin logged.
    pub logs: Vec<LogLine>,
    /// The processor time, wall clock and memory of the call.
    pub usage: Usage,
}

impl NotifyReport {
    fn refused(error: CallError) -> Self {
        Self { result: Err(error), requests: Vec::new(), logs: Vec::new(), usage: Usage::default() }
    }
}

impl Sandbox {
    /// The plugin that sends notices for this provider type or channel.
    ///
    /// # Errors
    /// No plugin does; the error lists those for which there are notifiers.
    pub fn notifier_of(&self, type_name: &str) -> Result<PluginDescription, CallError> {
        self.catalogue(|catalogue| catalogue.notifier_of(type_name)).map(|(plugin, _)| plugin.description.clone())
    }

    /// Sends one notice. Notifying has a circuit of its own, so that a notifier that fails does not stop polling.
    pub async fn notify(&self, request: NotifyRequest) -> NotifyReport {
        let (plugin, schema) = match self.catalogue(|catalogue| catalogue.notifier_of(&request.type_name)) {
            Ok(found) => found,
            Err(missing) => return NotifyReport::refused(missing),
        };
        let config = validate::or_empty(&request.config);
        if let Err(error) = self.check_provider_config(&plugin, &schema, &config).await {
            return NotifyReport::refused(error);
        }
        let consumer = Consumer::from(format!("{} (notices)", request.consumer));
        let turn = self.inner.queue.turn(&consumer).await;
        if let Err(open) = self.inner.circuits.check(plugin.reference(), &consumer, Instant::now()) {
            return NotifyReport::refused(open);
        }
        let attempt = Attempt::new(turn, &self.inner.circuits, plugin.reference(), &consumer);
        if let Err(error) = self.accepted(&plugin, &request.type_name, &config, &attempt).await {
            attempt.settle();
            let refused = NotifyReport::refused(error);
            self.inner.circuits.record(plugin.reference(), &consumer, &refused.result, Instant::now());
            return refused;
        }
        let session = Arc::new(self.inner.egress.session(request.session));
        let redactor = session.redactor();
        let network = Network::Open(session, plugin.description.credential_names().into());
        let given = CallSpec {
            plugin: plugin.reference().to_string(),
            consumer: consumer.clone(),
            origin: poll::origin(&request.url),
            clock: Clock::Real,
            network: network.clone(),
            wants: None,
            redact: redactor.clone(),
        };
        let context = wit::NotifyContext { type_name: request.type_name, url: request.url };
        let notice = match &request.notice {
            Notice::Environment(environment) => wit::Notice::Environment(text(environment)),
            Notice::Event(event) => wit::Notice::Event(text(event)),
        };
        let config = config.to_string();
        let body: Body<_> = Box::new(move |store, instance| {
            Box::pin(async move {
                let notifies = NotifiesHost::new(&mut *store, instance)?;
                notifies.orangery_plugin_notifier().call_notify(store, &context, &config, &notice).await
            })
        });
        let wall = WALL.min(self.limits().poll_wall);
        let reached = self.inner.call(&plugin, wall, given, Some(Arc::clone(&attempt)), body).await;
        // The outcome is recorded below, so the attempt must not record an abandoned call when it is dropped.
        attempt.settle();
        let Completed { outcome, logs, usage } = reached;
        let result = outcome.and_then(|answer| {
            answer.map_err(|error| CallError::Answered {
                plugin: plugin.reference().clone(),
                said: GuestFailure::of_error(error, &redactor),
            })
        });
        self.inner.circuits.record(plugin.reference(), &consumer, &result, Instant::now());
        NotifyReport { result, requests: network.trace(), logs, usage }
    }
}

/// The JSON of a notice. Notices hold only strings, for which serialization cannot fail.
fn text(notice: &impl Serialize) -> String {
    serde_json::to_string(notice).unwrap_or_else(|_| "{}".to_owned())
}
