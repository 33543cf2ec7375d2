//! One computation that somebody else controls, on its worst input, in a process of its own: two workers, and a healthy
//! neighbour that renders a small set every few milliseconds. Prints what the neighbour noticed and what it took as JSON.

use anyhow::{Context, Result, bail};
use async_trait::async_trait;
use orangery_api::{ResourceSet, ResourceSetInputProvider};
use orangery_cluster::{ReadError, Target};
use orangery_controller::pipeline::build;
use orangery_controller::pipeline::build::copies as sources;
use orangery_controller::pipeline::provider::access::AccessPolicy;
use orangery_controller::pipeline::provider::poll::{Poller, Readers};
use orangery_controller::pipeline::provider::{self, Trigger};
use orangery_controller::pipeline::secrets::InMemorySecrets;
use orangery_core::combine::{ProviderRef, Source, Trust};
use orangery_core::conditions::Outcome;
use orangery_core::desired::OnDuplicate;
use orangery_core::spec::{ProviderSpec, SetSpec};
use orangery_core::{
    ApplyReport, InputList, LedgerEntry, NamespacedName, Object, ObjectKey, Owner, Plan, PruneReport, Snapshot,
    Timestamp,
};
use orangery_sandbox::{PluginSource, RenderInput, RenderRequest, Sandbox, Template, TemplateBody};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// How many ask at once: more than there are workers.
const AT_ONCE: usize = 4;
/// How long the neighbour is watched alone, and at least beside the others.
const WATCHED: Duration = Duration::from_secs(2);

fn main() -> Result<()> {
    let name = std::env::args().nth(1).context("which computation?")?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let measured = runtime.block_on(measure(&name))?;
    println!("{measured}");
    Ok(())
}

async fn measure(name: &str) -> Result<Value> {
    let sandbox = orangery_test_flow::sandbox().await?;
    warm(&sandbox).await?;
    let neighbour = Neighbour::start(sandbox.clone());
    tokio::time::sleep(WATCHED).await;
    let alone = neighbour.beats_a_second();
    let begun = Instant::now();
    let mut asking: JoinSet<Result<String>> = JoinSet::new();
    let at_once = if matches!(name, "permutations" | "objects" | "copies") { 2 } else { AT_ONCE };
    for n in 0..at_once {
        let (sandbox, name) = (sandbox.clone(), name.to_owned());
        asking.spawn(async move { ask(&name, n, &sandbox).await });
    }
    let mut outcomes = Vec::new();
    while let Some(outcome) = asking.join_next().await {
        outcomes.push(outcome??);
    }
    let took = begun.elapsed();
    tokio::time::sleep(WATCHED.saturating_sub(took)).await;
    let beside = neighbour.beats_a_second();
    Ok(json!({
        "alone": alone,
        "beside": beside,
        "outcomes": outcomes,
        "peak_bytes": peak()?,
    }))
}

/// Everything that is loaded once.
async fn warm(sandbox: &Sandbox) -> Result<()> {
    let mut evaluations = sandbox.evaluations("ResourceSet/test/warm");
    if evaluations.holds("status.ok", &json!({"status": {"ok": true}})).await? != Ok(true) {
        bail!("the evaluator does not work");
    }
    beat(sandbox, 0).await
}

/// Renders a set of one object.
async fn beat(sandbox: &Sandbox, seed: u64) -> Result<()> {
    let template = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "<< inputs.id >>"}});
    let attributes: Map<String, Value> = Map::from_iter([("id".to_owned(), json!("1"))]);
    let request = RenderRequest {
        consumer: "ResourceSet/neighbour/small".into(),
        renderer: "gotemplate".to_owned(),
        config: Value::Null,
        templates: vec![Template { path: "spec.resources[0]".to_owned(), body: TemplateBody::Object(template) }],
        inputs: vec![RenderInput {
            label: "one".to_owned(),
            uid: "0123456789abcdef".to_owned(),
            attributes: attributes.into(),
            untrusted: Vec::new(),
        }],
        inputless: false,
        now: Timestamp::default(),
        // Another one each time, so that nothing is remembered.
        seed,
    };
    let entries = sandbox.render(request).await?;
    anyhow::ensure!(entries.iter().all(Result::is_ok), "the neighbour's set does not render: {entries:?}");
    Ok(())
}

/// Beats for as long as it lives.
struct Neighbour {
    beats: Arc<AtomicU64>,
    failed: Arc<AtomicBool>,
    seen: std::sync::Mutex<(u64, Instant)>,
}

impl Neighbour {
    fn start(sandbox: Sandbox) -> Self {
        let (beats, failed) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (counted, broke) = (Arc::clone(&beats), Arc::clone(&failed));
        tokio::spawn(async move {
            loop {
                if beat(&sandbox, counted.fetch_add(1, Ordering::Relaxed) + 1).await.is_err() {
                    broke.store(true, Ordering::Relaxed);
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        Self { beats, failed, seen: std::sync::Mutex::new((0, Instant::now())) }
    }

    /// Since it was asked the last time; 0 if a beat failed.
    fn beats_a_second(&self) -> f64 {
        let now = (self.beats.load(Ordering::Relaxed), Instant::now());
        let Ok(mut seen) = self.seen.lock() else { return 0.0 };
        let (beats, time) = (now.0 - seen.0, now.1 - seen.1);
        *seen = now;
        if self.failed.load(Ordering::Relaxed) {
            return 0.0;
        }
        f64::from(u32::try_from(beats).unwrap_or(u32::MAX)) / time.as_secs_f64()
    }
}

/// The most memory that this process ever had.
fn peak() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status").context("reading /proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("there is no VmHWM")?;
    let kib: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kib * 1024)
}

async fn ask(name: &str, n: usize, sandbox: &Sandbox) -> Result<String> {
    match name {
        // Each level of the parse is a level of the stack.
        "expression-deep" => expression(sandbox, n, &format!("{}1 > 0", "1+".repeat(2000))).await,
        // 8^8 steps in 400 bytes.
        "expression-long" => expression(sandbox, n, &nested_all(8)).await,
        // Each level multiplies a list by eight.
        "expression-wide" => expression(sandbox, n, &nested_map(12)).await,
        "schedule" => schedule(sandbox, n).await,
        "schema-levels" => schema(sandbox, n, "levels").await,
        "schema-patterns" => schema(sandbox, n, "patterns").await,
        "permutations" => permutations(sandbox, n).await,
        "objects" => objects(sandbox, n).await,
        "copies" => copies(sandbox, n).await,
        other => bail!("there is no computation {other}"),
    }
}

fn nested_all(depth: usize) -> String {
    let list = "[1,2,3,4,5,6,7,8]";
    (0..depth * 3).fold("true".to_owned(), |inner, level| format!("{list}.all(v{level}, {inner})"))
}

fn nested_map(depth: usize) -> String {
    let list = "[1,2,3,4,5,6,7,8]";
    let made = (0..depth).fold("1".to_owned(), |inner, level| format!("{list}.map(v{level}, {inner})"));
    format!("size({made}) > 0")
}

async fn expression(sandbox: &Sandbox, n: usize, expression: &str) -> Result<String> {
    // Another object each time, so that nothing is remembered.
    let object = json!({"status": {"n": n}});
    let mut evaluations = sandbox.evaluations(format!("ResourceSet/test/{n}"));
    Ok(match evaluations.holds(expression, &object).await {
        Ok(answer) => format!("{answer:?}"),
        Err(error) => error.to_string(),
    })
}

async fn schedule(sandbox: &Sandbox, n: usize) -> Result<String> {
    let entries: Vec<Value> =
        (0..1000).map(|minute| json!({"cron": format!("{} {n} 31 2 *", minute % 60), "window": "1h"})).collect();
    let provider: ResourceSetInputProvider = serde_json::from_value(json!({
        "apiVersion": "fluxcd.controlplane.io/v1", "kind": "ResourceSetInputProvider",
        "metadata": {"name": format!("p{n}"), "namespace": "test", "uid": "u"},
        "spec": {"type": "Static", "schedule": entries},
    }))?;
    let spec = ProviderSpec::try_from(&provider)?;
    let poller = Poller::new(sandbox.clone(), AccessPolicy::default());
    let last = Snapshot::never();
    let now = Timestamp::from_millis(1_800_000_000_000);
    let secrets = InMemorySecrets::default();
    let report =
        provider::reconcile(&poller, &spec, Readers::without_cluster(&secrets), &last, Trigger::Clock, now).await;
    let remarks: Vec<String> =
        report.conclusion.abnormal.iter().flatten().map(|remark| remark.message.clone()).collect();
    let outcome = match report.conclusion.outcome {
        Outcome::Skipped { message, .. } | Outcome::Stalled { message, .. } | Outcome::Failed { message, .. } => {
            message
        }
        other => format!("{other:?}"),
    };
    Ok(format!("{outcome}: {} remarks, {}", remarks.len(), remarks.last().cloned().unwrap_or_default()))
}

async fn schema(sandbox: &Sandbox, n: usize, guest: &str) -> Result<String> {
    let bytes = orangery_test_guests::bytes(guest)?;
    if let Err(error) = sandbox.admit(&bytes, PluginSource::given(guest)).await {
        return Ok(format!("not admitted: {error}"));
    }
    let kind = sandbox.plugins().into_iter().find(|plugin| plugin.plugin.name == guest);
    let kind = kind.and_then(|plugin| plugin.types.first().map(|ty| ty.name.clone())).context("it serves a type")?;
    Ok(match sandbox.validate(&kind, &json!({"n": n})).await {
        Ok(notes) => format!("valid: {notes:?}"),
        Err(error) => error.to_string(),
    })
}

/// A hundred inputs of one provider, each of 2.8 KB that take as much as possible as a tree.
fn source(name: &str) -> Source {
    let maps: Map<String, Value> = (0..280).map(|key| (format!("k{key:03}"), json!({}))).collect();
    let inputs: InputList = (0..100)
        .map(|id| Map::from_iter([("id".to_owned(), json!(id.to_string())), ("m".to_owned(), maps.clone().into())]))
        .collect();
    Source { provider: ProviderRef::provider(NamespacedName::new("test", name)), inputs, trust: Trust::Trusted }
}

async fn built(sandbox: &Sandbox, spec: Value, sources: Vec<Source>) -> Result<String> {
    let set: ResourceSet = serde_json::from_value(json!({
        "apiVersion": "fluxcd.controlplane.io/v1", "kind": "ResourceSet",
        "metadata": {"name": "set", "namespace": "test"}, "spec": spec,
    }))?;
    let set = SetSpec::try_from(&set)?;
    Ok(match build::build(sandbox, &set, sources, OnDuplicate::Warn).await {
        Ok(built) => format!("{} inputs, {} objects", built.count, built.desired.objects().count()),
        Err(error) => error.to_string(),
    })
}

async fn permutations(sandbox: &Sandbox, n: usize) -> Result<String> {
    let name = format!("c{n}-<< inputs.id >>");
    let spec = json!({
        "inputStrategy": {"name": "Permute", "idFrom": "Content"},
        "inputsFrom": [{"name": "a"}, {"name": "b"}],
        "resources": [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "test"}}],
    });
    built(sandbox, spec, vec![source("a"), source("b")]).await
}

/// Small inputs that render to large objects: 300 MB within the limits of each call.
async fn objects(sandbox: &Sandbox, n: usize) -> Result<String> {
    let inputs: InputList = (0..10_000).map(|id| Map::from_iter([("id".to_owned(), json!(id.to_string()))])).collect();
    let provider = ProviderRef::provider(NamespacedName::new("test", "many"));
    let spec = json!({
        "inputsFrom": [{"name": "many"}],
        "resources": [{
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": format!("c{n}-<< inputs.id >>"), "namespace": "test"},
            "data": {"text": "x".repeat(30_000)},
        }],
    });
    built(sandbox, spec, vec![Source { provider, inputs, trust: Trust::Trusted }]).await
}

/// A cluster in which every ConfigMap exists and is large.
struct Large;

#[async_trait]
impl Target for Large {
    async fn apply(&self, _plan: &Plan) -> ApplyReport {
        ApplyReport::default()
    }

    async fn prune(&self, _owner: &Owner, _stale: &[LedgerEntry]) -> PruneReport {
        PruneReport::default()
    }

    async fn disown(&self, _owner: &Owner, _adopted: &[LedgerEntry]) -> PruneReport {
        PruneReport::default()
    }

    async fn read(&self, _: &Owner, _: &str, key: &ObjectKey) -> Result<Option<Object>, ReadError> {
        let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": key.name}, "data": {"text": "x".repeat(900_000)}});
        Ok(object.as_object().cloned().map(Object))
    }
}

/// Small objects that take 0.9 MB each from elsewhere: 1.8 GB.
async fn copies(sandbox: &Sandbox, n: usize) -> Result<String> {
    let inputs: InputList = (0..2_000).map(|id| Map::from_iter([("id".to_owned(), json!(id.to_string()))])).collect();
    let provider = ProviderRef::provider(NamespacedName::new("test", "many"));
    let set: ResourceSet = serde_json::from_value(json!({
        "apiVersion": "fluxcd.controlplane.io/v1", "kind": "ResourceSet", "metadata": {"name": "set", "namespace": "test"},
        "spec": {
            "inputsFrom": [{"name": "many"}],
            "resources": [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {
                "name": format!("c{n}-<< inputs.id >>"), "namespace": "test",
                "annotations": {"fluxcd.controlplane.io/copyFrom": "test/large-<< inputs.id >>"},
            }}],
        },
    }))?;
    let set = SetSpec::try_from(&set)?;
    let answered = vec![Source { provider, inputs, trust: Trust::Trusted }];
    let mut built = build::build(sandbox, &set, answered, OnDuplicate::Warn).await?;
    let owner = Owner { name: set.name.clone(), service_account: None, force: false };
    sources::resolve(&mut built.desired, &owner, &Large, &mut std::collections::BTreeSet::new()).await?;
    let failed = built.desired.failed;
    let last = failed.last().map(|failed| failed.message.clone()).unwrap_or_default();
    Ok(format!("{} environments failed: {last}", failed.len()))
}
