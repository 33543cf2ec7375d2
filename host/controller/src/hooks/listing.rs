//! The metadata of the objects that Receivers name by labels or filter, remembered for a moment.

use super::request::Target;
use kube::Client;
use kube::api::{DynamicObject, ListParams, PartialObjectMeta};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a list is used, so that a flood of deliveries does not become a flood of lists. An object that appears meanwhile is
/// reconciled anyway, because it is new.
const FRESH: Duration = Duration::from_secs(5);

/// The metadata of one object.
pub(super) type ObjectMetadata = PartialObjectMeta<DynamicObject>;

type Key = (Target, Option<BTreeMap<String, String>>);
/// Locked while it is read: whoever needs the same list waits for it.
type Slot = Arc<tokio::sync::Mutex<Option<(Instant, Arc<Vec<ObjectMetadata>>)>>>;

/// Lists the metadata of objects, and shares each list for a short time.
pub(super) struct Listings {
    client: Client,
    slots: Mutex<HashMap<Key, (Instant, Slot)>>,
}

impl Listings {
    pub(super) fn new(client: Client) -> Self {
        Self { client, slots: Mutex::default() }
    }

    /// The object with this name, or all of its kind and namespace with the labels. Labels that nothing has select nothing, and that
    /// is no error.
    pub(super) async fn read(
        &self,
        target: &Target,
        labels: Option<&BTreeMap<String, String>>,
    ) -> Result<Arc<Vec<ObjectMetadata>>, String> {
        let slot = self.slot((target.clone(), labels.cloned()), Instant::now());
        let mut known = slot.lock().await;
        if let Some((at, objects)) = known.as_ref()
            && at.elapsed() < FRESH
        {
            return Ok(Arc::clone(objects));
        }
        let api = target.api(&self.client);
        let objects = match labels {
            None => vec![api.get_metadata(&target.name.name).await.map_err(|error| error.to_string())?],
            Some(labels) => {
                let selector: Vec<String> = labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
                let asked = ListParams::default().labels(&selector.join(","));
                api.list_metadata(&asked).await.map_err(|error| error.to_string())?.items
            }
        };
        let objects = Arc::new(objects);
        *known = Some((Instant::now(), Arc::clone(&objects)));
        Ok(objects)
    }

    fn slot(&self, key: Key, now: Instant) -> Slot {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.retain(|_, (asked, _)| now.duration_since(*asked) < FRESH * 2);
        let (asked, slot) = slots.entry(key).or_insert_with(|| (now, Slot::default()));
        *asked = now;
        Arc::clone(slot)
    }
}
