//! The component that evaluates: loaded on first use, called like a plugin.

use super::answer_cache::AnswerCache;
use super::question::{Answer, Evaluation, Question};
use super::schedule::Schedules;
use super::{EvaluationError, EvaluatorSource, ExpressionProblem, Triggers};
use crate::admission::admit::Provenance;
use crate::admission::plugin::Plugin;
use crate::bindings::evaluator::Evaluator as Bound;
use crate::bindings::evaluator::exports::orangery::evaluator::evaluate as wit;
use crate::calls::{Body, CallError, Capacity, FairSemaphore};
use crate::consumer::Consumer;
use crate::instance::network::Network;
use crate::instance::store::{CallSpec, CallState, Clock};
use crate::operations::Inner;
use crate::plugin::schema::FieldError;
use crate::plugin::world::Roles;
use crate::plugin::{PluginDescription, PluginRef, PluginSource};
use orangery_core::Timestamp;
use orangery_egress::Redactor;
use orangery_plugin_documents::Manifest;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::OnceCell;
use wasmtime::Store;
use wasmtime::component::Instance;

/// Bytes of a message, which the libraries in the component derive from untrusted text.
const MESSAGE_BYTES: usize = 2048;

/// The evaluator of a process.
pub(crate) struct Evaluator {
    source: EvaluatorSource,
    compiled: OnceCell<Arc<Plugin>>,
    remembered: AnswerCache,
    pub(crate) schedules: Schedules,
}

impl Evaluator {
    pub(crate) fn new(source: EvaluatorSource) -> Self {
        Self { source, compiled: OnceCell::new(), remembered: AnswerCache::default(), schedules: Schedules::default() }
    }
}

impl Inner {
    /// Answers one question from the cache or with a call.
    pub(crate) async fn evaluate(&self, consumer: &Consumer, question: Question) -> Evaluation {
        let remembered = &self.evaluator.remembered;
        let key = question.key();
        if let Some(answer) = key.as_ref().and_then(|key| remembered.find(key, Instant::now())) {
            return Evaluation { answer, cpu: Duration::ZERO };
        }
        let asked = self.call_evaluator(consumer, question).await;
        if let Some(key) = key {
            remembered.keep(key, &asked.answer, Instant::now());
        }
        asked
    }

    async fn call_evaluator(&self, consumer: &Consumer, question: Question) -> Evaluation {
        let plugin = match self.evaluator.compiled.get_or_try_init(|| self.load_evaluator()).await {
            Ok(plugin) => Arc::clone(plugin),
            Err(error) => return Evaluation { answer: Err(error), cpu: Duration::ZERO },
        };
        let given = CallSpec {
            plugin: plugin.reference().to_string(),
            consumer: consumer.clone(),
            origin: None,
            clock: Clock::Frozen { now: Timestamp::default(), seed: 0 },
            network: Network::Closed("the evaluator has no network"),
            wants: None,
            redact: Redactor::default(),
        };
        let body: Body<Answer> = Box::new(move |store, instance| Box::pin(put(question, store, instance)));
        let reached = self.call(&plugin, self.admission.limits.render_wall, given, None, body).await;
        let answer = reached.outcome.map_err(|error| match error {
            CallError::Faulted { fault, .. } => EvaluationError::Faulted(fault),
            other => EvaluationError::Unavailable(other.to_string()),
        });
        Evaluation { answer, cpu: reached.usage.cpu }
    }

    /// Compiles the component, or takes it from the cache, and links it to the empty WASI world of a renderer only.
    async fn load_evaluator(&self) -> Result<Arc<Plugin>, EvaluationError> {
        let EvaluatorSource { bytes, digest } = self.evaluator.source;
        let unavailable = |error: crate::AdmitError| EvaluationError::Unavailable(error.to_string());
        let compiled = self.admission.load(bytes, Some(digest), Provenance::Bundled).await.map_err(unavailable)?;
        let roles = Roles { renderer: true, ..Roles::default() };
        let pre = self.admission.link(&compiled, roles).map_err(unavailable)?;
        let reference = PluginRef {
            name: "evaluator".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            digest: digest.to_owned(),
        };
        Ok(Arc::new(Plugin {
            reference: Arc::new(reference.clone()),
            description: PluginDescription {
                plugin: reference,
                source: PluginSource::bundled("built-in"),
                types: Vec::new(),
                manifest: Arc::new(Manifest::new("evaluator", env!("CARGO_PKG_VERSION"))),
                notes: Vec::new(),
            },
            pre,
            schemas: BTreeMap::new(),
            computing: FairSemaphore::new(Capacity::all(self.at_once())),
        }))
    }

    /// Evaluations that run at once: each occupies a core while it lasts, so half of the cores are left to other work.
    fn at_once(&self) -> usize {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        (cores / 2).clamp(1, self.admission.limits.calls_per_plugin)
    }
}

/// Asks an instance a question.
async fn put(question: Question, store: &mut Store<CallState>, instance: &Instance) -> wasmtime::Result<Answer> {
    let bound = Bound::new(&mut *store, instance)?;
    let evaluate = bound.orangery_evaluator_evaluate();
    Ok(match question {
        Question::CheckExpressions(expressions) => {
            Answer::Checked(checked(evaluate.call_check_expressions(store, &expressions).await?))
        }
        Question::Holds { expression, object } => {
            Answer::Holds(evaluate.call_holds(store, &expression, &object).await?.map_err(|error| match error {
                wit::ExpressionError::Unparsable(message) => ExpressionProblem::Unparsable(cut(&message)),
                wit::ExpressionError::Unevaluable(message) => ExpressionProblem::Unevaluable(cut(&message)),
                wit::ExpressionError::NotBoolean => ExpressionProblem::NotBoolean,
            }))
        }
        Question::CheckSchemas(schemas) => {
            Answer::Checked(checked(evaluate.call_check_schemas(store, &schemas).await?))
        }
        Question::Validate { schema, value } => {
            let validated = evaluate.call_validate(store, &schema, &value).await?;
            let field = |found: wit::Finding| FieldError { path: cut(&found.path), message: cut(&found.message) };
            Answer::Validated(
                validated.map(|findings| findings.into_iter().map(field).collect()).map_err(|message| cut(&message)),
            )
        }
        Question::Triggers { cron, time_zone, now } => {
            let now = i64::try_from(now.as_millis()).unwrap_or(i64::MAX);
            let found = evaluate.call_find_triggers(store, &cron, &time_zone, now).await?;
            let moment = |millis: i64| u64::try_from(millis).ok().map(Timestamp::from_millis);
            Answer::Triggers(
                found
                    .map(|found| Triggers {
                        previous: found.previous.and_then(moment),
                        next: found.next.and_then(moment),
                    })
                    .map_err(|message| cut(&message)),
            )
        }
    })
}

fn checked(answer: Result<(), (u32, String)>) -> Result<(), (usize, String)> {
    answer.map_err(|(index, message)| (usize::try_from(index).unwrap_or(usize::MAX), cut(&message)))
}

fn cut(message: &str) -> String {
    crate::guest::text::cut(message, MESSAGE_BYTES).to_owned()
}
