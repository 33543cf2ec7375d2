//! One poll of one provider: arranges access, calls the plugin, selects the inputs to export.
//!
//! # Guarantees
//! Whatever fails, the snapshot of the answer holds the last good inputs (law 1).

use crate::pipeline::offload;
use crate::pipeline::provider::access::{self, AccessError, AccessPolicy, Source};
use crate::pipeline::provider::artifacts::{self, ArtifactError, ArtifactReader, NoCluster};
use crate::pipeline::secrets::SecretReader;
use orangery_core::selection::{self, Coverage, Filter, FilterError, Question, SelectError};
use orangery_core::spec::{ProviderSpec, ProviderType};
use orangery_core::{
    Disposition, Explain, Found, Notice, PollOutcome, Reason, ServedType, Snapshot, Timestamp, digest, duration, keys,
};
use orangery_egress::RequestTrace;
use orangery_sandbox::{CallError, Consumer, Evaluations, Note, PluginDescription, PollFilter, PollRequest, Sandbox};
use serde_json::{Map, Value};
use std::sync::Arc;
use std::time::Duration;

/// The types that the host itself serves.
pub const OF_HOST: [&str; 2] = ["ExternalArtifact", "Static"];

/// What a poll reads besides the network.
#[derive(Clone, Copy)]
pub struct Readers<'a> {
    /// Secrets.
    pub secrets: &'a dyn SecretReader,
    /// ExternalArtifacts.
    pub artifacts: &'a dyn ArtifactReader,
}

impl<'a> Readers<'a> {
    /// Of local mode and the command line.
    #[must_use]
    pub fn without_cluster(secrets: &'a dyn SecretReader) -> Self {
        Self { secrets, artifacts: &NoCluster }
    }
}

/// The answer of a poll.
#[derive(Debug)]
pub struct Polled {
    /// The inputs to export: new ones, or the last good ones.
    pub snapshot: Snapshot,
    /// Why there is no new answer.
    pub error: Option<PollError>,
    /// Remarks for the conditions and events.
    pub notices: Vec<Notice>,
    /// What was asked of the network.
    pub requests: Vec<RequestTrace>,
}

/// Why there is no new answer.
#[derive(Debug, thiserror::Error)]
pub enum PollError {
    /// No plugin serves the type.
    #[error("no loaded plugin serves spec.type {:?}; these are served: {served}", .provider_type.as_str())]
    UnknownType {
        /// The type as written.
        provider_type: ProviderType,
        /// The types that are served.
        served: String,
    },
    /// The filter cannot work.
    #[error("{}: {cause}", cause.field())]
    Filter {
        /// Which field and why.
        #[source]
        cause: FilterError,
    },
    /// Credentials, certificates or the URL cannot be used.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// ExternalArtifacts cannot be read.
    #[error(transparent)]
    Artifacts(#[from] ArtifactError),
    /// The plugin gave no answer.
    #[error(transparent)]
    Call(CallError),
    /// The provider did not answer in the time that its annotation allows.
    #[error(
        "the provider did not answer within {}; the annotation {} gives it more, up to {}",
        duration::format(*.limit),
        keys::RECONCILE_TIMEOUT,
        duration::format(*.most)
    )]
    TimedOut {
        /// The timeout of the poll.
        limit: Duration,
        /// The most that a poll may take.
        most: Duration,
    },
    /// The answer is rejected as a whole.
    #[error(transparent)]
    Select(#[from] SelectError),
}

impl Explain for PollError {
    fn reason(&self) -> Reason {
        match self {
            Self::UnknownType { .. } => Reason::PluginMissing,
            Self::Filter { cause } => cause.reason(),
            Self::Access(error) => error.reason(),
            Self::Artifacts(error) => error.reason(),
            Self::Call(error) => error.reason(),
            Self::TimedOut { .. } => Reason::SourceUnavailable,
            Self::Select(error) => error.reason(),
        }
    }

    fn disposition(&self) -> Disposition {
        match self {
            Self::UnknownType { .. } => Disposition::WaitForChange,
            Self::Filter { cause } => cause.disposition(),
            Self::Access(error) => error.disposition(),
            Self::Artifacts(error) => error.disposition(),
            Self::Call(error) => error.disposition(),
            Self::TimedOut { .. } => Disposition::Retry,
            Self::Select(error) => error.disposition(),
        }
    }
}

/// The parts of a poll that are reported even if it fails.
#[derive(Default)]
struct Told {
    requests: Vec<RequestTrace>,
    /// Remarks of the plugin about the configuration are there as soon as it has accepted it.
    notices: Vec<Notice>,
}

/// Polls providers. One for the process.
#[derive(Clone)]
pub struct Poller {
    sandbox: Sandbox,
    policy: Arc<AccessPolicy>,
}

impl Poller {
    /// Polls in this sandbox, within what the operator allows.
    #[must_use]
    pub fn new(sandbox: Sandbox, policy: AccessPolicy) -> Self {
        Self { sandbox, policy: Arc::new(policy) }
    }

    /// Evaluates the schedules of a provider.
    pub(crate) fn evaluations(&self, provider: &ProviderSpec) -> Evaluations<'_> {
        self.sandbox.evaluations(consumer(provider))
    }

    /// Polls one provider once.
    pub async fn poll(&self, provider: &ProviderSpec, readers: Readers<'_>, last: &Snapshot, now: Timestamp) -> Polled {
        if provider.provider_type.is_static() {
            return exported_static(provider, last, now);
        }
        let mut told = Told::default();
        let asked = if provider.provider_type.is_external_artifact() {
            self.read_artifacts(provider, readers.artifacts, last, now, &mut told).await
        } else {
            self.ask(provider, readers.secrets, last, now, &mut told).await
        };
        let Told { requests, notices } = told;
        match asked {
            Ok(snapshot) => Polled { snapshot, error: None, notices, requests },
            Err(error) => {
                let snapshot = last.after_failure(error.reason(), now);
                Polled { snapshot, error: Some(error), notices, requests }
            }
        }
    }

    async fn ask(
        &self,
        provider: &ProviderSpec,
        secrets: &dyn SecretReader,
        last: &Snapshot,
        now: Timestamp,
        told: &mut Told,
    ) -> Result<Snapshot, PollError> {
        let (plugin, served) = self.plugin(&provider.provider_type)?;
        let filter = Filter::parse(&provider.filter, &served).map_err(|cause| PollError::Filter { cause })?;
        let access = access::arrange(Source::of(provider), &plugin, &self.policy, secrets).await?;
        let most = self.sandbox.limits().poll_wall;
        let limit = provider.timeout.min(most);
        let consumer = consumer(provider);
        let wants = selection::BudgetedFilter::new(filter.clone());
        let request = PollRequest {
            consumer: consumer.clone(),
            provider_type: provider.provider_type.to_string(),
            url: provider.url.clone().unwrap_or_default(),
            filter: PollFilter {
                include: filter.include().map(ToOwned::to_owned),
                exclude: filter.exclude().map(ToOwned::to_owned),
                labels: filter.labels().to_vec(),
                semver: filter.semver().map(ToOwned::to_owned),
            },
            config: provider.config.clone().map_or(Value::Null, Value::Object),
            session: access.session(&consumer),
            deadline: limit,
            wants: Arc::new(move |name, labels| wants.wants(name, labels)),
        };
        let report = tokio::time::timeout(limit, self.sandbox.poll(request))
            .await
            .map_err(|_| PollError::TimedOut { limit, most })?;
        told.requests = report.requests;
        told.notices.extend(report.notes.iter().map(remark));
        let (answer, coverage) = match report.result.map_err(PollError::Call)? {
            PollOutcome::Complete(found) => (found, Coverage::Complete),
            PollOutcome::Partial(found) => (found, Coverage::Partial),
        };
        let (snapshot, selected) = select(answer, coverage, served, filter, provider, last, now).await?;
        told.notices.extend(shortened_timeout(provider.timeout, most));
        told.notices.extend(selected);
        Ok(snapshot)
    }

    /// As [`Self::ask`], of the cluster instead of a plugin.
    async fn read_artifacts(
        &self,
        provider: &ProviderSpec,
        artifacts: &dyn ArtifactReader,
        last: &Snapshot,
        now: Timestamp,
        told: &mut Told,
    ) -> Result<Snapshot, PollError> {
        let served = ServedType::external_artifact();
        let filter = Filter::parse(&provider.filter, &served).map_err(|cause| PollError::Filter { cause })?;
        let most = self.sandbox.limits().poll_wall;
        let limit = provider.timeout.min(most);
        let answer = tokio::time::timeout(limit, artifacts::find(provider, artifacts))
            .await
            .map_err(|_| PollError::TimedOut { limit, most })??;
        let (snapshot, notices) = select(answer, Coverage::Complete, served, filter, provider, last, now).await?;
        told.notices.extend(shortened_timeout(provider.timeout, most));
        told.notices.extend(notices);
        Ok(snapshot)
    }

    fn plugin(&self, provider_type: &ProviderType) -> Result<(PluginDescription, ServedType), PollError> {
        let plugins = self.sandbox.plugins();
        let served = self.sandbox.served_type(provider_type.as_str());
        let server = self.sandbox.server_of(provider_type.as_str());
        let plugin = plugins.iter().find(|plugin| Some(&plugin.plugin) == server.as_ref());
        match (plugin, served) {
            (Some(plugin), Some(served)) => Ok((plugin.clone(), served)),
            _ => {
                let mut served: Vec<&str> =
                    plugins.iter().flat_map(|plugin| &plugin.types).map(|served| served.name.as_str()).collect();
                served.extend(OF_HOST);
                served.sort_unstable();
                Err(PollError::UnknownType { provider_type: provider_type.clone(), served: served.join(", ") })
            }
        }
    }
}

/// The note of a plugin about a configuration that it accepts.
fn remark(note: &Note) -> Notice {
    Notice::warning(Reason::Warning, format!("spec.config: {note}"))
}

/// Selects what to export. The work grows with the inputs of the answer, and with the size of the filter's expressions.
async fn select(
    answer: Found,
    coverage: Coverage,
    served: ServedType,
    filter: Filter,
    provider: &ProviderSpec,
    last: &Snapshot,
    now: Timestamp,
) -> Result<(Snapshot, Vec<Notice>), SelectError> {
    /// Bytes of an input, about.
    const INPUT: usize = 512;
    let names = answer.inputs.len().saturating_mul(INPUT);
    let work = names.max(filter.work(answer.inputs.len()) / INPUT);
    let (skip, defaults, last) = (provider.skip.clone(), provider.default_values.clone(), last.clone());
    offload::run(work, move || {
        let exported = last.inputs().to_maps();
        let question = Question {
            served: &served,
            filter: &filter,
            skip: &skip,
            defaults: &defaults,
            exported: &exported,
            waiting: last.waiting(),
        };
        let selected = selection::select(answer, coverage, &question)?;
        let notices = selected.notices.clone();
        Ok((last.after_answer(selected, coverage, now), notices))
    })
    .await
}

/// The consumer that calls of this provider are counted for.
pub(crate) fn consumer(provider: &ProviderSpec) -> Consumer {
    Consumer::of("ResourceSetInputProvider", &provider.name)
}

/// Warns about a timeout that is longer than the longest, which is used instead.
fn shortened_timeout(asked: Duration, most: Duration) -> Option<Notice> {
    (asked > most).then(|| {
        let (asked, most) = (duration::format(asked), duration::format(most));
        let message = format!("{} is {asked}; a poll takes at most {most}, which holds", keys::RECONCILE_TIMEOUT);
        Notice::warning(Reason::Warning, message)
    })
}

/// One input: the default values, and an id from the object's UID, or from its name where a file has none .
fn exported_static(provider: &ProviderSpec, last: &Snapshot, now: Timestamp) -> Polled {
    let input: Map<String, Value> = selection::with_defaults(
        digest::adler32_id(if provider.uid.is_empty() { &provider.name.name } else { &provider.uid }),
        Map::new(),
        &provider.default_values,
    );
    let selected = selection::Selected { exported: vec![input], ..selection::Selected::default() };
    Polled {
        snapshot: last.after_answer(selected, Coverage::Complete, now),
        error: None,
        notices: Vec::new(),
        requests: Vec::new(),
    }
}
