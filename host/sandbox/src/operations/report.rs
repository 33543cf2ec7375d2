//! Reporting: telling the forge how the environment of one input is doing, through a plugin that can.

use crate::bindings::reporter::Reports;
use crate::bindings::reporter::exports::orangery::plugin::reporter as wit;
use crate::calls::{Attempt, Body, CallError, Completed, Usage};
use crate::consumer::Consumer;
use crate::guest::failure::GuestFailure;
use crate::guest::log::LogLine;
use crate::instance::network::Network;
use crate::instance::store::{CallSpec, Clock};
use crate::operations::poll;
use crate::operations::sandbox::Sandbox;
use crate::operations::validate;
use orangery_egress::{RequestTrace, SessionSpec};
use serde_json::Value;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Wall clock of one report: a few requests, and nobody's annotation bounds it.
const WALL: Duration = Duration::from_secs(60);

/// The state of one environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnvironmentState {
    /// Being created or changed.
    Pending,
    /// All objects applied and ready.
    Ready,
    /// Something failed.
    Failed,
    /// Removed.
    Gone,
}

/// What to tell, and to whom.
#[derive(Debug, Clone)]
pub struct ReportRequest {
    /// On whose behalf: `Kind/namespace/name`.
    pub consumer: Consumer,
    /// `spec.type`.
    pub kind: String,
    /// `spec.url`.
    pub url: String,
    /// `spec.config`; `Null` if absent.
    pub config: Value,
    /// What may be asked of the network, and with which credentials.
    pub session: SessionSpec,
    /// The id of the input.
    pub id: String,
    /// The commit that is rendered.
    pub revision: String,
    /// How it is doing.
    pub state: EnvironmentState,
    /// One line for people.
    pub summary: String,
    /// Where it can be seen, if anywhere.
    pub environment_url: Option<String>,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct ReportReceipt {
    /// Whether it was told.
    pub result: Result<(), CallError>,
    /// What was asked of the network.
    pub requests: Vec<RequestTrace>,
    /// What the plugin logged.
    pub logs: Vec<LogLine>,
    /// What it cost.
    pub usage: Usage,
}

impl ReportReceipt {
    fn refused(error: CallError) -> Self {
        Self { result: Err(error), requests: Vec::new(), logs: Vec::new(), usage: Usage::default() }
    }
}

impl Sandbox {
    /// Whether some plugin can report for this type.
    #[must_use]
    pub fn can_report(&self, kind: &str) -> bool {
        self.catalogue(|catalogue| catalogue.reporter_of(kind)).is_some()
    }

    /// Publishes one report. Its circuit is its own: a reporter that fails must not stop the polling.
    pub async fn report(&self, request: ReportRequest) -> ReportReceipt {
        let Some(plugin) = self.catalogue(|catalogue| catalogue.reporter_of(&request.kind)) else {
            return ReportReceipt::refused(CallError::Missing {
                what: format!("reports of the type '{}'", request.kind.escape_debug()),
                offer: "load a plugin that exports reporter for it".into(),
            });
        };
        let config = validate::or_empty(&request.config);
        if let Err(error) = self.check_provider_config(&plugin, &request.kind, &config).await {
            return ReportReceipt::refused(error);
        }
        let consumer = Consumer::from(format!("{} (reports)", request.consumer));
        let turn = self.inner.queue.turn(&consumer).await;
        if let Err(open) = self.inner.circuits.check(plugin.reference(), &consumer, Instant::now()) {
            return ReportReceipt::refused(open);
        }
        let attempt = Attempt::new(turn, &self.inner.circuits, plugin.reference(), &consumer);
        if let Err(error) = self.accepted(&plugin, &request.kind, &config, &attempt).await {
            attempt.settle();
            let refused = ReportReceipt::refused(error);
            self.inner.circuits.record(plugin.reference(), &consumer, &refused.result, Instant::now());
            return refused;
        }
        let session = Arc::new(self.inner.egress.session(request.session));
        let redactor = session.redactor();
        let network = Network::Open(session, plugin.description.credentials.clone().into());
        let given = CallSpec {
            plugin: plugin.reference().to_string(),
            consumer: consumer.clone(),
            origin: poll::origin(&request.url),
            clock: Clock::Real,
            network: network.clone(),
            wants: None,
            redact: redactor.clone(),
        };
        let context = wit::ReportContext { kind: request.kind, url: request.url };
        let report = wit::EnvironmentReport {
            id: request.id,
            revision: request.revision,
            state: state(request.state),
            summary: request.summary,
            url: request.environment_url,
        };
        let config = config.to_string();
        let body: Body<_> = Box::new(move |store, instance| {
            Box::pin(async move {
                let reports = Reports::new(&mut *store, instance)?;
                reports.orangery_plugin_reporter().call_report(store, &context, &config, &report).await
            })
        });
        let wall = WALL.min(self.limits().poll_wall);
        let reached = self.inner.call(&plugin, wall, given, Some(Arc::clone(&attempt)), body).await;
        attempt.settle();
        let Completed { outcome, logs, usage } = reached;
        let result = outcome.and_then(|answer| {
            answer.map_err(|error| CallError::Answered {
                plugin: plugin.reference().clone(),
                said: GuestFailure::of_error(error, &redactor),
            })
        });
        self.inner.circuits.record(plugin.reference(), &consumer, &result, Instant::now());
        ReportReceipt { result, requests: network.trace(), logs, usage }
    }
}

fn state(state: EnvironmentState) -> wit::EnvironmentState {
    match state {
        EnvironmentState::Pending => wit::EnvironmentState::Pending,
        EnvironmentState::Ready => wit::EnvironmentState::Ready,
        EnvironmentState::Failed => wit::EnvironmentState::Failed,
        EnvironmentState::Gone => wit::EnvironmentState::Gone,
    }
}
