//! The questions a story asks: what there is, what conditions say, what the audit log knows.

use crate::manifest::{self, text};
use crate::world::{PROVIDER, SET, World};
use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::ZlibDecoder;
use kube::api::{Api, DynamicObject};
use orangery_core::Details;
use orangery_core::inventory::{self, InventoryEntry};
use orangery_test_apiserver::Audit;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// How long a story waits for what must come.
const PATIENCE: Duration = Duration::from_secs(120);

impl World {
    /// The API of a kind in the namespace of the story.
    ///
    /// # Errors
    /// The connection settings are unusable.
    pub fn api(&self, kind: &str) -> Result<Api<DynamicObject>> {
        Ok(manifest::api(self.client()?, manifest::version_of(kind), kind, self.namespace()))
    }

    /// The object as it is now; null if there is none.
    ///
    /// # Errors
    /// The API server does not answer.
    pub async fn live(&self, kind: &str, name: &str) -> Result<Value> {
        let found = self.api(kind)?.get_opt(name).await?;
        Ok(found.map(serde_json::to_value).transpose()?.unwrap_or_default())
    }

    /// Waits until `check` says yes.
    ///
    /// # Errors
    /// It did not in time: with what there is.
    pub async fn settles(&self, what: &str, check: impl AsyncFn(&Self) -> Result<bool>) -> Result<()> {
        let begun = Instant::now();
        while !check(self).await? {
            if begun.elapsed() > PATIENCE {
                bail!("waited {PATIENCE:?} in vain: {what}\n{}", self.describe().await?);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }

    /// Conditions of all sets and providers, for messages.
    async fn describe(&self) -> Result<String> {
        let mut all = String::new();
        for kind in [PROVIDER, SET] {
            for object in self.api(kind)?.list(&kube::api::ListParams::default()).await? {
                let object = serde_json::to_value(object)?;
                let status = object.get("status").unwrap_or(&Value::Null);
                all += &format!("{kind} {}: {status:#}\n", text(&object, "/metadata/name"));
            }
        }
        Ok(all)
    }

    /// Names of the objects of a kind that some set owns, sorted.
    ///
    /// # Errors
    /// The API server does not answer.
    pub async fn owned(&self, kind: &str) -> Result<Vec<String>> {
        let owned = kube::api::ListParams::default().labels("resourceset.fluxcd.controlplane.io/name");
        let list = self.api(kind)?.list_metadata(&owned).await?;
        let mut names: Vec<String> = list.items.into_iter().filter_map(|object| object.metadata.name).collect();
        names.sort();
        Ok(names)
    }

    /// Waits until exactly these objects of a kind are owned by sets.
    ///
    /// # Errors
    /// Others are, at the end of all patience.
    pub async fn has_objects(&self, kind: &str, names: &[&str]) -> Result<()> {
        let mut wanted: Vec<&str> = names.to_vec();
        wanted.sort_unstable();
        self.settles(
            &format!("the {kind} objects are {wanted:?}"),
            async |world| Ok(world.owned(kind).await? == wanted),
        )
        .await
    }

    /// A condition of an object now: status, reason, message; empty if there is none.
    ///
    /// # Errors
    /// The API server does not answer.
    pub async fn condition(&self, kind: &str, name: &str, of: &str) -> Result<[String; 3]> {
        let live = self.live(kind, name).await?;
        let found = live
            .pointer("/status/conditions")
            .and_then(Value::as_array)
            .and_then(|all| all.iter().find(|condition| text(condition, "/type") == of))
            .cloned()
            .unwrap_or_default();
        Ok(["/status", "/reason", "/message"].map(|pointer| text(&found, pointer).to_owned()))
    }

    /// Waits for a condition of this type, status and reason; its message.
    ///
    /// # Errors
    /// It did not come.
    pub async fn has_condition(&self, kind: &str, name: &str, of: &str, status: &str, reason: &str) -> Result<String> {
        self.settles(&format!("{kind} {name} has {of}={status} ({reason})"), async |world| {
            let [is, why, _] = world.condition(kind, name, of).await?;
            Ok(is == status && why == reason)
        })
        .await?;
        let [_, _, message] = self.condition(kind, name, of).await?;
        Ok(message)
    }

    /// Waits until an object is Ready for its present generation.
    ///
    /// # Errors
    /// It did not become so.
    pub async fn is_ready(&self, kind: &str, name: &str) -> Result<()> {
        self.settles(&format!("{kind} {name} is ready"), async |world| {
            let live = world.live(kind, name).await?;
            let conditions = live.pointer("/status/conditions").and_then(Value::as_array).cloned().unwrap_or_default();
            Ok(conditions.iter().any(|condition| {
                text(condition, "/type") == "Ready"
                    && text(condition, "/status") == "True"
                    && condition.get("observedGeneration") == live.pointer("/metadata/generation")
            }))
        })
        .await
    }

    /// Waits until an object is gone.
    ///
    /// # Errors
    /// It stayed.
    pub async fn is_gone(&self, kind: &str, name: &str) -> Result<()> {
        self.settles(&format!("{kind} {name} is gone"), async |world| Ok(world.live(kind, name).await?.is_null())).await
    }

    /// The inventory of a set, each entry with everything that is known of it.
    ///
    /// # Errors
    /// The API server does not answer, or what stands beside the inventory cannot be read.
    pub async fn inventory(&self, set: &str) -> Result<Vec<Value>> {
        let live = self.live(SET, set).await?;
        let entries = live.pointer("/status/inventory/entries").cloned().unwrap_or_else(|| json!([]));
        let entries: Vec<InventoryEntry> = serde_json::from_value(entries)?;
        let details = match live.pointer("/status/inventoryDetails").and_then(Value::as_str) {
            Some(text) => {
                let bytes = STANDARD.decode(text).context("status.inventoryDetails")?;
                serde_json::from_reader(ZlibDecoder::new(bytes.as_slice())).context("status.inventoryDetails")?
            }
            None => Details::default(),
        };
        let read = inventory::read_with(&entries, &details);
        let whole = inventory::write(&read.ledger, &read.unreadable);
        whole.iter().map(|entry| Ok(serde_json::to_value(entry)?)).collect()
    }

    /// How often the operator in this process has reconciled objects of a kind.
    ///
    /// # Errors
    /// The metrics cannot be written.
    pub fn reconciliations(&self, kind: &str) -> Result<f64> {
        let metrics = self.metrics()?;
        let of = |line: &&str| {
            line.starts_with("orangery_reconciliations_total") && line.contains(&format!("kind=\"{kind}\""))
        };
        Ok(metrics.lines().filter(of).filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum())
    }

    /// Every request of this world's operator so far.
    ///
    /// # Errors
    /// The audit log cannot be read.
    pub async fn requests(&self) -> Result<Audit> {
        Ok(self.cluster.audit().await?.by_agent(&self.agent()))
    }

    /// How often this world's operator has asked for a deletion so far.
    ///
    /// # Errors
    /// The audit log cannot be read.
    pub async fn deletes(&self) -> Result<usize> {
        let requests = self.requests().await?.writes();
        Ok(requests.verb("delete").count() + requests.verb("deletecollection").count())
    }

    /// Names of what this world's operators have really deleted so far, sorted.
    ///
    /// # Errors
    /// The audit log cannot be read.
    pub async fn deleted(&self) -> Result<Vec<String>> {
        let requests = self.requests().await?.writes();
        let done = requests.iter().filter(|event| event.verb.starts_with("delete"));
        let done = done.filter(|event| event.response_status.as_ref().is_some_and(|status| status.code < 300));
        let mut names: Vec<String> = done.filter_map(|event| Some(event.object_ref.as_ref()?.name.clone())).collect();
        names.sort();
        Ok(names)
    }
}
