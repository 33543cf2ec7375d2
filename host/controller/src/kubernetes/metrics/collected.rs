//! Metrics that are read where they arise when somebody asks for them: quotas, open circuits, watches, queues.

use super::labels::{KindLabels, PluginLabels, QuotaLabels};
use orangery_cluster::Target;
use orangery_egress::Quota;
use orangery_sandbox::Sandbox;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A queue of objects that wait to be reconciled.
pub(in crate::kubernetes) trait QueueState: Send + Sync {
    /// How many wait.
    fn waiting(&self) -> usize;

    /// How long the one that asked first has been waiting.
    fn oldest(&self) -> Duration;
}

/// Where the numbers come from, once that is known.
#[derive(Default)]
pub(super) struct Collected {
    sandbox: OnceLock<Sandbox>,
    target: OnceLock<Arc<dyn Target>>,
    queues: Mutex<BTreeMap<&'static str, Arc<dyn QueueState>>>,
}

impl Collected {
    pub(super) fn observe_sandbox(&self, sandbox: Sandbox) {
        let _ = self.sandbox.set(sandbox);
    }

    pub(super) fn observe_target(&self, target: Arc<dyn Target>) {
        let _ = self.target.set(target);
    }

    pub(super) fn observe_queue(&self, kind: &'static str, queue: Arc<dyn QueueState>) {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner).insert(kind, queue);
    }
}

impl fmt::Debug for Collected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Collected").finish_non_exhaustive()
    }
}

impl Collector for Collected {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        self.read().encode(encoder)
    }
}

impl Collected {
    fn read(&self) -> Reading {
        let circuits = self.sandbox.get().map(Sandbox::open_circuits).unwrap_or_default();
        let queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        Reading {
            quotas: scarcest(self.sandbox.get().map(Sandbox::quotas).unwrap_or_default()),
            circuits: circuits.into_iter().map(|(plugin, count)| (PluginLabels { plugin }, count)).collect(),
            watches: self.target.get().map_or(0, |target| target.watches()),
            queues: queues.iter().map(|(kind, queue)| (KindLabels { kind }, queue.waiting(), queue.oldest())).collect(),
        }
    }
}

/// The numbers of one moment.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) quotas: BTreeMap<QuotaLabels, Quota>,
    pub(super) circuits: Vec<(PluginLabels, usize)>,
    pub(super) watches: usize,
    pub(super) queues: Vec<(KindLabels, usize, Duration)>,
}

impl Collector for Reading {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let of_quotas =
            |value: fn(&Quota) -> f64| self.quotas.iter().map(move |(labels, quota)| (labels, value(quota)));
        let help = "Requests that a forge still accepts in this window";
        gauge(&mut encoder, "orangery_forge_quota_remaining", help, of_quotas(|quota| number(quota.remaining)))?;
        let help = "Requests that a forge accepts in one window";
        gauge(&mut encoder, "orangery_forge_quota_limit", help, of_quotas(|quota| number(quota.limit)))?;
        let help = "When the window of a quota ends, in seconds since 1970";
        gauge(&mut encoder, "orangery_forge_quota_reset_timestamp_seconds", help, of_quotas(resets))?;
        let help = "Seconds for which a forge has asked to be left alone";
        gauge(&mut encoder, "orangery_forge_back_off_seconds", help, of_quotas(backs_off))?;
        let circuits = self.circuits.iter().map(|(labels, count)| (labels, count_of(*count)));
        let help = "Providers and sets that a plugin is not called for, because it broke too often for them";
        gauge(&mut encoder, "orangery_plugin_open_circuits", help, circuits)?;
        let help = "Watches on what was applied and on what is waited for";
        let watches = encoder.encode_descriptor("orangery_watches", help, None, MetricType::Gauge)?;
        ConstGauge::new(count_of(self.watches)).encode(watches)?;
        let waiting = self.queues.iter().map(|(labels, waiting, _)| (labels, count_of(*waiting)));
        gauge(&mut encoder, "orangery_queue_waiting", "Objects that wait to be reconciled", waiting)?;
        let oldest = self.queues.iter().map(|(labels, _, oldest)| (labels, oldest.as_secs_f64()));
        let help = "How long the object that asked first has waited to be reconciled";
        gauge(&mut encoder, "orangery_queue_oldest_seconds", help, oldest)
    }
}

/// One quota for each origin and consumer: of several accounts the one that is used up soonest.
fn scarcest(quotas: Vec<Quota>) -> BTreeMap<QuotaLabels, Quota> {
    let mut scarcest: BTreeMap<QuotaLabels, Quota> = BTreeMap::new();
    for quota in quotas {
        let labels = QuotaLabels { origin: quota.origin.to_string(), consumer: quota.consumer.clone() };
        match scarcest.get(&labels) {
            Some(known) if known.remaining <= quota.remaining => {}
            _ => drop(scarcest.insert(labels, quota)),
        }
    }
    scarcest
}

fn resets(quota: &Quota) -> f64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    (now + quota.resets_in).as_secs_f64().round()
}

fn backs_off(quota: &Quota) -> f64 {
    quota.backs_off_for.unwrap_or_default().as_secs_f64()
}

/// Exact up to 2⁵³, which no quota reaches.
#[expect(clippy::cast_precision_loss, reason = "a metric is a float")]
fn number(count: u64) -> f64 {
    count as f64
}

fn count_of(count: usize) -> f64 {
    number(u64::try_from(count).unwrap_or(u64::MAX))
}

/// Writes one gauge with its series.
fn gauge<'a, L: EncodeLabelSet + 'a>(
    encoder: &mut DescriptorEncoder<'_>,
    name: &'static str,
    help: &str,
    series: impl Iterator<Item = (&'a L, f64)>,
) -> Result<(), fmt::Error> {
    let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
    for (labels, value) in series {
        ConstGauge::new(value).encode(metric.encode_family(labels)?)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quota(consumer: &str, remaining: u64) -> Quota {
        Quota {
            origin: "https://api.github.com".parse().unwrap(),
            credential: Some("token".into()),
            consumer: consumer.into(),
            limit: 5000,
            remaining,
            resets_in: Duration::from_secs(60),
            backs_off_for: None,
        }
    }

    #[test]
    fn of_several_accounts_of_a_consumer_the_scarcest_is_shown() {
        let shown = scarcest(vec![quota("a", 50), quota("a", 7), quota("a", 9), quota("b", 4000)]);
        let remaining: Vec<(&str, u64)> =
            shown.iter().map(|(labels, quota)| (labels.consumer.as_str(), quota.remaining)).collect();
        assert_eq!(remaining, [("a", 7), ("b", 4000)]);
    }
}
