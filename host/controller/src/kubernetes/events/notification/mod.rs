//! Notifications to Flux's notification-controller, whose Alerts send them on to people.
//!
//! # Guarantees
//! The address is one that the administrator of the operator chose, or that of the notification-controller which the cluster's only
//! FluxInstance installs: nobody who writes ResourceSets can change it. Several notifications of one object in a row that say the
//! same within `REPEATS_WITHIN` are one.

mod flux_instance;
mod payload;

use super::{EventOutcome, ObjectEvent, Severity};
use flux_instance::FluxInstanceAddress;
use kube::Client;
use orangery_core::{Reason, url_redaction};
use orangery_egress::{JsonPost, JsonPostError};
use payload::Payload;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;
use tokio::time::Instant;

/// notification-controller itself drops repetitions within five minutes.
const REPEATS_WITHIN: Duration = Duration::from_secs(300);
/// Objects whose last notification is remembered. Past it all are forgotten: then a repetition is sent, and dropped there.
const REMEMBERED: usize = 10_000;
/// How long one request may take.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Pauses before a notification is tried again.
const PAUSES: [Duration; 4] =
    [Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4), Duration::from_secs(8)];

/// Where notifications go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotificationOptions {
    /// To this URL.
    Address(String),
    /// To the notification-controller of the only FluxInstance of the cluster, if there is one.
    OfFluxInstance,
    /// Events are not sent.
    Disabled,
}

/// Sends notifications, one after the other.
pub(super) struct Notifier {
    address: Address,
    post: JsonPost,
    instance: String,
    last: HashMap<String, (Said, Instant)>,
}

enum Address {
    Given(String),
    Discovered(FluxInstanceAddress),
}

/// What makes two notifications one.
#[derive(PartialEq, Eq)]
struct Said {
    severity: Severity,
    reason: Reason,
    message: String,
    metadata: BTreeMap<String, String>,
}

impl Notifier {
    /// `None` if there is nobody to notify.
    pub(super) fn new(client: Client, instance: String, options: NotificationOptions) -> Option<Self> {
        let address = match options {
            NotificationOptions::Address(url) => Address::Given(url),
            NotificationOptions::OfFluxInstance => Address::Discovered(FluxInstanceAddress::new(client)),
            NotificationOptions::Disabled => return None,
        };
        Some(Self { address, post: JsonPost::new(TIMEOUT), instance, last: HashMap::new() })
    }

    /// Sends one notification; `None` if there is nobody to notify.
    pub(super) async fn notify(&mut self, event: &ObjectEvent) -> Option<EventOutcome> {
        let url = match &mut self.address {
            Address::Given(url) => url.clone(),
            Address::Discovered(address) => address.get().await?,
        };
        if self.repeats(event) {
            return Some(EventOutcome::Repeated);
        }
        let payload = Payload::of(event, &self.instance);
        let mut pauses = PAUSES.into_iter();
        loop {
            let error = match self.post.send(&url, &payload).await {
                Ok(()) => return Some(EventOutcome::Sent),
                Err(error) => error,
            };
            match pauses.next().filter(|_| may_pass(&error)) {
                Some(pause) => tokio::time::sleep(pause).await,
                None => {
                    let address = url_redaction::url(&url);
                    let (kind, name) = (&event.about.kind, &event.about.name);
                    tracing::warn!(%error, address, reason = %event.reason, ?kind, ?name, "a notification could not be sent");
                    return Some(EventOutcome::Failed);
                }
            }
        }
    }

    /// Whether the last notification about the object said the same a short time ago; remembers this one if not.
    fn repeats(&mut self, event: &ObjectEvent) -> bool {
        let now = Instant::now();
        let object = event.about.uid.clone().unwrap_or_default();
        let mut metadata = event.metadata.clone();
        // Its only use is that no two are equal.
        metadata.remove(orangery_core::keys::EVENT_TOKEN);
        let said = Said { severity: event.severity, reason: event.reason, message: event.message.clone(), metadata };
        if self.last.get(&object).is_some_and(|(last, at)| *last == said && now.duration_since(*at) < REPEATS_WITHIN) {
            return true;
        }
        self.last.retain(|_, (_, at)| now.duration_since(*at) < REPEATS_WITHIN);
        if self.last.len() >= REMEMBERED {
            self.last.clear();
        }
        self.last.insert(object, (said, now));
        false
    }
}

/// Whether the same request may be answered otherwise a few seconds later. A rate limit is meant for this very notification.
fn may_pass(error: &JsonPostError) -> bool {
    match error {
        JsonPostError::Unreachable { .. } => true,
        JsonPostError::Refused { status, .. } => *status >= 500,
        JsonPostError::Unusable { .. } => false,
    }
}
