//! Webhooks: a push at the forge is felt within a second, not at the next interval.
//!
//! ```text
//! watch ──Receivers, providers──▶ endpoints ◀──path── delivery ──▶ resources ──▶ request ──annotation──▶ API server
//! receivers ──status.webhookPath──▶ API server
//! ```
//!
//! Every copy takes deliveries, also one that stands by, because a Service sends them to any. The leading copy alone writes status.
//!
//! # Guarantees
//! - A delivery causes nothing but the annotation `reconcile.fluxcd.io/requestedAt`: whoever may send one can make an object be
//!   reconciled early, and nothing else.
//! - However many deliveries arrive, an object is annotated once in five seconds, and once more after the last of them.

mod delivery;
mod endpoints;
mod listing;
mod receivers;
mod request;
mod resources;
mod token;
mod watch;

pub use receivers::ServeReceivers;

use crate::kubernetes::Context;
use endpoints::Endpoints;
use kube::Client;
use listing::Listings;
use receivers::ReceiverChange;
use request::Requests;
use std::sync::Arc;
use token::Tokens;
use tokio::sync::mpsc;

/// The flags of hooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HookOptions {
    /// Whether Receivers of Flux are served.
    pub receivers: ServeReceivers,
    /// Whether a Receiver may name resources of other namespaces.
    pub references: CrossNamespace,
}

/// Whether a Receiver may name resources of other namespaces: `--no-cross-namespace-refs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CrossNamespace {
    /// A Receiver may name resources of any namespace, as Flux allows.
    #[default]
    Allowed,
    /// Only those of its own.
    Forbidden,
}

/// The hooks of a process.
pub struct Hooks {
    context: Arc<Context>,
    options: HookOptions,
    endpoints: Endpoints,
    tokens: Tokens,
    listings: Listings,
    requests: Requests,
}

impl Hooks {
    /// With the clients and the sandbox of a context. `unfenced` writes annotations also while another copy leads.
    #[must_use]
    pub fn new(context: Arc<Context>, unfenced: Client, options: HookOptions) -> Arc<Self> {
        Arc::new(Self {
            options,
            endpoints: Endpoints::default(),
            tokens: Tokens::new(unfenced.clone()),
            listings: Listings::new(unfenced.clone()),
            requests: Requests::new(unfenced),
            context,
        })
    }

    /// Keeps the endpoints up to date, and the status of Receivers; for ever.
    pub async fn run(self: Arc<Self>) {
        let (changes, changed) = mpsc::unbounded_channel::<ReceiverChange>();
        tokio::join!(watch::providers(&self), watch::receivers(&self, changes), receivers::reconcile(&self, changed),);
    }
}
