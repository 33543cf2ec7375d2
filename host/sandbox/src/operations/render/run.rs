//! Runs a rendering: batches in parallel, halves of those that break, entries in the order of the inputs.

use super::batch;
use super::cache::{self, Key};
use super::entries::Checked;
use super::fault_search::{FaultSearch, Search};
use super::{Entries, InputError, RenderInput, RenderRequest, Rendering, TemplateBody, entries};
use crate::admission::plugin::Plugin;
use crate::bindings::renderer::Renders;
use crate::bindings::renderer::exports::orangery::plugin::renderer as wit;
use crate::calls::{Attempt, Body, CallError, Usage};
use crate::consumer::Consumer;
use crate::guest::failure::{GuestFailure, Note};
use crate::guest::fault::Fault;
use crate::guest::text::GuestText;
use crate::instance::network::Network;
use crate::instance::store::{CallSpec, Clock};
use crate::operations::Sandbox;
use crate::operations::validate;
use futures::StreamExt;
use futures::future::BoxFuture;
use orangery_core::Timestamp;
use orangery_egress::Redactor;
use serde_json::Value;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Up to this many inputs may all break a renderer without the renderer being at fault.
const FEW: usize = 16;

/// One answer for each input of a batch.
type Answers = Vec<Result<Checked, InputError>>;

/// A rendering under way.
struct Job {
    plugin: Arc<Plugin>,
    consumer: Consumer,
    attempt: Arc<Attempt>,
    context: wit::RenderContext,
    templates: Arc<Vec<wit::Template>>,
    /// The inputs whose entry is not known yet.
    inputs: Vec<RenderInput>,
    /// The number of all inputs, known ones included.
    total: usize,
    search: FaultSearch,
}

impl Sandbox {
    /// Renders every template with every input.
    ///
    /// # Errors
    /// No plugin has this name, its schema refuses the configuration, its circuit is open, or it faulted as a whole.
    pub async fn render(&self, request: RenderRequest) -> Result<Entries, CallError> {
        self.render_measured(request).await.map(|(entries, _)| entries)
    }

    /// Does the same and returns the sum of what all calls cost.
    ///
    /// # Errors
    /// As [`Sandbox::render`].
    pub async fn render_measured(&self, request: RenderRequest) -> Result<(Entries, Usage), CallError> {
        let plugin = self.catalogue(|catalogue| catalogue.of_renderer(&request.renderer))?;
        let config = validate::or_empty(&request.config);
        self.check_renderer_config(&plugin, &request.renderer, &config).await?;
        let consumer = request.consumer.clone();
        let turn = self.inner.queue.turn(&consumer).await;
        self.inner.circuits.check(plugin.reference(), &consumer, Instant::now())?;
        let attempt = Attempt::new(turn, &self.inner.circuits, plugin.reference(), &consumer);
        let entries = match self.accepted(&plugin, &request.renderer, &config, &attempt).await {
            Ok(notes) => {
                let job = Job::new(Arc::clone(&plugin), Arc::clone(&attempt), request, &config, self.limits().cpu);
                let entries = self.render_batches(job).await;
                entries.map(|(entries, usage)| (with_notes(entries, notes), usage))
            }
            Err(error) => Err(error),
        };
        attempt.settle();
        self.inner.circuits.record(plugin.reference(), &consumer, &entries, Instant::now());
        entries
    }

    /// Takes known entries from the cache and renders the others in batches.
    async fn render_batches(&self, mut job: Job) -> Result<(Entries, Usage), CallError> {
        let memo = &self.inner.memo;
        let keys = if memo.is_on() { job.keys() } else { Vec::new() };
        let mut known: Vec<Option<Rendering>> = keys.iter().map(|key| memo.find(key)).collect();
        if !known.is_empty() && known.iter().all(Option::is_some) {
            return Ok((known.into_iter().flatten().map(Ok).collect(), Usage::default()));
        }
        job.leave_out(&known);
        let (answers, usage) = self.render_missing(&job, bytes_of(known.iter().flatten())).await?;
        if known.is_empty() {
            return Ok((answers.into_iter().map(|answer| answer.map(|checked| checked.rendering)).collect(), usage));
        }
        let mut answers = answers.into_iter();
        let mut entries = Vec::with_capacity(known.len());
        for (key, known) in keys.into_iter().zip(known.drain(..)) {
            let entry = match known {
                Some(rendering) => Some(Ok(rendering)),
                None => answers.next().map(|answer| {
                    answer.map(|Checked { rendering, answered }| {
                        if let Some(answered) = answered {
                            memo.keep(key, answered);
                        }
                        rendering
                    })
                }),
            };
            entries.extend(entry);
        }
        Ok((entries, usage))
    }

    /// Renders the inputs that are not known yet. `bytes` is the size of the known entries.
    async fn render_missing(&self, job: &Job, mut bytes: usize) -> Result<(Answers, Usage), CallError> {
        let most = self.limits().rendered_bytes;
        if job.context.inputless {
            return self.render_batch(job, 0..0).await;
        }
        let sizes: Vec<usize> = job.inputs.iter().map(|input| input.attributes.len()).collect();
        let template_bytes = job.templates.iter().map(|template| body_len(&template.body)).sum();
        let at_once = self.limits().calls_per_plugin;
        // More calls than cores would only take memory. The count is made lazily, because the system reads it from files.
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        let batches = batch::cut(&sizes, template_bytes, || at_once.min(cores()));
        let mut answers = futures::stream::iter(batches).map(|batch| self.render_batch(job, batch)).buffered(at_once);
        let (mut entries, mut usage) = (Vec::with_capacity(job.inputs.len()), Usage::default());
        while let Some(answer) = answers.next().await {
            let (more, cost) = answer?;
            bytes = bytes.saturating_add(bytes_of(more.iter().flatten().map(|checked| &checked.rendering)));
            // The bound of a call does not bound the set, which has more calls the more inputs it has.
            if bytes > most {
                return Err(CallError::TooManyObjects { consumer: job.consumer.clone(), bytes, most });
            }
            entries.extend(more);
            usage += cost;
        }
        job.unless_all_broke(entries).map(|entries| (entries, usage))
    }

    /// Renders one batch, and its halves if it breaks.
    fn render_batch<'a>(
        &'a self,
        job: &'a Job,
        batch: Range<usize>,
    ) -> BoxFuture<'a, Result<(Answers, Usage), CallError>> {
        Box::pin(async move {
            let given_up = |fault: &Fault| {
                let input = |at| InputError::NotIsolated { label: job.label(at), fault: fault.clone() };
                batch.clone().map(|at| Err(input(at))).collect()
            };
            if let Some(fault) = job.search.exhausted_by() {
                return Ok((given_up(&fault), Usage::default()));
            }
            let (outcome, usage) = self.render_once(job, batch.clone()).await;
            let fault = match outcome {
                Ok(entries) => return Ok((entries, usage)),
                Err(CallError::Faulted { fault, .. }) => fault,
                Err(other) => return Err(other),
            };
            // A single input has no neighbours to save, and the circuit must see the fault.
            if job.total < 2 {
                return Err(CallError::Faulted { plugin: job.plugin.reference().clone(), fault });
            }
            // Waiting for a processor is not the renderer's fault, but waiting for time to pass is.
            let took = if matches!(fault, Fault::OutOfTime { .. }) { usage.wall } else { usage.cpu };
            let search = job.search.found(&fault, took);
            match batch::halve(&batch) {
                Some(_) if search == Search::Ends => Ok((given_up(&fault), usage)),
                Some((left, right)) => {
                    let (mut entries, cost) = self.render_batch(job, left).await?;
                    let (more, more_cost) = self.render_batch(job, right).await?;
                    entries.extend(more);
                    let mut usage = usage;
                    usage += cost;
                    usage += more_cost;
                    Ok((entries, usage))
                }
                None => Ok((vec![Err(InputError::Faulted { label: job.label(batch.start), fault })], usage)),
            }
        })
    }

    async fn render_once(&self, job: &Job, batch: Range<usize>) -> (Result<Answers, CallError>, Usage) {
        let given = CallSpec {
            plugin: job.plugin.reference().to_string(),
            consumer: job.consumer.clone(),
            origin: None,
            clock: Clock::Frozen { now: Timestamp::from_millis(job.context.now_ms), seed: job.context.seed },
            network: Network::Closed("a renderer has no network"),
            wants: None,
            redact: Redactor::default(),
        };
        let (context, templates) = (job.context.clone(), Arc::clone(&job.templates));
        let inputs = job.written(batch.clone());
        let body: Body<_> = Box::new(move |store, instance| {
            Box::pin(async move {
                let renders = Renders::new(&mut *store, instance)?;
                renders.orangery_plugin_renderer().call_render(store, &context, &templates, &inputs).await
            })
        });
        let attempt = Some(Arc::clone(&job.attempt));
        let reached = self.inner.call(&job.plugin, self.limits().render_wall, given, attempt, body).await;
        let plugin = || job.plugin.reference().clone();
        let outcome = reached.outcome.and_then(|answer| match answer {
            Ok(entries) => {
                entries::checked(entries, &job.labels(batch), job.templates.len(), self.limits(), &self.inner.memo)
                    .map_err(|bad| CallError::Faulted { plugin: plugin(), fault: Fault::BadAnswer(bad) })
            }
            Err(error) => {
                let said = GuestFailure::of_error(error, &Redactor::default());
                Err(CallError::Answered { plugin: plugin(), said })
            }
        });
        (outcome, reached.usage)
    }
}

/// Adds the remarks about the configuration to the first rendered input: they concern all inputs alike.
fn with_notes(mut entries: Entries, notes: Vec<Note>) -> Entries {
    if let Some(first) = entries.iter_mut().flatten().next() {
        let of_config = |note: Note| {
            let message = GuestText::message(&format!("spec.renderer.config: {}", note.message), &Redactor::default());
            Note { message, ..note }
        };
        first.notes.splice(0..0, notes.into_iter().map(of_config));
    }
    entries
}

impl Job {
    fn new(plugin: Arc<Plugin>, attempt: Arc<Attempt>, request: RenderRequest, config: &Value, cpu: Duration) -> Self {
        let templates = request.templates.into_iter().map(|template| wit::Template {
            path: template.path,
            body: match template.body {
                TemplateBody::Object(value) => wit::Body::Object(value.to_string()),
                TemplateBody::Text(text) => wit::Body::Text(text),
            },
        });
        let inputs = if request.inputless { Vec::new() } else { request.inputs };
        Self {
            total: inputs.len(),
            plugin,
            consumer: request.consumer,
            attempt,
            context: wit::RenderContext {
                now_ms: request.now.as_millis(),
                seed: request.seed,
                inputless: request.inputless,
                config: config.to_string(),
            },
            templates: Arc::new(templates.collect()),
            inputs,
            search: FaultSearch::new(cpu),
        }
    }

    /// The cache key of each entry.
    fn keys(&self) -> Vec<Key> {
        let common = cache::common(&self.plugin.reference().digest, &self.context, &self.templates);
        if self.context.inputless {
            return vec![cache::key(&common, None)];
        }
        self.inputs.iter().map(|input| cache::key(&common, Some(input))).collect()
    }

    /// Removes the inputs whose entry is known.
    fn leave_out(&mut self, known: &[Option<Rendering>]) {
        let mut at = known.iter();
        self.inputs.retain(|_| at.next().is_none_or(Option::is_none));
    }

    /// The inputs of a batch as the guest gets them. Their text is made for each call, so that a product of large inputs
    /// is never in memory as a whole.
    fn written(&self, batch: Range<usize>) -> Vec<wit::RenderInput> {
        let write = |input: &RenderInput| wit::RenderInput {
            label: input.label.clone(),
            uid: input.uid.clone(),
            attributes: input.attributes.to_json().into_owned(),
            untrusted: input.untrusted.clone(),
        };
        self.inputs.get(batch).unwrap_or_default().iter().map(write).collect()
    }

    /// Turns faults on every one of many inputs into a fault of the renderer, so that the circuit sees it.
    fn unless_all_broke(&self, entries: Answers) -> Result<Answers, CallError> {
        let fault = |entry: &Result<Checked, InputError>| match entry {
            Err(InputError::Faulted { fault, .. } | InputError::NotIsolated { fault, .. }) => Some(fault.clone()),
            Ok(_) | Err(InputError::Answered { .. }) => None,
        };
        if self.total <= FEW || entries.len() < self.total || !entries.iter().all(|entry| fault(entry).is_some()) {
            return Ok(entries);
        }
        match entries.iter().find_map(fault) {
            Some(fault) => Err(CallError::Faulted { plugin: self.plugin.reference().clone(), fault }),
            None => Ok(entries),
        }
    }

    fn label(&self, input: usize) -> String {
        self.inputs.get(input).map(|input| input.label.clone()).unwrap_or_default()
    }

    /// The names of the entries of a batch, for messages.
    fn labels(&self, batch: Range<usize>) -> Vec<&str> {
        if self.context.inputless {
            return vec!["without input"];
        }
        self.inputs.get(batch).unwrap_or_default().iter().map(|input| input.label.as_str()).collect()
    }
}

/// The size of all objects in bytes.
fn bytes_of<'a>(renderings: impl Iterator<Item = &'a Rendering>) -> usize {
    renderings.flat_map(|rendering| &rendering.objects).map(|object| object.object.len()).sum()
}

fn body_len(body: &wit::Body) -> usize {
    match body {
        wit::Body::Object(text) | wit::Body::Text(text) => text.len(),
    }
}
