//! Polling: one call of a provider, under one session.
//!
//! # Guarantees
//! An answer is either complete and within the rules, or an error: an invalid input never looks like a missing one
//! (law 1). Equal polls with equal credentials that run at the same time share one call. An open circuit costs no
//! call. No request is sent before the plugin has accepted the configuration.

use crate::admission::plugin::Plugin;
use crate::bindings::provider::Provides;
use crate::bindings::provider::exports::orangery::plugin::provider as wit;
use crate::calls::single_flight::RequestKey;
use crate::calls::{Attempt, Body, CallError, Completed, Usage};
use crate::consumer::Consumer;
use crate::guest::answer::{self, RejectedAnswer};
use crate::guest::failure::{GuestFailure, Note};
use crate::guest::fault::Fault;
use crate::guest::log::LogLine;
use crate::instance::network::Network;
use crate::instance::store::{CallSpec, Clock, Wants};
use crate::operations::Sandbox;
use crate::operations::validate;
use futures::FutureExt;
use orangery_core::PollOutcome;
use orangery_egress::{Egress, Origin, RequestTrace, SessionSpec};
use serde_json::Value;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The filter of the user, as far as a provider may see it. The host applies it again.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PollFilter {
    /// The expression to include names, of the filter that applies to the type.
    pub include: Option<String>,
    /// The expression to exclude names.
    pub exclude: Option<String>,
    /// The labels that must all be present.
    pub labels: Vec<String>,
    /// A range of semantic versions.
    pub semver: Option<String>,
}

/// One poll of a provider.
#[derive(Clone)]
pub struct PollRequest {
    /// The object that is polled for, as `Kind/namespace/name`. Circuit breakers and turns are kept for each.
    pub consumer: Consumer,
    /// The type, from `spec.type`.
    pub provider_type: String,
    /// `spec.url`; empty if the manifest has none.
    pub url: String,
    /// What to leave out, from `spec.filter`.
    pub filter: PollFilter,
    /// `spec.config`; `Null` if absent.
    pub config: Value,
    /// The origins that the plugin may reach, and with which credentials.
    pub session: SessionSpec,
    /// Answers `selection.wants`; must be a function of `filter` alone.
    pub wants: Wants,
    /// Wall clock of the call; at most [`crate::Limits::poll_wall`]. Requests get a little less, so that a plugin has
    /// time to report that the remote was too slow.
    pub deadline: Duration,
}

/// The result of a poll, whether it succeeded or failed.
#[derive(Debug, Clone)]
pub struct PollReport {
    /// The inputs, or why there are none.
    pub result: Result<PollOutcome, CallError>,
    /// The plugin's remarks about the configuration.
    pub notes: Vec<Note>,
    /// The requests that the plugin made.
    pub requests: Vec<RequestTrace>,
    /// The lines that the plugin logged.
    pub logs: Vec<LogLine>,
    /// The processor time, wall clock and memory of the call.
    pub usage: Usage,
}

impl PollReport {
    fn refused(error: CallError) -> Self {
        Self { result: Err(error), notes: Vec::new(), requests: Vec::new(), logs: Vec::new(), usage: Usage::default() }
    }
}

impl Sandbox {
    /// Polls the provider of the type once.
    pub async fn poll(&self, mut request: PollRequest) -> PollReport {
        let plugin = match self.catalogue(|catalogue| catalogue.of_type(&request.provider_type)) {
            Ok(plugin) => plugin,
            Err(missing) => return PollReport::refused(missing),
        };
        request.config = validate::or_empty(&request.config);
        request.deadline = request.deadline.min(self.limits().poll_wall);
        let asked = request.session.deadline.unwrap_or(Duration::MAX);
        request.session.deadline = Some(asked.min(for_requests(request.deadline)));
        if let Err(error) = self.check_provider_config(&plugin, &request.provider_type, &request.config).await {
            return PollReport::refused(error);
        }
        let consumer = request.consumer.clone();
        // Checked before the turn, so that an open circuit costs no waiting.
        if let Err(open) = self.inner.circuits.check(plugin.reference(), &consumer, Instant::now()) {
            return PollReport::refused(open);
        }
        let report = match question(&plugin, &request, &self.inner.egress) {
            Some(question) => {
                let (sandbox, plugin) = (self.clone(), Arc::clone(&plugin));
                let start = || async move { sandbox.poll_now(plugin, request).await }.boxed();
                self.inner.flights.ask(question, start).await
            }
            None => self.poll_now(Arc::clone(&plugin), request).await,
        };
        self.inner.circuits.record(plugin.reference(), &consumer, &report.result, Instant::now());
        report
    }

    /// Makes the poll itself. Polls that share an answer share this future, so each caller records the outcome.
    async fn poll_now(&self, plugin: Arc<Plugin>, request: PollRequest) -> PollReport {
        let turn = self.inner.queue.turn(&request.consumer).await;
        // The attempt that had the turn before this one may have opened the circuit.
        if let Err(open) = self.inner.circuits.check(plugin.reference(), &request.consumer, Instant::now()) {
            return PollReport::refused(open);
        }
        let attempt = Attempt::new(turn, &self.inner.circuits, plugin.reference(), &request.consumer);
        let notes = match self.accepted(&plugin, &request.provider_type, &request.config, &attempt).await {
            Ok(notes) => notes,
            Err(error) => {
                attempt.settle();
                return PollReport::refused(error);
            }
        };
        let session = Arc::new(self.inner.egress.session(request.session));
        let redactor = session.redactor();
        let network = Network::Open(session, plugin.description.credential_names().into());
        let given = CallSpec {
            plugin: plugin.reference().to_string(),
            consumer: request.consumer,
            origin: origin(&request.url),
            clock: Clock::Real,
            network: network.clone(),
            wants: Some(request.wants),
            redact: redactor.clone(),
        };
        let context = wit::PollContext {
            provider_type: request.provider_type,
            url: request.url,
            filter: wit::Filter {
                include: request.filter.include,
                exclude: request.filter.exclude,
                labels: request.filter.labels,
                semver: request.filter.semver,
            },
        };
        let config = request.config.to_string();
        let body: Body<_> = Box::new(move |store, instance| {
            Box::pin(async move {
                let provides = Provides::new(&mut *store, instance)?;
                provides.orangery_plugin_provider().call_poll(store, &context, &config).await
            })
        });
        let reached = self.inner.call(&plugin, request.deadline, given, Some(Arc::clone(&attempt)), body).await;
        attempt.settle();
        let Completed { outcome, logs, usage } = reached;
        let result = outcome.and_then(|answer| match answer {
            Ok(found) => answer::poll_outcome(found, &redactor, self.limits()).map_err(|unfit| reject(&plugin, unfit)),
            Err(error) => {
                let said = GuestFailure::of_error(error, &redactor);
                Err(CallError::Answered { plugin: plugin.reference().clone(), said })
            }
        });
        PollReport { result, notes, requests: network.trace(), logs, usage }
    }
}

/// The origin of `spec.url`, if there is one.
pub(crate) fn origin(url: &str) -> Option<String> {
    Origin::of_url(url).ok().map(|origin| origin.to_string())
}

/// The share of a call's wall clock that its requests get.
fn for_requests(wall: Duration) -> Duration {
    wall.saturating_sub((wall / 20).min(Duration::from_secs(2)))
}

/// The error for an answer that is discarded.
pub(crate) fn reject(plugin: &Plugin, unfit: RejectedAnswer) -> CallError {
    let plugin = plugin.reference().clone();
    match unfit {
        RejectedAnswer::Invalid(bad) => CallError::Faulted { plugin, fault: Fault::BadAnswer(bad) },
        RejectedAnswer::LeaksSecret(what) => CallError::Refused {
            plugin,
            what: format!("to hand over {what} that contains a credential; the answer is dropped"),
        },
    }
}

/// The key by which polls are equal, or `None` if that cannot be told for certain: sharing an answer with somebody
/// who does not hold the same credential would be a leak.
fn question(plugin: &Plugin, request: &PollRequest, egress: &Egress) -> Option<RequestKey> {
    let session = egress.identity(&request.session)?;
    Some(RequestKey::of([
        plugin.reference().digest.as_bytes(),
        request.provider_type.as_bytes(),
        request.url.as_bytes(),
        format!("{:?}", request.filter).as_bytes(),
        request.config.to_string().as_bytes(),
        session.as_bytes(),
    ]))
}
