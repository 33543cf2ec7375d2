//! A set in a namespace of its own, its ledger, and the target under test.

use anyhow::{Context, Result};
use kube::api::{Api, DynamicObject, Patch, PatchParams};
use kube::core::{ApiResource, GroupVersionKind};
use kube::{Client, Config};
use orangery_cluster::{KubernetesOptions, KubernetesTarget, Patience, Target};
use orangery_core::guard::Verdict;
use orangery_core::plan::{plan, settle};
use orangery_core::{
    Action, ApplyReport, DesiredSet, Ledger, Mark, NamespacedName, Object, Owner, PackedObject, Plan, PruneReport,
    Wanted, desired::DesiredStep, keys,
};
use orangery_test_apiserver::{Cluster, TestNamespace};
use serde_json::{Value, json};
use std::time::Duration;

/// Short, so that a test of a time-out takes seconds.
pub(crate) fn options() -> KubernetesOptions {
    let patience =
        Patience { gate: Duration::from_secs(20), terminating: Duration::from_secs(2), ..Patience::default() };
    KubernetesOptions { patience, override_managers: Vec::new() }
}

pub(crate) struct World {
    pub(crate) cluster: &'static Cluster,
    pub(crate) namespace: TestNamespace,
    pub(crate) target: KubernetesTarget,
    pub(crate) owner: Owner,
    pub(crate) ledger: Ledger,
}

impl World {
    pub(crate) async fn new(hint: &str) -> Result<Self> {
        let cluster = Cluster::shared().await;
        let namespace = cluster.namespace(hint).await?;
        let owner = Owner { name: NamespacedName::new(namespace.name(), "set"), service_account: None, force: false };
        let target = KubernetesTarget::new(cluster.config(), options());
        Ok(Self { cluster, namespace, target, owner, ledger: Ledger::default() })
    }

    /// A target whose clients are made differently.
    pub(crate) fn connect(&mut self, connect: impl Fn(Config) -> Result<Client, kube::Error> + Send + Sync + 'static) {
        self.target = KubernetesTarget::with_connect(self.cluster.config(), options(), Box::new(connect));
    }

    /// Adds the owner labels, as rendering does.
    #[expect(clippy::indexing_slicing, reason = "writing to a key of a JSON object inserts it")]
    pub(crate) fn own(&self, mut object: Value) -> Result<Object> {
        let labels = object.pointer_mut("/metadata").context("an object has metadata")?;
        labels["labels"][keys::OWNER_NAME] = json!(self.owner.name.name);
        labels["labels"][keys::OWNER_NAMESPACE] = json!(self.owner.name.namespace);
        Ok(serde_json::from_value(object)?)
    }

    /// `{apiVersion, kind, metadata: {name, namespace}}` and more fields.
    pub(crate) fn object(&self, api_version: &str, kind: &str, name: &str, more: Value) -> Value {
        let mut object = json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": self.namespace.name()}});
        if let (Some(object), Value::Object(more)) = (object.as_object_mut(), more) {
            object.extend(more);
        }
        object
    }

    pub(crate) fn map(&self, name: &str, value: &str) -> Value {
        self.object("v1", "ConfigMap", name, json!({"data": {"value": value}}))
    }

    pub(crate) fn plan(&self, objects: Vec<Value>) -> Result<Plan> {
        self.plan_steps(vec![(None, None, objects)])
    }

    pub(crate) fn plan_steps(&self, steps: Vec<(Option<&str>, Option<Duration>, Vec<Value>)>) -> Result<Plan> {
        let wanted = |object| {
            let object = PackedObject::new(&self.own(object)?);
            let (origin, template) = ("the test".into(), "resources[0]".into());
            Ok(Wanted { object, origin, input: None, sharers: Vec::new(), template })
        };
        let steps = steps.into_iter().map(|(name, wait, objects)| {
            let objects = objects.into_iter().map(wanted).collect::<Result<_>>()?;
            Ok(DesiredStep { name: name.map(str::to_owned), wait, objects })
        });
        let desired = DesiredSet { steps: steps.collect::<Result<_>>()?, notices: Vec::new(), failed: Vec::new() };
        Ok(plan(self.owner.clone(), desired, &self.ledger)?)
    }

    /// Applies and prunes as the controller does, and keeps the ledger.
    pub(crate) async fn settle(&mut self, objects: Vec<Value>) -> Result<(ApplyReport, PruneReport)> {
        let plan = self.plan(objects)?;
        Ok(self.run(&plan).await)
    }

    /// As the controller does where names are fixed: what nobody owns is adopted.
    pub(crate) async fn run(&mut self, plan: &Plan) -> (ApplyReport, PruneReport) {
        let mut plan = plan.clone();
        let mut applied = self.target.apply(&plan).await;
        let unowned: Vec<_> =
            applied.failed.iter().filter_map(|failed| Some((&failed.key, failed.unowned.as_ref()?))).collect();
        if !unowned.is_empty() {
            for (key, uid) in unowned {
                plan.adopt(key, uid, Mark::Adopted);
            }
            applied = self.target.apply(&plan).await;
        }
        let plan = &plan;
        let before = std::mem::replace(&mut self.ledger, plan.ledger.clone());
        let pruned = if applied.is_complete() {
            self.target.prune(&plan.owner, &plan.stale).await
        } else {
            PruneReport::default()
        };
        self.ledger = settle(plan, &before, &applied, &Verdict::Allowed, &pruned);
        (applied, pruned)
    }

    /// Applies what must succeed; returns what happened to each object.
    pub(crate) async fn applied(&mut self, objects: Vec<Value>) -> Result<Vec<Action>> {
        let (applied, pruned) = self.settle(objects).await?;
        assert_eq!(applied.failed, []);
        assert_eq!(pruned.failed, []);
        Ok(applied.changes.iter().map(|change| change.action).collect())
    }

    /// Applies what must fail; returns the message of the first failure.
    pub(crate) async fn refused(&mut self, objects: Vec<Value>) -> Result<String> {
        let (applied, _) = self.settle(objects).await?;
        Ok(applied.failed.first().with_context(|| format!("nothing failed: {applied:?}"))?.message.clone())
    }

    pub(crate) fn api(&self, api_version: &str, kind: &str) -> Api<DynamicObject> {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind));
        Api::namespaced_with(self.namespace.client(), self.namespace.name(), &resource)
    }

    pub(crate) async fn live(&self, api_version: &str, kind: &str, name: &str) -> Result<Option<Value>> {
        let live = self.api(api_version, kind).get_opt(name).await?;
        Ok(live.map(serde_json::to_value).transpose()?)
    }

    /// `data.value` of a ConfigMap; `None` if there is none.
    pub(crate) async fn value(&self, name: &str) -> Result<Option<String>> {
        let live = self.live("v1", "ConfigMap", name).await?;
        Ok(live.and_then(|live| Some(live.pointer("/data/value")?.as_str()?.to_owned())))
    }

    /// Somebody else applies something, in the name of `manager`.
    pub(crate) async fn somebody_applies(&self, manager: &str, object: Value) -> Result<()> {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let api = self.api(&text("/apiVersion"), &text("/kind"));
        api.patch(&text("/metadata/name"), &PatchParams::apply(manager).force(), &Patch::Apply(&object)).await?;
        Ok(())
    }

    pub(crate) async fn merge(&self, api_version: &str, kind: &str, name: &str, patch: Value) -> Result<()> {
        self.api(api_version, kind).patch(name, &PatchParams::default(), &Patch::Merge(&patch)).await?;
        Ok(())
    }
}
